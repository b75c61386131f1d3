/* Further subscribes to a channel. The worker answers each as if it were the only one,
 * the oldest first. */
#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"
#include "hub/subscribe.h"
#include "hub/subscription.h"
#include "hub_rig.h"

#include "core/banned.h"

#define MESSAGE "\"type\":\"message\""

static void
subscribe_again(struct fake_conn *f, const char *id, int64_t after, const char *epoch)
{
	struct subscribe_request req = {.channel = out.channels[0].id,
	    .op = "subscribe",
	    .id = id,
	    .has_after = after >= 0,
	    .after = after,
	    .epoch = epoch};
	struct es_err err;

	CU_ASSERT_EQUAL(subscribe_begin(worker.hub, &f->conn, &req, &err), ES_OK);
}

/* Returns true when the request was acked with this number and this count of replayed
 * events. */
static bool
acked(const struct fake_conn *f, const char *id, int seq, int replayed)
{
	char text[300];

	(void)snprintf(text, sizeof(text),
	    "{\"type\":\"ack\",\"op\":\"subscribe\",\"id\":\"%s\",\"channelId\":\"%s\","
	    "\"payload\":{\"epoch\":\"%s\",\"seq\":%d,\"replayed\":%d}",
	    id, out.channels[0].id.text, out.epoch, seq, replayed);
	return hub_count(f, text) == 1;
}

static struct fake_conn *
reader_of(unsigned n)
{
	struct fake_conn *f;

	hub_begin(NULL);
	f = hub_join(0);
	hub_publish(0, n);
	subscribe_again(f, "first", -1, NULL);
	hub_deliver_all();
	CU_ASSERT_TRUE(acked(f, "first", (int)n, 0));
	return f;
}

static void
replays_from_the_given_number(void)
{
	struct fake_conn *f = reader_of(7);

	subscribe_again(f, "a", 4, NULL);
	hub_deliver_all();
	CU_ASSERT_TRUE(acked(f, "a", 7, 3));
	CU_ASSERT_EQUAL(hub_count(f, MESSAGE), 3);
	subscribe_again(
	    f, "b", 0, out.epoch); /* replays also what the client has received */
	hub_deliver_all();
	CU_ASSERT_TRUE(acked(f, "b", 7, 7));
	CU_ASSERT_EQUAL(hub_count(f, MESSAGE), 10);
	subscribe_again(f, "c", 7, NULL);
	subscribe_again(f, "d", -1, NULL);
	subscribe_again(f, "e", -1, "without a number an epoch means nothing");
	hub_deliver_all();
	CU_ASSERT_TRUE(acked(f, "c", 7, 0));
	CU_ASSERT_TRUE(acked(f, "d", 7, 0));
	CU_ASSERT_TRUE(acked(f, "e", 7, 0));
	CU_ASSERT_EQUAL(hub_count(f, MESSAGE), 10);
	hub_publish(0, 2);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(f, MESSAGE), 12);
	CU_ASSERT_EQUAL(hub_count(f, "\"type\":\"gap\""), 0);
	CU_ASSERT_EQUAL(out.rights, 2); /* only for the first request */
	hub_end();
}

static void
a_gap_where_nothing_can_be_replayed(void)
{
	struct fake_conn *f = reader_of(600);

	subscribe_again(f, "far", 99, NULL); /* 501 events: one more than the limit */
	hub_deliver_all();
	CU_ASSERT_TRUE(acked(f, "far", 600, 0));
	CU_ASSERT_EQUAL(
	    hub_count(f, "\"fromSeq\":100,\"toSeq\":600,\"reason\":\"replay_limit\""), 1);
	CU_ASSERT_EQUAL(hub_count(f, MESSAGE), 0);
	subscribe_again(f, "limit", 100, NULL);
	hub_deliver_all();
	CU_ASSERT_TRUE(acked(f, "limit", 600, 500));
	CU_ASSERT_EQUAL(hub_count(f, MESSAGE), 500);
	subscribe_again(f, "above", 601, NULL);
	hub_deliver_all();
	CU_ASSERT_TRUE(acked(f, "above", 600, 0));
	CU_ASSERT_EQUAL(hub_count(f, "\"reason\":\"reset\""), 1);
	subscribe_again(f, "epoch", 600, "another");
	hub_deliver_all();
	CU_ASSERT_TRUE(acked(f, "epoch", 600, 0));
	CU_ASSERT_EQUAL(hub_count(f, "\"reason\":\"reset\""), 2);
	hub_publish(0, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(f, MESSAGE), 501);
	hub_end();
}

