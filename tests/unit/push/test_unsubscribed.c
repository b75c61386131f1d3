/* The server ends a subscription: `unsubscribed` follows the channel's last frame. */
#include <stdio.h>

#include "core/check.h"
#include "cunit_main.h"
#include "hub/subscription.h"
#include "hub_rig.h"

#include "core/banned.h"

#define UNSUBSCRIBED "\"type\":\"unsubscribed\""

static struct fake_conn *reader;

/* A reader of the channel and of another one, behind by a message of each. */
static void
begin(unsigned channel)
{
	hub_begin(NULL);
	reader = hub_join(1);
	hub_subscribe(reader, channel, -1);
	hub_subscribe(reader, 3, -1);
	hub_deliver_all();
	hub_publish(channel, 1);
}

/* The frame came once, after `last`, and no event of the channel after it. */
static void
ended(unsigned channel, const char *last, const char *code)
{
	char text[64];
	unsigned at;

	hub_deliver_all();
	hub_publish(channel, 2);
	hub_publish(3, 1);
	hub_deliver_all();
	(void)snprintf(text, sizeof(text), "\"payload\":{\"code\":\"%s\"}", code);
	at = hub_position(reader, UNSUBSCRIBED);
	CU_ASSERT_EQUAL(hub_count(reader, UNSUBSCRIBED), 1);
	CU_ASSERT_EQUAL(hub_count(reader, text), 1);
	CU_ASSERT_EQUAL(hub_position(reader, last) + 1, at);
	CU_ASSERT_EQUAL(hub_count(reader, "\"type\":\"message\""), 2);
	CU_ASSERT_EQUAL(reader->conn.hub->n_subscriptions, 1);
	hub_end();
}

static void
left_and_banned(void)
{
	begin(OUT_PRIVATE);
	out_commit(&out, OUT_PRIVATE, EVENT_MEMBER_LEFT, 1);
	ended(OUT_PRIVATE, "\"type\":\"member_left\"", "left");
	begin(0);
	out_ban(&out, 0, 1);
	ended(0, "\"type\":\"member_left\"", "banned");
}

/* Another user is the actor of the event. */
static void
removed(void)
{
	struct event ev = {
	    .kind = EVENT_MEMBER_LEFT, .display_name = "X", .seq = 2, .created_ms = 1};
	struct arena *a = arena_new();
	char payload[80], topic[ES_TOPIC_MAX];
	struct es_err err;
	struct text text;

	begin(OUT_PRIVATE);
	ev.channel = out.channels[OUT_PRIVATE].id;
	ev.user = out.users[0];
	CHECK(tenant_id_parse(OUT_TENANT, &ev.tenant, &err) == ES_OK);
	(void)snprintf(
	    payload, sizeof(payload), "{\"userId\":\"%s\"}", out.users[1].text);
	ev.payload = payload;
	text_init(&text, a, 8192);
	event_encode(&ev, &text);
	topic_channel(&ev.tenant, &ev.channel, topic);
	hub_deliver_all();
	out.channels[OUT_PRIVATE].head = 2;
	out.channels[OUT_PRIVATE].events[2] =
	    (struct out_event){.kind = EVENT_MEMBER_LEFT, .user = 1};
	hub_on_topic_message(worker.hub, topic, text.data, text.len);
	arena_free(&a);
	ended(OUT_PRIVATE, "\"type\":\"member_left\"", "removed");
}

static void
channel_deleted(void)
{
	begin(0);
	out_commit(&out, 0, EVENT_CHANNEL_DELETED, 0);
	ended(0, "\"type\":\"channel_deleted\"", "channel_deleted");
}

/* Today's error comes first, for clients that do not know the frame. */
static void
became_private(void)
{
	begin(0);
	hub_deliver_all();
	out.channels[0].member[1] = false;
	out_set_private(&out, 0, true);
	ended(0, "\"code\":\"not_found\"", "became_private");
}

/* No event says why: the right is lost when the worker asks the database again. */
static void
no_access(void)
{
	begin(0);
	hub_deliver_all();
	out.channels[0].banned[1] = true;
	subscribe_check_rights_again(&reader->conn);
	ended(0, "\"code\":\"not_found\"", "no_access");
}

/* A request that was never answered by an ack is refused by the error alone, and the end
 * that the client asks for has its ack. */
static void
not_for_requests(void)
{
	hub_begin(NULL);
	out.channels[OUT_PRIVATE].member[1] = false;
	reader = hub_join(1);
	hub_subscribe(reader, OUT_PRIVATE, -1);
	hub_subscribe(reader, 0, -1);
	hub_deliver_all();
	subscribe_end(worker.hub, &reader->conn, &out.channels[0].id);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(reader, "\"code\":\"not_found\""), 1);
	CU_ASSERT_EQUAL(hub_count(reader, UNSUBSCRIBED), 0);
	hub_end();
}

static CU_TestInfo cases[] = {
    {"after the user has left, and after a ban", left_and_banned},
    {"after someone has removed the user", removed},
    {"after the channel was deleted", channel_deleted},
    {"after the channel became private", became_private},
    {"after the right was lost without an event", no_access},
    {"not for a refused request or an unsubscribe", not_for_requests},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/unsubscribed", cases)
