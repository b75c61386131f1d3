/* The handlers of users: the hints to push-servers for each change. The store is a
 * fake. */
#include <string.h>

#include "cunit_main.h"
#include "env/announce.h"
#include "handlers/handlers.h"
#include "store/user_store.h"

#include "core/banned.h"

#define TENANT "01900000-0000-7000-8000-000000000001"
#define ALICE  "01900000-0000-7000-8000-00000000a001"
#define BOB    "01900000-0000-7000-8000-00000000a002"
#define TYPE   "application/json"

typedef enum es_code handler(struct api *api, const struct http_req *req,
    struct http_res *res, struct es_err *err);

/* The order of the calls: s store, e events, a rights, g the user's presence. */
static char calls[16];
static struct control told;
static struct user_id changed, gone;
static enum es_code store_says;
static struct arena *mem;
static struct http_res res;
static struct es_err fault;
static struct json_faults faults;

static void
note(char what)
{
	const size_t at = strlen(calls);

	CU_ASSERT_FATAL(at + 1 < sizeof(calls));
	calls[at] = what;
	calls[at + 1] = '\0';
}

void
announce_acl(struct api *api, const struct http_req *req, const struct control *change)
{
	(void)api, (void)req;
	told = *change;
	note('a');
}

void
announce_events(struct api *api, const struct http_req *req, struct event_list *events)
{
	(void)api, (void)req;
	CU_ASSERT_EQUAL(events->n, 0);
	note('e');
}

void
announce_user_offline(
    struct api *api, const struct http_req *req, const struct user_id *user)
{
	(void)api, (void)req;
	gone = *user;
	note('g');
}

static enum es_code
answer(const struct user_id *id, struct user *out, struct es_err *err)
{
	changed = *id;
	note('s');
	if (store_says != ES_OK)
		return es_fail(err, store_says, "refused");
	*out = (struct user){.id = *id,
	    .email = "b@example.test",
	    .display_name = "Bob",
	    .role = "member",
	    .status = "active",
	    .acl_version = 9};
	return ES_OK;
}

enum es_code
user_store_get(struct pg *pg, const struct actor *who, const struct user_id *id,
    struct arena *a, struct user *out, struct es_err *err)
{
	(void)pg, (void)who, (void)a;
	return answer(id, out, err);
}

enum es_code
user_store_create(struct pg *pg, const struct actor *who, const struct user_new *in,
    struct arena *a, struct user *out, struct es_err *err)
{
	(void)pg, (void)who, (void)a;
	return answer(&in->id, out, err);
}

enum es_code
user_store_patch(struct pg *pg, const struct actor *who, const struct user_id *id,
    const struct user_patch *patch, struct arena *a, struct user *out, struct es_err *err)
{
	(void)pg, (void)who, (void)patch, (void)a;
	return answer(id, out, err);
}

enum es_code
user_store_deactivate(struct pg *pg, const struct actor *who, const struct user_id *id,
    struct arena *a, struct user *out, struct es_err *err)
{
	(void)pg, (void)who, (void)a;
	return answer(id, out, err);
}

enum es_code
user_store_reactivate(struct pg *pg, const struct actor *who, const struct user_id *id,
    struct arena *a, struct user *out, struct es_err *err)
{
	(void)pg, (void)who, (void)a;
	return answer(id, out, err);
}

enum es_code
user_store_delete(struct pg *pg, const struct actor *who, const struct user_id *id,
    struct arena *a, struct user *out, struct es_err *err)
{
	(void)pg, (void)who, (void)a;
	return answer(id, out, err);
}

/* GET /users needs this to link; the test does not call it. */
enum es_code
user_store_list(struct pg *pg, const struct actor *who, const struct user_filter *filter,
    const struct user_id *after, int64_t limit, struct arena *a, struct user_page *out,
    struct es_err *err)
{
	(void)pg, (void)who, (void)filter, (void)after, (void)limit, (void)a, (void)out;
	return es_fail(err, ES_INTERNAL, "not here");
}

static enum es_code
call(handler *ask, const char *json)
{
	struct http_req req = {.arena = mem,
	    .body = json,
	    .body_len = strlen(json),
	    .params = {BOB},
	    .faults = &faults,
	    .headers = {.content_type = TYPE},
	    .who = {.actor = {.tenant = {TENANT}, .user = {ALICE}, .role = "admin"}}};
	struct api api = {0};

	calls[0] = '\0';
	told = (struct control){0};
	changed = gone = (struct user_id){""};
	http_res_init(&res, mem);
	return ask(&api, &req, &res, &fault);
}

static void
told_of_bob(void)
{
	CU_ASSERT_STRING_EQUAL(changed.text, BOB);
	CU_ASSERT_STRING_EQUAL(told.tenant.text, TENANT);
	CU_ASSERT_TRUE(told.names_user);
	CU_ASSERT_STRING_EQUAL(told.user.text, BOB);
	CU_ASSERT_EQUAL(told.acl_version, 9);
}

static void
each_change_of_the_status_is_told(void)
{
	mem = arena_new();
	store_says = ES_OK;
	CU_ASSERT_EQUAL(call(users_deactivate, ""), ES_OK);
	CU_ASSERT_STRING_EQUAL(calls, "seag");
	CU_ASSERT_STRING_EQUAL(gone.text, BOB);
	CU_ASSERT_EQUAL(res.status, 200);
	told_of_bob();
	CU_ASSERT_EQUAL(call(users_reactivate, ""), ES_OK);
	CU_ASSERT_STRING_EQUAL(calls, "sa");
	told_of_bob();
	CU_ASSERT_EQUAL(call(users_delete, ""), ES_OK);
	CU_ASSERT_STRING_EQUAL(calls, "seag");
	CU_ASSERT_STRING_EQUAL(gone.text, BOB);
	told_of_bob();
	arena_free(&mem);
}

static void
a_refused_change_is_not_told(void)
{
	handler *const all[] = {users_deactivate, users_reactivate, users_delete};

	mem = arena_new();
	store_says = ES_LAST_OWNER;
	for (size_t i = 0; i < ES_COUNT(all); i++) {
		CU_ASSERT_EQUAL(call(all[i], ""), ES_LAST_OWNER);
		CU_ASSERT_STRING_EQUAL(calls, "s");
	}
	arena_free(&mem);
}

static void
a_role_and_a_name_are_told_and_an_address_is_not(void)
{
	mem = arena_new();
	store_says = ES_OK;
	CU_ASSERT_EQUAL(call(users_patch, "{\"role\":\"admin\"}"), ES_OK);
	CU_ASSERT_STRING_EQUAL(calls, "sa");
	told_of_bob();
	CU_ASSERT_EQUAL(call(users_patch, "{\"displayName\":\"Bobby\"}"), ES_OK);
	CU_ASSERT_STRING_EQUAL(calls, "sa");
	CU_ASSERT_EQUAL(call(users_patch, "{\"email\":\"c@example.test\"}"), ES_OK);
	CU_ASSERT_STRING_EQUAL(calls, "s");
	arena_free(&mem);
}

static CU_TestInfo cases[] = {
    {"each change of the status is announced", each_change_of_the_status_is_told},
    {"a refused change is not announced", a_refused_change_is_not_told},
    {"a role and a name are announced, an e-mail address is not",
	a_role_and_a_name_are_told_and_an_address_is_not},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("users", cases)