/* Several requests come before the first answer, and each of them is answered. */
static void
answers_the_oldest_request_first(void)
{
	struct fake_conn *f;

	hub_begin(NULL);
	f = hub_join(0);
	hub_publish(0, 9);
	subscribe_again(f, "a", 6, NULL);
	subscribe_again(f, NULL, 5, NULL);
	subscribe_again(f, "b", -1, NULL);
	IGNORE(hub_turn(worker.hub));
	subscribe_again(f, "c", 2, NULL);
	hub_deliver_all();
	CU_ASSERT_TRUE(acked(f, "a", 9, 3));
	CU_ASSERT_TRUE(acked(f, "b", 9, 0));
	CU_ASSERT_TRUE(acked(f, "c", 9, 7));
	CU_ASSERT_TRUE(hub_position(f, "\"id\":\"a\"") < hub_position(f, "\"id\":\"b\""));
	CU_ASSERT_TRUE(hub_position(f, "\"id\":\"b\"") < hub_position(f, "\"id\":\"c\""));
	CU_ASSERT_EQUAL(hub_count(f, MESSAGE), 7);
	hub_end();
}

/* The client knows of an event, for example by REST, that this worker has not
 * received. */
static void
a_client_ahead_of_the_worker_gets_no_reset(void)
{
	struct fake_conn *f = reader_of(3);

	out.faults.lose = 100;
	hub_publish(0, 1);
	subscribe_again(f, "a", 4, NULL);
	hub_deliver_all();
	CU_ASSERT_TRUE(acked(f, "a", 4, 0));
	/* the same while the database is asked for an earlier request */
	out.faults.stale = 100;
	subscribe_again(f, "b", 5, NULL);
	IGNORE(hub_turn(worker.hub)); /* the snapshot of b has no event 5 */
	hub_publish(0, 2);
	subscribe_again(f, "c", 6, NULL);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(f, "\"reason\":\"reset\""), 1); /* for request b */
	CU_ASSERT_TRUE(acked(f, "b", 4, 0));
	CU_ASSERT_TRUE(acked(f, "c", 6, 0));
	out.faults.lose = 0;
	hub_publish(0, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(f, MESSAGE), 1);
	hub_end();
}

/* The worker refuses a request that needs the database at its deadline, and the reader
 * keeps its subscription. */
static void
requests_that_need_the_database_time_out(void)
{
	struct fake_conn *f = reader_of(3);

	hub_publish(0, 2);
	hub_deliver_all();
	out.database_down = true;
	subscribe_again(f, "near", 3, NULL); /* the log has the events after 3 */
	hub_deliver_all();
	CU_ASSERT_TRUE(acked(f, "near", 5, 2));
	CU_ASSERT_EQUAL(hub_count(f, MESSAGE), 4);
	subscribe_again(f, "above", 9, NULL);
	hub_advance(5000);
	CU_ASSERT_EQUAL(hub_count(f, "\"type\":\"error\""), 0);
	hub_publish(0, 1);
	hub_advance(250);
	CU_ASSERT_EQUAL(hub_count(f, "\"id\":\"above\""), 1);
	CU_ASSERT_EQUAL(hub_count(f, "\"code\":\"unavailable\""), 1);
	CU_ASSERT_EQUAL(hub_count(f, MESSAGE), 5);
	hub_publish(0, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(f, MESSAGE), 6);
	hub_end();
}

