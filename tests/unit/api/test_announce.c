/* The announcements to push-servers. A failed announcement must not fail the request. */
#include <stdarg.h>
#include <string.h>

#include "cunit_main.h"
#include "env/announce.h"
#include "env/api_metrics.h"

#include "presence/presence_keys.h"

#include "core/banned.h"

#define TENANT  "01900000-0000-7000-8000-000000000001"
#define CHANNEL "01900000-0000-7000-8000-00000000c001"
#define USER    "01900000-0000-7000-8000-00000000a001"

/* The Redis commands that the code under test sent, one in each line, and the ids that it
 * passed to presence_end_user() and presence_end_tenant(). */
static char said[4096];
/* answers of the fake Redis: to all commands, to PUBLISH, and to SET */
static enum es_code redis_says, publish_says;
static enum redis_kind set_answer;
static int failures; /* counted in API_PUBLISH_FAILURES */
static struct arena *mem;
static struct http_req request;
static struct api the_api;

static void
note(const char *word, size_t len)
{
	const size_t at = strlen(said);

	CU_ASSERT_FATAL(at + len + 2 < sizeof(said));
	memcpy(said + at, word, len);
	said[at + len] = ' ';
	said[at + len + 1] = '\0';
}

enum es_code
redis_text(
    struct redis *r, struct arena *a, struct redis_value *out, struct es_err *err, ...)
{
	va_list ap;

	(void)r;
	(void)a;
	*out = (struct redis_value){.kind = set_answer};
	va_start(ap, err);
	for (const char *s = va_arg(ap, const char *); s != NULL;
	     s = va_arg(ap, const char *))
		note(s, strlen(s));
	va_end(ap);
	note("\n", 1);
	if (publish_says != ES_OK && strstr(said, "PUBLISH") != NULL)
		return es_fail(err, publish_says, "away");
	return redis_says == ES_OK ? ES_OK : es_fail(err, redis_says, "away");
}

enum es_code
presence_end_user(struct redis *r, const struct tenant_id *tenant,
    const struct user_id *user, struct arena *a, struct es_err *err)
{
	(void)r, (void)tenant, (void)a;
	note(user->text, strlen(user->text));
	return redis_says == ES_OK ? ES_OK : es_fail(err, redis_says, "away");
}

enum es_code
presence_end_tenant(
    struct redis *r, const struct tenant_id *tenant, struct arena *a, struct es_err *err)
{
	(void)r, (void)a;
	note(tenant->text, strlen(tenant->text));
	return redis_says == ES_OK ? ES_OK : es_fail(err, redis_says, "away");
}

void
api_metrics_count(struct metrics *m, enum api_metric what)
{
	(void)m;
	failures += what == API_PUBLISH_FAILURES;
}

static void
begin(void)
{
	said[0] = '\0';
	redis_says = publish_says = ES_OK;
	set_answer = REDIS_STATUS;
	failures = 0;
	mem = arena_new();
	request = (struct http_req){.arena = mem,
	    .request_id = "r",
	    .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	    .who = {
		.actor = {.tenant = {TENANT}, .user = {USER}, .display_name = "Alice"}}};
}

static struct event
make_change(int64_t seq)
{
	return (struct event){.kind = EVENT_CHANNEL_UPDATED,
	    .tenant = {TENANT},
	    .channel = {CHANNEL},
	    .user = {USER},
	    .seq = seq,
	    .created_ms = 1767322984678LL,
	    .payload = "{\"topic\":\"x\"}"};
}

static void
an_event_is_published_and_no_key_written(void)
{
	struct event nothing = make_change(0), event = make_change(7);

	begin();
	announce_event(&the_api, &request, &nothing);
	CU_ASSERT_STRING_EQUAL(said, "");
	announce_event(&the_api, &request, &event);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "PUBLISH es:t:" TENANT ":c:" CHANNEL " {"));
	CU_ASSERT_PTR_EQUAL(strchr(said, '\n'), strrchr(said, '\n')); /* one command */
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "0af7651916cd43dd8448eb211c80319c"));
	CU_ASSERT_EQUAL(failures, 0);
	redis_says = ES_UNAVAILABLE;
	announce_event(&the_api, &request, &event);
	CU_ASSERT_EQUAL(failures, 1);
	arena_free(&mem);
}

