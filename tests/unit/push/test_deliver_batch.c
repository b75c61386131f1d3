/* The number of writes that delivery makes, and the content of one write. */
#include <string.h>

#include "conn/conn_write.h"
#include "core/check.h"
#include "cunit_main.h"
#include "hub/channel.h"
#include "hub/deliver_batch.h"
#include "hub/hub_state.h"
#include "hub_rig.h"

#include "core/banned.h"

#define MESSAGE "\"type\":\"message\""

static unsigned
writes_of_all(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < FAKE_CONNS; i++)
		n += fake_conns[i].writes;
	return n;
}

/* Passes every published event to the hub, which delivers none of them yet. */
static void
deliver_topics(void)
{
	while (out.stream != NULL)
		IGNORE(pub_deliver_one(&out));
}

/* The address in the log of the frame after that number. */
static const char *
in_log(const struct fake_conn *f, unsigned channel, int64_t after)
{
	const struct channel *ch =
	    channel_find(worker.hub, &f->conn.tenant, &out.channels[channel].id);

	return (const char *)chan_log_span(ch->log, after, INT64_MAX, 1).bytes;
}

static void
test_one_write_for_all_channels(void)
{
	struct fake_conn *f[50];

	hub_begin(NULL);
	for (unsigned i = 0; i < 50; i++)
		f[i] = hub_join(0);
	for (unsigned i = 0; i < 50; i++)
		for (unsigned c = 0; c < 20; c++)
			hub_subscribe(f[i], c, -1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(writes_of_all(), 0);
	for (unsigned c = 0; c < 20; c++)
		hub_publish(c, 1);
	deliver_topics();
	CU_ASSERT_FALSE(hub_turn(worker.hub)); /* one turn delivers everything */
	CU_ASSERT_EQUAL(writes_of_all(), 50);
	for (unsigned i = 0; i < 50; i++)
		CU_ASSERT_EQUAL(hub_count(f[i], MESSAGE), 20);
	CU_ASSERT_EQUAL(metrics_sum(worker.env.metrics, PM_BROADCAST), 1000);
	CU_ASSERT_EQUAL(metrics_sum(worker.env.metrics, PM_DELIVERY), 1000);
	hub_end();
}

/* The texts of a batch may be deleted soon, and the next batch overwrites only as much as
 * it needs. */
static void
test_a_batch_is_overwritten(void)
{
	static const char zero[64];
	struct fake_conn *f;

	hub_begin(NULL);
	f = hub_join(0);
	hub_subscribe(f, 0, -1);
	hub_subscribe(f, 1, -1);
	hub_deliver_all();
	hub_publish(0, 1);
	hub_publish(1, 1);
	deliver_topics();
	IGNORE(hub_turn(worker.hub));
	CU_ASSERT_EQUAL(f->writes, 1);
	CU_ASSERT_EQUAL(hub_count(f, MESSAGE), 2);
	CU_ASSERT_EQUAL(memcmp(f->written, zero, sizeof(zero)), 0);
	hub_end();
}

static void
test_one_channel_is_not_copied(void)
{
	struct fake_conn *f;

	hub_begin(NULL);
	f = hub_join(0);
	hub_subscribe(f, 0, -1);
	hub_deliver_all();
	hub_publish(0, 3);
	hub_deliver_all();
	CU_ASSERT_EQUAL(f->writes, 1);
	CU_ASSERT_PTR_EQUAL(f->written, in_log(f, 0, 0));
	hub_end();
}

/* A long span is written alone and without a copy, even if other spans wait before and
 * after it. */
static void
test_long_span_goes_alone(void)
{
	const unsigned n = 40; /* messages that are longer than DELIVER_SHORT */
	struct fake_conn *f;

	hub_begin(NULL);
	f = hub_join(0);
	for (unsigned c = 0; c < 4; c++)
		hub_subscribe(f, c, -1);
	hub_deliver_all();
	for (unsigned c = 0; c < 4; c++)
		hub_publish(c, c == 1 ? n : 1);
	deliver_topics();
	IGNORE(hub_turn(worker.hub));
	CU_ASSERT_TRUE(f->longest > DELIVER_SHORT);
	CU_ASSERT_EQUAL(f->writes, 3); /* channel 0, then 1, then 2 with 3 */
	CU_ASSERT_PTR_NOT_EQUAL(f->written, in_log(f, 2, 0));
	CU_ASSERT_EQUAL(hub_count(f, MESSAGE), n + 3);
	hub_publish(1, n);
	hub_deliver_all();
	CU_ASSERT_PTR_EQUAL(f->written, in_log(f, 1, n));
	hub_end();
}

/* No write is longer than the connection's room, as after a blocked write, and no event
 * is lost. */
static void
test_a_write_keeps_the_room(void)
{
	struct fake_conn *f;

	hub_begin(NULL);
	f = hub_join(0);
	f->room = 1000;
	for (unsigned c = 0; c < 20; c++)
		hub_subscribe(f, c, -1);
	hub_deliver_all();
	for (unsigned c = 0; c < 20; c++)
		hub_publish(c, 2);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(f, MESSAGE), 40);
	CU_ASSERT_TRUE(f->longest <= 1000);
	CU_ASSERT_TRUE(f->writes > 5 && f->writes < 20);
	hub_end();
}