/* The right of a live reader is in doubt and the database is away: the reader receives
 * one error. */
static void
a_reader_in_doubt_gets_an_error(void)
{
	const char *const unavailable = "\"id\":\"\",\"channelId\":\"" OUT_CHANNEL_PRIVATE
					"\",\"code\":\"unavailable\"";
	struct fake_conn *f[2];
	struct channel *ch;

	hub_begin(NULL);
	for (int i = 0; i < 2; i++) {
		f[i] = hub_join(i);
		hub_subscribe(f[i], OUT_PRIVATE, -1);
	}
	hub_deliver_all();
	ch = channel_find(worker.hub, &f[0]->conn.tenant, &out.channels[OUT_PRIVATE].id);
	out.database_down = true;
	channel_reset(ch, 0);
	out.channels[OUT_PRIVATE].member[1] = false;
	hub_publish(OUT_PRIVATE, 1);
	hub_advance(5000);
	CU_ASSERT_EQUAL(hub_count(f[0], "\"type\":\"error\""), 0);
	hub_advance(250);
	CU_ASSERT_EQUAL(hub_count(f[0], unavailable), 1);
	hub_advance(20000);
	CU_ASSERT_EQUAL(hub_count(f[0], unavailable), 1);
	CU_ASSERT_EQUAL(hub_count(f[0], MESSAGE), 0);
	out.database_down = false;
	hub_advance(500);
	CU_ASSERT_EQUAL(hub_count(f[0], MESSAGE), 1);
	CU_ASSERT_EQUAL(hub_count(f[0], "\"type\":\"error\""), 1);
	CU_ASSERT_EQUAL(hub_count(f[0], "\"type\":\"ack\""), 1);
	CU_ASSERT_EQUAL(hub_count(f[1], MESSAGE), 0);
	CU_ASSERT_EQUAL(hub_count(f[1], "\"code\":\"not_found\""), 1);
	/* a second doubt gives a second error */
	out.database_down = true;
	channel_reset(ch, 1);
	hub_advance(5250);
	CU_ASSERT_EQUAL(hub_count(f[0], unavailable), 2);
	hub_end();
}

/* The event of the reader's own removal is lost, and the worker restarts the log after
 * the hole before the reader has reached it. A subscribe with `after` above the removal
 * must not move the cursor over the removal without a question to the database. */
static void
the_cursor_cannot_skip_the_own_removal(void)
{
	struct fake_conn *f;

	hub_begin(NULL);
	f = hub_join(1);
	hub_subscribe(f, OUT_PRIVATE, -1);
	hub_deliver_all();
	f->blocked = true;
	out.faults.lose = 100;
	out_commit(&out, OUT_PRIVATE, EVENT_MEMBER_LEFT, 1);
	out.faults.lose = 0;
	hub_publish(OUT_PRIVATE, 3); /* events 2, 3 and 4 */
	hub_deliver_all();
	hub_subscribe(f, OUT_PRIVATE, 2);
	fake_conn_unblock(f);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(f, MESSAGE), 0);
	/* the ack is for the first subscribe */
	CU_ASSERT_EQUAL(hub_count(f, "\"type\":\"ack\""), 1);
	CU_ASSERT_EQUAL(hub_count(f, "\"code\":\"not_found\""), 1);
	hub_end();
}

static CU_TestInfo cases[] = {
    {"replays from the given number", replays_from_the_given_number},
    {"sends a gap when nothing can be replayed", a_gap_where_nothing_can_be_replayed},
    {"answers the oldest of several requests first", answers_the_oldest_request_first},
    {"a client ahead of the worker gets no reset",
	a_client_ahead_of_the_worker_gets_no_reset},
    {"requests that need the database time out",
	requests_that_need_the_database_time_out},
    {"a subscribe cannot skip the reader's own removal",
	the_cursor_cannot_skip_the_own_removal},
    {"a reader whose right is in doubt receives an error",
	a_reader_in_doubt_gets_an_error},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/subscribe_again", cases)
