/* Subscribing: answers, refusals, replays, and channels that linger. */
#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"
#include "hub/subscribe.h"
#include "hub/subscription.h"
#include "hub_rig.h"

#include "core/banned.h"

static void
test_subscribe(void)
{
	struct fake_conn *a;

	hub_begin(NULL);
	a = hub_join(0);
	hub_publish(0, 7);
	hub_subscribe(a, 0, 4);
	hub_deliver_all();
	CU_ASSERT_TRUE(hub_received(a, "\"id\":\"s\""));
	CU_ASSERT_TRUE(hub_received(a, "\"seq\":7,\"replayed\":3}"));
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 3);
	hub_subscribe(a, 0, -1); /* the worker answers again; the cursor stays */
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"ack\""), 2);
	CU_ASSERT_TRUE(hub_received(a, "\"seq\":7,\"replayed\":0}"));
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 3);
	hub_publish(0, 2);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 5);
	subscribe_end(worker.hub, &a->conn, &out.channels[0].id);
	hub_publish(0, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 5);
	hub_end();
}

static void
test_refusals(void)
{
	struct hub_limits limits = hub_limits_default;
	struct fake_conn *a;

	limits.max_subscriptions = 2;
	hub_begin(&limits);
	a = hub_join(0);
	CU_ASSERT_EQUAL(
	    hub_subscribe_to(a, "01900000-0000-7000-8000-00000000dead", -1, NULL), ES_OK);
	hub_deliver_all();
	CU_ASSERT_TRUE(hub_received(a, "\"code\":\"not_found\""));
	CU_ASSERT_EQUAL(a->conn.hub->n_subscriptions, 0);
	out.channels[2].member[0] = false;
	hub_subscribe(a, 2, 0); /* private, not a member: the same answer */
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"code\":\"not_found\""), 2);
	hub_subscribe(a, 0, -1);
	hub_subscribe(a, 1, -1);
	CU_ASSERT_EQUAL(hub_subscribe_to(a, out.channels[2].id.text, -1, NULL),
	    ES_TOO_MANY_SUBSCRIPTIONS);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"ack\""), 2);
	hub_end();
}

/* Without PostgreSQL or without Redis a subscribe fails at its deadline, not before. */
static void
test_unavailable(void)
{
	struct fake_conn *a;

	hub_begin(NULL);
	a = hub_join(0);
	out.database_down = true;
	hub_subscribe(a, 0, -1);
	hub_advance(4000);
	CU_ASSERT_EQUAL(hub_count(a, "error"), 0);
	hub_advance(2000);
	CU_ASSERT_EQUAL(hub_count(a, "\"code\":\"unavailable\""), 1);
	out.database_down = false;
	out_disconnect(&out);
	hub_subscribe(a, 1, -1);
	hub_advance(6000);
	CU_ASSERT_EQUAL(hub_count(a, "\"code\":\"unavailable\""), 2);
	CU_ASSERT_EQUAL(a->conn.hub->n_subscriptions, 0);
	out_reconnect(&out);
	hub_deliver_all();
	hub_subscribe(a, 1, -1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"ack\""), 1);
	hub_end();
}

static void
test_reset_cursors(void)
{
	struct fake_conn *a, *b;

	hub_begin(NULL);
	a = hub_join(0);
	b = hub_join(1);
	hub_publish(0, 5);
	hub_subscribe(a, 0, 900);
	CU_ASSERT_EQUAL(
	    hub_subscribe_to(b, out.channels[0].id.text, 3, "another"), ES_OK);
	hub_deliver_all();
	CU_ASSERT_TRUE(hub_received(a, "\"fromSeq\":1,\"toSeq\":5,\"reason\":\"reset\""));
	CU_ASSERT_TRUE(hub_received(b, "\"fromSeq\":1,\"toSeq\":5,\"reason\":\"reset\""));
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"message\""), 0);
	hub_publish(0, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 1);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"message\""), 1);
	hub_end();
}

/* Ten readers that replay at the same time share the reads of pages. */
static void
test_pages_shared(void)
{
	hub_begin(NULL);
	hub_publish(0, 250);
	for (int i = 0; i < 10; i++)
		hub_subscribe(hub_join(i % OUT_USERS), 0, 0);
	hub_deliver_all();
	hub_advance(500); /* the hub gathers the second questions of many readers */
	for (int i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(hub_count(&fake_conns[i], "\"type\":\"message\""), 250);
	CU_ASSERT_EQUAL(out.page_reads, 3);
	hub_end();
}

/* The number of page reads for two readers that come one after the other and read 250
 * messages each. */
static unsigned
reads_with(size_t page_bytes)
{
	struct hub_limits limits = hub_limits_default;
	unsigned reads;

	limits.page_bytes = page_bytes;
	hub_begin(&limits);
	hub_publish(0, 250);
	for (int i = 0; i < 2; i++) {
		struct fake_conn *a = hub_join(i);

		hub_subscribe(a, 0, 0);
		hub_deliver_all();
		CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 250);
		hub_advance(1500); /* the pages' grace time is over */
	}
	reads = out.page_reads;
	hub_end();
	return reads;
}

