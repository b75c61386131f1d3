/* A channel is deleted: its readers receive the event or the error not_found, and no
 * subscription is left. */
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"
#include "hub/subscribe.h"
#include "hub/subscription.h"
#include "hub_rig.h"

#include "core/banned.h"

static void
test_deleted(void)
{
	struct fake_conn *a, *slow;

	hub_begin(NULL);
	a = hub_join(0);
	slow = hub_join(1);
	hub_subscribe(a, 0, -1);
	hub_subscribe(slow, 0, -1);
	hub_deliver_all();
	slow->blocked = true;
	hub_publish(0, 2);
	out_commit(&out, 0, EVENT_CHANNEL_DELETED, 0);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 2);
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"channel_deleted\""), 1);
	CU_ASSERT_EQUAL(a->conn.hub->n_subscriptions, 0);
	fake_conn_unblock(slow);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(slow, "\"type\":\"message\""), 2);
	CU_ASSERT_EQUAL(hub_count(slow, "\"type\":\"channel_deleted\""), 1);
	CU_ASSERT_EQUAL(slow->conn.hub->n_subscriptions, 0);
	hub_subscribe(a, 0, -1);
	hub_deliver_all();
	CU_ASSERT_TRUE(hub_received(a, "not_found"));
	CU_ASSERT_EQUAL(a->conn.hub->n_subscriptions, 0);
	hub_end();
}

/* The event is lost; the comparison of heads detects the deletion. */
static void
test_the_event_is_lost(void)
{
	struct fake_conn *a, *b;

	hub_begin(NULL);
	a = hub_join(0);
	b = hub_join(1);
	hub_subscribe(a, 0, -1);
	hub_subscribe(b, 3, -1);
	hub_deliver_all();
	out.faults.lose = 100;
	out_commit(&out, 0, EVENT_CHANNEL_DELETED, 0);
	out.faults.lose = 0;
	for (unsigned s = 0; s < 31; s++) {
		hub_each_second(worker.hub);
		hub_advance(1000);
	}
	CU_ASSERT_TRUE(hub_received(a, "not_found"));
	CU_ASSERT_EQUAL(a->conn.hub->n_subscriptions, 0);
	CU_ASSERT_FALSE(hub_received(b, "not_found"));
	CU_ASSERT_EQUAL(b->conn.hub->n_subscriptions, 1);
	hub_end();
}

/* The events that a reader has missed are no longer in the database. */
static void
test_far_behind(void)
{
	struct hub_limits limits = hub_limits_default;
	struct fake_conn *a;

	limits.log_channel_bytes = 4096;
	hub_begin(&limits);
	a = hub_join(0);
	hub_subscribe(a, 0, -1);
	hub_deliver_all();
	a->blocked = true;
	hub_publish(0, 100);
	out_commit(&out, 0, EVENT_CHANNEL_DELETED, 0);
	hub_deliver_all();
	fake_conn_unblock(a);
	hub_deliver_all();
	CU_ASSERT_TRUE(hub_received(a, "not_found"));
	CU_ASSERT_EQUAL(a->conn.hub->n_subscriptions, 0);
	hub_end();
}

/* The database reads the right before the deletion; its answer arrives after the
 * event. */
static void
test_deleted_during_the_question(void)
{
	struct fake_conn *first_reader, *b;

	hub_begin(NULL);
	first_reader = hub_join(0);
	hub_subscribe(first_reader, 0, -1);
	hub_deliver_all();
	b = hub_join(1);
	out.faults.stale = 100;
	hub_subscribe(b, 0, -1);
	IGNORE(hub_turn(worker.hub)); /* the database reads its snapshot now */
	out_commit(&out, 0, EVENT_CHANNEL_DELETED, 0);
	out.faults.stale = 0;
	for (unsigned i = 0; i < 50; i++) {
		struct out_job *jobs = out.jobs;

		out.jobs = NULL; /* the event arrives before the answer */
		IGNORE(out_deliver_one(&out));
		out.jobs = jobs;
	}
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"ack\""), 1);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"channel_deleted\""), 1);
	CU_ASSERT_EQUAL(b->conn.hub->n_subscriptions, 0);
	hub_end();
}

static CU_TestInfo cases[] = {
    {"every reader receives the event, then nothing", test_deleted},
    {"a lost event of a deletion is noticed", test_the_event_is_lost},
    {"a reader that is far behind receives not_found", test_far_behind},
    {"a channel is deleted while the question for the right is under way",
	test_deleted_during_the_question},
    CU_TEST_INFO_NULL,
};
CUNIT_MAIN("push/channel_end", cases)