/* A batch takes DELIVER_PARTS spans; the next span waits. */
static void
test_parts_are_bounded(void)
{
	static const unsigned char frame[] = {0x81, 1, 'x'};
	struct deliver_batch *b = deliver_batch_new();
	const struct deliver_part part = {
	    .span = {.bytes = frame, .len = sizeof(frame), .n = 1}};

	deliver_batch_begin(b, CONN_WRITE_MAX);
	for (unsigned i = 0; i < DELIVER_PARTS; i++)
		CU_ASSERT_TRUE_FATAL(deliver_batch_add(b, &part));
	CU_ASSERT_FALSE(deliver_batch_add(b, &part));
	deliver_batch_begin(b, sizeof(frame) + 1);
	CU_ASSERT_TRUE(deliver_batch_add(b, &part));
	CU_ASSERT_EQUAL(deliver_batch_room(b), 1);
	CU_ASSERT_FALSE(deliver_batch_add(b, &part));
	deliver_batch_free(&b);
}

/* A turn is bounded in its writes and in the subscriptions that it wakes. The next turn
 * continues. */
static void
test_a_turn_is_bounded(void)
{
	struct hub_limits limits = hub_limits_default;
	struct fake_conn *f[8];

	limits.turn_writes = 3;
	limits.turn_wakes = 5;
	hub_begin(&limits);
	for (unsigned i = 0; i < 8; i++)
		hub_subscribe(f[i] = hub_join(0), 0, -1);
	hub_deliver_all();
	hub_advance(500); /* the hub gathers the second questions of many readers */
	hub_publish(0, 1);
	deliver_topics();
	CU_ASSERT_TRUE(hub_turn(worker.hub));
	CU_ASSERT_EQUAL(writes_of_all(), 3);
	CU_ASSERT_TRUE(hub_turn(worker.hub));
	CU_ASSERT_EQUAL(writes_of_all(), 6);
	CU_ASSERT_FALSE(hub_turn(worker.hub));
	CU_ASSERT_EQUAL(writes_of_all(), 8);
	hub_end();
}

/* A blocked connection does not delay others, and receives everything later by one
 * write. */
static void
test_a_blocked_connection_delays_no_other(void)
{
	struct fake_conn *slow, *fast;

	hub_begin(NULL);
	slow = hub_join(0);
	fast = hub_join(1);
	for (unsigned c = 0; c < 5; c++) {
		hub_subscribe(slow, c, -1);
		hub_subscribe(fast, c, -1);
	}
	hub_deliver_all();
	slow->blocked = true;
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned c = 0; c < 5; c++)
			hub_publish(c, 1);
		hub_deliver_all();
	}
	CU_ASSERT_EQUAL(hub_count(fast, MESSAGE), 15);
	CU_ASSERT_EQUAL(fast->writes, 3);
	CU_ASSERT_EQUAL(hub_count(slow, MESSAGE), 0);
	CU_ASSERT_TRUE(slow->wants_writable);
	fake_conn_unblock(slow);
	CU_ASSERT_EQUAL(hub_count(slow, MESSAGE), 15);
	CU_ASSERT_EQUAL(slow->writes, 1);
	hub_end();
}

/* A refused write moves no cursor: the whole batch is written again, once. */
static void
test_a_refused_write_moves_nothing(void)
{
	struct fake_conn *f;

	hub_begin(NULL);
	f = hub_join(0);
	for (unsigned c = 0; c < 5; c++)
		hub_subscribe(f, c, -1);
	hub_deliver_all();
	f->refuse = true;
	for (unsigned c = 0; c < 5; c++)
		hub_publish(c, 2);
	hub_deliver_all();
	CU_ASSERT_EQUAL(f->writes, 0);
	CU_ASSERT_EQUAL(metrics_sum(worker.env.metrics, PM_BROADCAST), 0);
	CU_ASSERT_TRUE(f->wants_writable);
	fake_conn_unblock(f);
	CU_ASSERT_EQUAL(f->writes, 1);
	CU_ASSERT_EQUAL(hub_count(f, MESSAGE), 10);
	CU_ASSERT_EQUAL(metrics_sum(worker.env.metrics, PM_BROADCAST), 10);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(f, MESSAGE), 10);
	hub_end();
}

static CU_TestInfo cases[] = {
    {"50 connections behind in 20 channels take 50 writes",
	test_one_write_for_all_channels},
    {"the copies of a batch are overwritten", test_a_batch_is_overwritten},
    {"the frames of a single channel are not copied", test_one_channel_is_not_copied},
    {"a long span is written alone", test_long_span_goes_alone},
    {"a write is no longer than the connection's room", test_a_write_keeps_the_room},
    {"the spans of one write are bounded", test_parts_are_bounded},
    {"a turn has a limit, and the next one continues", test_a_turn_is_bounded},
    {"a refused write moves no cursor", test_a_refused_write_moves_nothing},
    {"a blocked connection delays no other", test_a_blocked_connection_delays_no_other},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/deliver_batch", cases)
