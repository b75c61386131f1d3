/* The right to read a channel: how it ends, and how the worker asks for it. */
#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"
#include "hub/subscribe.h"
#include "hub/subscription.h"
#include "hub_rig.h"

#include "core/banned.h"

/* A removal is committed after the database has read the right, and its event arrives
 * before the answer. */
static void
test_removed_during_the_question(void)
{
	struct fake_conn *first_reader, *b;

	hub_begin(NULL);
	first_reader = hub_join(0);
	hub_subscribe(first_reader, 2, -1);
	hub_deliver_all();
	b = hub_join(1);
	out.faults.stale = 100;
	hub_subscribe(b, 2, -1);
	IGNORE(hub_turn(worker.hub)); /* the database reads its snapshot now */
	hub_publish(2, 1);
	out_commit(&out, 2, EVENT_MEMBER_LEFT, 1);
	hub_publish(2, 3);
	out.faults.stale = 0;
	for (unsigned i = 0; i < 50 && worker.hub->channels.n > 0; i++) {
		struct out_job *jobs = out.jobs;

		out.jobs = NULL; /* the events arrive before the answer */
		IGNORE(out_deliver_one(&out));
		out.jobs = jobs;
	}
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(first_reader, "\"type\":\"message\""), 4);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"ack\""), 1);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"message\""), 1);
	CU_ASSERT_EQUAL(hub_count(b, "member_left"), 1);
	CU_ASSERT_EQUAL(b->conn.hub->n_subscriptions, 0);
	hub_end();
}

static void
test_removed(void)
{
	struct fake_conn *a, *b;

	hub_begin(NULL);
	a = hub_join(0);
	b = hub_join(1);
	hub_subscribe(a, 2, -1);
	hub_subscribe(b, 2, -1);
	hub_subscribe(b, 0, -1);
	hub_deliver_all();
	b->blocked = true; /* the client reads only after the removal */
	hub_publish(2, 2);
	out_commit(&out, 2, EVENT_MEMBER_LEFT, 1);
	hub_publish(2, 2);
	out_commit(&out, 0, EVENT_MEMBER_LEFT, 1); /* a public channel: no change */
	hub_publish(0, 1);
	hub_deliver_all();
	fake_conn_unblock(b);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 4);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"message\""), 3);
	CU_ASSERT_EQUAL(hub_count(b, "member_left"), 2);
	CU_ASSERT_EQUAL(b->conn.hub->n_subscriptions, 1);
	hub_end();
}

/* A slow reader is removed and added again. It subscribes before it has received the
 * removal, and the request is answered. */
static void
test_removed_and_added_again(void)
{
	struct fake_conn *b;

	hub_begin(NULL);
	b = hub_join(1);
	hub_subscribe(b, 2, -1);
	hub_deliver_all();
	b->blocked = true;
	out_commit(&out, 2, EVENT_MEMBER_LEFT, 1);
	hub_publish(2, 1);
	out_commit(&out, 2, EVENT_MEMBER_JOINED, 1);
	hub_deliver_all();
	hub_subscribe(b, 2, -1); /* before the client has received the removal */
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"ack\""), 1);
	fake_conn_unblock(b);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"ack\""), 2);
	hub_publish(2, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(b, "member_left"), 1);
	CU_ASSERT_EQUAL(hub_count(b, "member_joined"), 1);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"message\""), 2);
	hub_end();
}

/* As above, but the reader's removal is among the events that a gap skips. */
static void
test_removed_and_added_far_behind(void)
{
	struct hub_limits limits = hub_limits_default;
	struct fake_conn *b;

	limits.log_channel_bytes = 4096;
	limits.replay_limit = 50;
	hub_begin(&limits);
	b = hub_join(1);
	hub_subscribe(b, 2, -1);
	hub_deliver_all();
	b->blocked = true;
	out_commit(&out, 2, EVENT_MEMBER_LEFT, 1);
	out_commit(&out, 2, EVENT_MEMBER_JOINED, 1);
	hub_deliver_all();
	hub_subscribe(b, 2, -1);
	hub_publish(2, 100);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"ack\""), 1);
	fake_conn_unblock(b);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"gap\""), 1);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"ack\""), 2);
	hub_end();
}

/* One statement asks for all readers of a turn, up to the limit. */
static void
test_gathered(void)
{
	struct hub_limits limits = hub_limits_default;
	struct fake_conn *f[3];

	limits.lookup_batch = 5;
	hub_begin(&limits);
	for (int i = 0; i < 3; i++)
		f[i] = hub_join(i);
	out.channels[2].member[1] = false;
	hub_subscribe(f[0], 0, -1); /* opens the topics of channels 0 and 2 */
	hub_subscribe(f[0], 2, -1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(out.rights, 4); /* one before and one after each confirmation */
	out.authorisations = out.rights = 0;
	for (int i = 1; i < 3; i++) {
		hub_subscribe(f[i], 0, -1);
		hub_subscribe(f[i], 2, -1);
	}
	hub_deliver_all();
	CU_ASSERT_EQUAL(out.authorisations, 1);
	CU_ASSERT_EQUAL(out.rights, 4);
	CU_ASSERT_EQUAL(hub_count(f[1], "\"type\":\"ack\""), 1);
	CU_ASSERT_EQUAL(hub_count(f[1], "not_found"), 1);
	CU_ASSERT_EQUAL(hub_count(f[2], "\"type\":\"ack\""), 2);

	out.authorisations = out.rights = 0;
	for (int i = 0; i < 6; i++)
		hub_subscribe(hub_join(i % 3), 0, -1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(out.authorisations, 1); /* five questions; the sixth waits */
	hub_advance(500);
	CU_ASSERT_EQUAL(out.authorisations, 2);
	CU_ASSERT_EQUAL(out.rights, 6);
	hub_end();
}

/* A reader closes before its answer comes; the other reader is answered. */
static void
test_closed_reader_among_others(void)
{
	struct fake_conn *a, *b;

	hub_begin(NULL);
	hub_subscribe(hub_join(0), 0, -1);
	hub_deliver_all();
	a = hub_join(1);
	b = hub_join(2);
	hub_subscribe(a, 0, -1);
	hub_subscribe(b, 0, -1);
	IGNORE(hub_turn(worker.hub)); /* the question is sent */
	fake_conn_break(a);
	fake_conn_closed(a);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"ack\""), 0);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"ack\""), 1);
	hub_end();
}

static CU_TestInfo cases[] = {
    {"a user is removed between the question and the answer",
	test_removed_during_the_question},
    {"a removed reader receives no later event of a private channel", test_removed},
    {"a slow reader is removed and added again", test_removed_and_added_again},
    {"a gap skips a reader's removal and return", test_removed_and_added_far_behind},
    {"one statement asks for all readers of a turn", test_gathered},
    {"a reader closes while others wait", test_closed_reader_among_others},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/rights", cases)
