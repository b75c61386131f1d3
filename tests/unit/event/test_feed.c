/* The names of feeds: what a client may call a channel, and what the server calls it. */
#include <string.h>

#include "cunit_main.h"
#include "event/feed.h"

#include "core/banned.h"

#define TENANT  "01900000-0000-7000-8000-000000000001"
#define USER    "01900000-0000-7000-8000-00000000a001"
#define CHANNEL "01900000-0000-7000-8000-00000000c001"

static const struct tenant_id tenant = {TENANT};
static const struct user_id user = {USER};
static struct channel_id id;
static struct es_err err;

static void
a_client_names_a_channel_or_its_feed(void)
{
	CU_ASSERT_EQUAL(feed_parse_channel("@me", &tenant, &user, &id, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(id.text, USER);
	CU_ASSERT_EQUAL(feed_parse_channel("@tenant", &tenant, &user, &id, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(id.text, TENANT);
	CU_ASSERT_EQUAL(feed_parse_channel(CHANNEL, &tenant, &user, &id, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(id.text, CHANNEL);
	CU_ASSERT_EQUAL(feed_parse_only_channel("01900000-0000-7000-8000-00000000C001",
			    &tenant, &user, &id, &err),
	    ES_OK);
	CU_ASSERT_STRING_EQUAL(id.text, CHANNEL);
}

/* A feed has one name, and send, typing and read do not take it. */
static void
other_names_are_refused(void)
{
	static const char *const ids[] = {
	    USER, TENANT, "01900000-0000-7000-8000-00000000A001"};
	static const char *const malformed[] = {"", "@", "@Me", "@me ", "me", "@you"};

	for (size_t i = 0; i < ES_COUNT(ids); i++) {
		CU_ASSERT_EQUAL(
		    feed_parse_channel(ids[i], &tenant, &user, &id, &err), ES_NOT_FOUND);
		CU_ASSERT_EQUAL(
		    feed_parse_only_channel(ids[i], &tenant, &user, &id, &err),
		    ES_NOT_FOUND);
	}
	for (size_t i = 0; i < ES_COUNT(malformed); i++)
		CU_ASSERT_EQUAL(
		    feed_parse_channel(malformed[i], &tenant, &user, &id, &err),
		    ES_NOT_FOUND);
	CU_ASSERT_EQUAL(
	    feed_parse_only_channel("@me", &tenant, &user, &id, &err), ES_NOT_FOUND);
}

static void
the_server_uses_the_name_of_the_feed(void)
{
	const struct channel_id feed = {USER}, channel = {CHANNEL}, of_tenant = {TENANT};
	struct event ev = {
	    .kind = EVENT_CHANNEL_ADDED, .tenant = tenant, .channel = feed};

	CU_ASSERT_STRING_EQUAL(feed_channel_name(&feed, &tenant, &user), "@me");
	CU_ASSERT_STRING_EQUAL(feed_channel_name(&channel, &tenant, &user), CHANNEL);
	CU_ASSERT_STRING_EQUAL(feed_event_channel(&ev), "@me");
	ev.kind = EVENT_CHANNEL_UPDATED;
	ev.channel = channel;
	CU_ASSERT_STRING_EQUAL(feed_event_channel(&ev), CHANNEL);
	CU_ASSERT_FALSE(feed_event_of_tenant(&ev));
	ev.channel = of_tenant;
	CU_ASSERT_STRING_EQUAL(feed_event_channel(&ev), "@tenant");
	CU_ASSERT_TRUE(feed_event_of_tenant(&ev));
	CU_ASSERT_STRING_EQUAL(feed_channel_name(&of_tenant, &tenant, &user), "@tenant");
}

static CU_TestInfo cases[] = {
    {"a client names a channel, or its feed", a_client_names_a_channel_or_its_feed},
    {"other names are refused", other_names_are_refused},
    {"the server uses the name of the feed", the_server_uses_the_name_of_the_feed},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("event/feed", cases)