/* Announces the events of one change in order and leaves out events without a number. */
static void
several_events_are_published_in_order(void)
{
	struct event items[] = {make_change(7), make_change(0), make_change(8)};
	struct event_list list = {items, ES_COUNT(items)}, none = {items, 0};
	const char *first, *second;

	begin();
	announce_events(&the_api, &request, &none);
	CU_ASSERT_STRING_EQUAL(said, "");
	announce_events(&the_api, &request, &list);
	first = strstr(said, "\"seq\":7,");
	second = strstr(said, "\"seq\":8,");
	CU_ASSERT_PTR_NOT_NULL_FATAL(first);
	CU_ASSERT_PTR_NOT_NULL_FATAL(second);
	CU_ASSERT(first < second);
	CU_ASSERT_PTR_NULL(strstr(said, "\"seq\":0,"));
	arena_free(&mem);
}

/* The events of feeds follow the event of the channel, also when that has no number. */
static void
events_of_feeds_follow(void)
{
	struct event last = make_change(3), first = make_change(2),
		     event = make_change(7);
	const char *at;

	begin();
	first.feed = &last;
	event.feed = &first;
	last.channel = (struct channel_id){USER};
	announce_event(&the_api, &request, &event);
	at = strstr(said, "\"seq\":7,");
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	at = strstr(at, "\"seq\":2,");
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	CU_ASSERT_PTR_NOT_NULL(strstr(at, "PUBLISH es:t:" TENANT ":c:" USER " {"));
	CU_ASSERT_PTR_NOT_NULL(strstr(at, "\"seq\":3,"));
	said[0] = '\0';
	event.seq = 0;
	announce_event(&the_api, &request, &event);
	CU_ASSERT_PTR_NULL(strstr(said, "\"seq\":0,"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "\"seq\":3,"));
	arena_free(&mem);
}

static void
a_new_version_of_rights_is_published(void)
{
	struct control change = {.tenant = {TENANT}, .acl_version = 5};

	begin();
	announce_acl(&the_api, &request, &change);
	CU_ASSERT_STRING_EQUAL(
	    said, "PUBLISH es:ctl {\"tenant\":\"" TENANT "\",\"aclVersion\":5} \n ");
	said[0] = '\0';
	change.user = (struct user_id){USER};
	change.names_user = true;
	announce_acl(&the_api, &request, &change);
	CU_ASSERT_STRING_EQUAL(said, "PUBLISH es:ctl {\"tenant\":\"" TENANT
				     "\",\"user\":\"" USER "\",\"aclVersion\":5} \n ");
	redis_says = ES_UNAVAILABLE;
	announce_acl(&the_api, &request, &change);
	CU_ASSERT_EQUAL(failures, 1);
	arena_free(&mem);
}

static void
typing(void)
{
	const struct channel_id channel = {CHANNEL};

	begin();
	announce_typing(&the_api, &request, &channel);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "SET es:ty:" TENANT ":" CHANNEL ":" USER));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "NX PX 3000"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "PUBLISH es:t:" TENANT ":c:" CHANNEL " {"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "\"typing\""));
	said[0] = '\0';
	set_answer = REDIS_NIL; /* the last announcement is less than 3 s old */
	announce_typing(&the_api, &request, &channel);
	CU_ASSERT_PTR_NULL(strstr(said, "PUBLISH"));
	said[0] = '\0';
	redis_says = ES_UNAVAILABLE;
	announce_typing(&the_api, &request, &channel);
	CU_ASSERT_PTR_NULL(strstr(said, "PUBLISH"));
	CU_ASSERT_EQUAL(failures, 0);
	/* Redis takes the SET and not the PUBLISH: the lost notice is counted. */
	redis_says = ES_OK;
	set_answer = REDIS_STATUS;
	publish_says = ES_UNAVAILABLE;
	announce_typing(&the_api, &request, &channel);
	CU_ASSERT_EQUAL(failures, 1);
	arena_free(&mem);
}

/* A deactivation remains valid even if Redis refuses the announcement. The failure is
 * counted, and the function returns no error. */
static void
deactivated_user(void)
{
	const struct user_id user = {USER};
	const struct tenant_id tenant = {TENANT};

	begin();
	announce_user_offline(&the_api, &request, &user);
	announce_tenant_offline(&the_api, &request, &tenant);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, USER));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, TENANT));
	CU_ASSERT_EQUAL(failures, 0);
	redis_says = ES_UNAVAILABLE;
	announce_user_offline(&the_api, &request, &user);
	announce_tenant_offline(&the_api, &request, &tenant);
	CU_ASSERT_EQUAL(failures, 2);
	arena_free(&mem);
}

static CU_TestInfo cases[] = {
    {"an event with a number is published, and no key is written",
	an_event_is_published_and_no_key_written},
    {"several events are published in order", several_events_are_published_in_order},
    {"events of feeds follow the event of the channel", events_of_feeds_follow},
    {"a new version of rights is published", a_new_version_of_rights_is_published},
    {"typing is announced once in 3 s", typing},
    {"the presence of a deactivated user is cleared", deactivated_user},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/announce", cases)