/* Pages beyond ES_PAGE_BYTES are freed, and read again for the next reader. */
static void
test_page_bytes(void)
{
	CU_ASSERT_EQUAL(reads_with(1 << 20), 3);
	CU_ASSERT_EQUAL(reads_with(20000), 6);
	CU_ASSERT_EQUAL(reads_with(1), 6); /* also when not even one page fits */
}

static void
test_limits(void)
{
	struct hub_limits limits = hub_limits_default;
	struct fake_conn *a;

	limits.replay_budget = 100;
	limits.log_channel_bytes = 65536;
	hub_begin(&limits);
	a = hub_join(0);
	hub_publish(0, 501);
	hub_subscribe(a, 0, 1); /* 500 events are at the limit */
	hub_deliver_all();
	CU_ASSERT_TRUE(hub_received(a, "\"seq\":501,\"replayed\":500}"));
	/* but the replay budget of the minute ends the replay */
	CU_ASSERT_TRUE(hub_count(a, "\"type\":\"message\"") < 300);
	CU_ASSERT_TRUE(hub_received(a, "\"toSeq\":501,\"reason\":\"replay_limit\""));
	hub_end();
	hub_begin(NULL);
	a = hub_join(0);
	hub_publish(0, 502);
	hub_subscribe(a, 0, 1);
	hub_deliver_all();
	CU_ASSERT_TRUE(
	    hub_received(a, "\"fromSeq\":2,\"toSeq\":502,\"reason\":\"replay_limit\""));
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 0);
	hub_end();
}

static unsigned
replayed_with(int64_t budget)
{
	struct hub_limits limits = hub_limits_default;
	struct fake_conn *a;
	unsigned n;

	limits.replay_budget = budget;
	limits.log_channel_bytes = 65536;
	hub_begin(&limits);
	a = hub_join(0);
	hub_publish(0, 501);
	hub_subscribe(a, 0, 1);
	hub_deliver_all();
	n = (unsigned)hub_count(a, "\"type\":\"message\"");
	hub_end();
	return n;
}

/* A connection that has used exactly its budget reads no further page. */
static void
test_budget_edge(void)
{
	const unsigned page = replayed_with(1);

	CU_ASSERT_TRUE_FATAL(page > 1 && page < 500);
	CU_ASSERT_EQUAL(replayed_with(page), page);
	CU_ASSERT_TRUE(replayed_with(page + 1) > page);
}

/* A channel without subscribers is kept for linger_ms, for readers that come back, then
 * freed. */
static void
test_linger(void)
{
	struct hub_limits limits = hub_limits_default;
	struct fake_conn *a;

	limits.linger_ms = 2000;
	hub_begin(&limits);
	a = hub_join(0);
	hub_subscribe(a, 0, -1);
	hub_deliver_all();
	fake_conn_closed(a);
	hub_publish(0, 3);
	hub_deliver_all();
	a = hub_join(0);
	hub_subscribe(a, 0, 0);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 3);
	CU_ASSERT_EQUAL(out.page_reads, 0); /* the log had all events */
	fake_conn_closed(a);
	hub_advance(1750);
	CU_ASSERT_EQUAL(worker.hub->channels.n, 1);
	hub_advance(250);
	CU_ASSERT_EQUAL(worker.hub->channels.n, 0);
	hub_end();
}

static CU_TestInfo cases[] = {
    {"subscribe: acked, replayed, then live; again: no repeat", test_subscribe},
    {"unknown, private and too many are refused", test_refusals},
    {"a subscribe without an answer in time fails", test_unavailable},
    {"a cursor above the head or of another epoch is reset", test_reset_cursors},
    {"ten readers share one read of each page", test_pages_shared},
    {"pages above ES_PAGE_BYTES are read again", test_page_bytes},
    {"replay limits: of a channel, and in a minute", test_limits},
    {"a used-up replay budget reads no page", test_budget_edge},
    {"a channel without readers is kept for a while", test_linger},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/subscribe", cases)
