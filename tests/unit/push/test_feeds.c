/* The feed of a user in the hub: a channel whose id is the user's, under the name @me. */
#include <stdio.h>

#include "core/check.h"
#include "cunit_main.h"
#include "hub/epoch.h"
#include "hub/own_reads.h"
#include "hub/subscribe.h"
#include "hub/subscription.h"
#include "hub_rig.h"

#include "core/banned.h"

#define FEED  OUT_PRIVATE /* the channel that stands for the feed of user 1 */
#define ADDED "\"type\":\"channel_added\",\"channelId\":\"@me\""

static struct fake_conn *reader;

static void
begin(void)
{
	hub_begin(NULL);
	(void)snprintf(out.channels[FEED].id.text, sizeof(out.channels[FEED].id.text),
	    "%s", out.users[1].text);
	for (int user = 0; user < OUT_USERS; user++)
		out.channels[FEED].member[user] = user == 1;
	reader = hub_join(1);
}

static void
added(unsigned n)
{
	for (; n > 0; n--)
		out_commit(&out, FEED, EVENT_CHANNEL_ADDED, 0);
}

/* The ack of a hub's test names the channel as the hub does. */
static void
live_and_replayed(void)
{
	begin();
	added(3);
	hub_subscribe(reader, FEED, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(reader, ADDED), 2);
	CU_ASSERT_EQUAL(hub_count(reader, "\"channelId\":\"@me\""), 3); /* and the ack */
	added(1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(reader, ADDED), 3);
	CU_ASSERT_EQUAL(hub_count(reader, out.users[1].text), 0);
	hub_end();
}

static void
nobody_elses(void)
{
	struct fake_conn *other;

	begin();
	other = hub_join(0);
	hub_subscribe(other, FEED, 0);
	hub_deliver_all();
	added(1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(other, "\"code\":\"not_found\""), 1);
	CU_ASSERT_EQUAL(hub_count(other, "@me"), 0);
	hub_end();
}

/* Redis loses the last event; the comparison of heads finds it. */
static void
healed(void)
{
	begin();
	hub_subscribe(reader, FEED, -1);
	hub_deliver_all();
	out.faults.lose = 100;
	added(2);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(reader, ADDED), 0);
	hub_advance(31000);
	CU_ASSERT_EQUAL(hub_count(reader, ADDED), 2);
	CU_ASSERT_EQUAL(hub_count(reader, "\"type\":\"gap\""), 0);
	hub_end();
}

/* A cursor above the head, and a cursor that is too far behind. */
static void
gaps(void)
{
	begin();
	added(1);
	hub_subscribe(reader, FEED, 9);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(reader, "\"type\":\"gap\",\"channelId\":\"@me\""), 1);
	CU_ASSERT_EQUAL(hub_count(reader, "\"reason\":\"reset\""), 1);
	added((unsigned)hub_limits_default.replay_limit + 1);
	hub_deliver_all();
	hub_subscribe(reader, FEED, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(reader, "\"reason\":\"replay_limit\""), 1);
	hub_end();
}

/* A user who may no longer read its feed, as after the tenant was suspended. */
static void
ended(void)
{
	begin();
	hub_subscribe(reader, FEED, -1);
	hub_deliver_all();
	out.channels[FEED].member[1] = false;
	subscribe_check_rights_again(&reader->conn);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(reader, "\"type\":\"unsubscribed\""), 1);
	CU_ASSERT_EQUAL(reader->conn.hub->n_subscriptions, 0);
	hub_end();
}

/* A read mark reaches each socket that reads the feed, once, and no other socket. */
static void
own_read_marks(void)
{
	struct fake_conn *second, *idle, *other;

	begin();
	second = hub_join(1);
	idle = hub_join(1);
	other = hub_join(0);
	hub_subscribe(reader, FEED, -1);
	hub_subscribe(second, FEED, -1);
	hub_subscribe(other, 0, -1);
	hub_deliver_all();
	own_reads_publish(
	    worker.hub, &reader->conn.tenant, &out.channels[0].id, &out.users[1], 12);
	own_reads_publish(
	    worker.hub, &reader->conn.tenant, &out.channels[0].id, &out.users[0], 13);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(reader, "\"messageId\":12}}"), 1);
	CU_ASSERT_EQUAL(hub_count(reader, "\"type\":\"read\",\"channelId\":\"@me\""), 1);
	CU_ASSERT_EQUAL(hub_count(reader, out.channels[0].id.text), 1);
	CU_ASSERT_EQUAL(hub_count(second, "\"type\":\"read\""), 1);
	CU_ASSERT_EQUAL(hub_count(idle, "\"type\":\"read\""), 0);
	CU_ASSERT_EQUAL(hub_count(other, "\"type\":\"read\""), 0);
	CU_ASSERT_EQUAL(hub_count(reader, "\"seq\""), 1); /* the ack's; read has none */
	hub_end();
}

/* An event of the tenant's feed about another channel does not change or end the feed. */
static void
of_the_tenant(void)
{
	static const enum event_kind kinds[] = {EVENT_CHANNEL_UPDATED,
	    EVENT_CHANNEL_ARCHIVED, EVENT_CHANNEL_DELETED, EVENT_USER_JOINED};

	begin();
	(void)snprintf(out.channels[FEED].id.text, sizeof(out.channels[FEED].id.text),
	    "%s", OUT_TENANT);
	hub_subscribe(reader, FEED, -1);
	hub_deliver_all();
	for (size_t i = 0; i < ES_COUNT(kinds); i++) {
		out_commit(&out, FEED, kinds[i], 0);
		out.channels[FEED].events[i + 1].payload = "{\"isPrivate\":true}";
		out.channels[FEED].deleted = out.channels[FEED].archived = false;
	}
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(reader, "\"channelId\":\"@tenant\""), 5);
	CU_ASSERT_EQUAL(
	    hub_count(reader, "\"type\":\"user_joined\",\"channelId\":\"@tenant\""), 1);
	CU_ASSERT_EQUAL(hub_count(reader, "\"type\":\"unsubscribed\""), 0);
	hub_subscribe(reader, FEED, 0); /* from the log, or from a page */
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(reader, "\"type\":\"channel_deleted\""), 2);
	CU_ASSERT_EQUAL(hub_count(reader, "\"type\":\"unsubscribed\""), 0);
	hub_end();
}

static CU_TestInfo cases[] = {
    {"events arrive live and by replay, under the name @me", live_and_replayed},
    {"no other user reads them", nobody_elses},
    {"a lost event is healed", healed},
    {"gaps have the name of the feed", gaps},
    {"a read mark reaches the user's sockets", own_read_marks},
    {"events of the tenant's feed do not end it", of_the_tenant},
    {"the subscription ends with the right", ended},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/feeds", cases)
