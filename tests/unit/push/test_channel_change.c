/* Which rights a channel_updated event changes. */
#include "cunit_main.h"

#include "log/channel_change.h"

#include "core/banned.h"

#define TENANT  "01900000-0000-7000-8000-000000000001"
#define CHANNEL "01900000-0000-7000-8000-00000000c001"

static struct channel_change
change_in(struct channel_id channel, enum event_kind kind, const char *payload)
{
	struct arena *a = arena_new();
	const struct event ev = {
	    .kind = kind, .tenant = {TENANT}, .channel = channel, .payload = payload};
	const struct channel_change found = channel_change_of(&ev, a);

	arena_free(&a);
	return found;
}

static struct channel_change
change(enum event_kind kind, const char *payload)
{
	return change_in((struct channel_id){CHANNEL}, kind, payload);
}

static void
reads_privacy_and_policy(void)
{
	static const struct {
		const char *payload;
		struct channel_change change;
	} rows[] = {
	    {"{\"name\":\"x\"}", {.has_private = false}},
	    {"{\"isPrivate\":true}", {.has_private = true, .is_private = true}},
	    {"{\"isPrivate\":false}", {.has_private = true, .is_private = false}},
	    {"{\"postingPolicy\":\"admins\"}",
		{.has_posting = true, .admins_post = true}},
	    {"{\"postingPolicy\":\"everyone\"}",
		{.has_posting = true, .admins_post = false}},
	    {"{\"postingPolicy\":7}", {.has_posting = false}},
	    {"", {.has_posting = false}},
	    {NULL, {.has_posting = false}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct channel_change c =
		    change(EVENT_CHANNEL_UPDATED, rows[i].payload);

		CU_ASSERT_EQUAL(c.has_private, rows[i].change.has_private);
		CU_ASSERT_EQUAL(c.is_private, rows[i].change.is_private);
		CU_ASSERT_EQUAL(c.has_posting, rows[i].change.has_posting);
		CU_ASSERT_EQUAL(c.admins_post, rows[i].change.admins_post);
	}
}

static void
other_events_change_nothing(void)
{
	const struct channel_change c =
	    change(EVENT_MESSAGE, "{\"isPrivate\":true,\"postingPolicy\":\"admins\"}");

	CU_ASSERT_FALSE(c.has_private || c.is_private || c.has_posting || c.admins_post);
}

/* There the event is about another channel. */
static void
nothing_in_the_feed_of_the_tenant(void)
{
	const struct channel_change c = change_in((struct channel_id){TENANT},
	    EVENT_CHANNEL_UPDATED, "{\"isPrivate\":true,\"postingPolicy\":\"admins\"}");

	CU_ASSERT_FALSE(c.has_private || c.is_private || c.has_posting || c.admins_post);
}

static CU_TestInfo cases[] = {
    {"reads privacy and posting policy", reads_privacy_and_policy},
    {"other events change nothing", other_events_change_nothing},
    {"nor do events of the tenant's feed", nothing_in_the_feed_of_the_tenant},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/channel_change", cases)
