/* What `bench` counts, from frames as push-server sends them. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"

#include "bench.h"

#include "core/banned.h"

#define C0 "01900000-0000-7000-8000-00000000c000"
#define C1 "01900000-0000-7000-8000-00000000c001"

static struct arena *arena;
static struct bench b;
static const char *ids[] = {C0, C1};
static const struct bench_plan plan = {
    .sockets = 2, .channels = 2, .rate = 10, .seconds = 1};

static void
gives(unsigned socket, int64_t now_us, const char *text)
{
	bench_frame(&b, &b.sockets[socket], text, strlen(text), now_us);
}

static void
gives_ack(const char *channel, int64_t due_us, int64_t seq, int64_t now_us)
{
	char text[400];

	(void)snprintf(text, sizeof(text),
	    "{\"type\":\"ack\",\"op\":\"send\",\"id\":\"t%" PRId64
	    "\",\"channelId\":\"%s\",\"payload\":{\"messageId\":%" PRId64
	    ",\"createdAt\":\"2026-01-02T03:04:05.678Z\",\"clientMessageId\":\"x\"}}",
	    due_us, channel, seq);
	b.results.sent++;
	gives(0, now_us, text);
}

static void
gives_message(
    unsigned socket, const char *channel, int64_t seq, int64_t due_us, int64_t now_us)
{
	char text[400];

	(void)snprintf(text, sizeof(text),
	    "{\"type\":\"message\",\"channelId\":\"%s\",\"userId\":\"u\",\"body\":"
	    "\"t=%" PRId64 " xxx\",\"seq\":%" PRId64 ",\"prev\":%" PRId64
	    ",\"payload\":{\"messageId\":%" PRId64 "}}",
	    channel, due_us, seq, seq - 1, seq);
	gives(socket, now_us, text);
}

/* Both sockets have both channels, whose heads are 5. */
static void
begin(void)
{
	const struct bench_world world = {.channels = ids, .n_channels = 2};

	arena = arena_new();
	bench_init(&b, &plan, &world, arena);
	for (unsigned i = 0; i < 2; i++) {
		bench_move(&b, &b.sockets[i], BENCH_CONNECTING);
		gives(i, 0, "{\"type\":\"hello\",\"payload\":{\"epoch\":\"e\"}}");
		gives(i, 0,
		    "{\"type\":\"ack\",\"op\":\"subscribe\",\"id\":\"s\",\"channelId\":"
		    "\"" C0 "\",\"payload\":{\"seq\":5,\"epoch\":\"e\"}}");
		CU_ASSERT_EQUAL(b.n_ready, i);
		gives(i, 0,
		    "{\"type\":\"ack\",\"op\":\"subscribe\",\"id\":\"s\",\"channelId\":"
		    "\"" C1 "\",\"payload\":{\"seq\":5,\"epoch\":\"e\"}}");
		CU_ASSERT_EQUAL(b.n_ready, i + 1);
	}
	CU_ASSERT_EQUAL(b.n_connecting, 0);
}

static void
end(void)
{
	bench_fini(&b);
	arena_free(&arena);
}

static void
a_complete_run_is_clean(void)
{
	begin();
	CU_ASSERT_FALSE(bench_is_clean(&b)); /* nothing was sent */
	b.begin_us = 1000000;
	gives_ack(C0, 100, 6, 1000000 + 100 + 40);
	CU_ASSERT_FALSE(bench_is_over(&b)); /* nobody has number 6 */
	gives_message(0, C0, 6, 100, 1000000 + 100 + 50);
	CU_ASSERT_FALSE(bench_is_over(&b));
	gives_message(1, C0, 6, 100, 1000000 + 100 + 60);
	CU_ASSERT_TRUE(bench_is_over(&b));
	bench_judge(&b);
	CU_ASSERT_TRUE(bench_is_clean(&b));
	CU_ASSERT_EQUAL(b.results.acked, 1);
	CU_ASSERT_EQUAL(b.results.delivered, 2);
	CU_ASSERT_EQUAL(b.results.ack.max_us, 40);
	CU_ASSERT_EQUAL(b.results.delivery.max_us, 60);
	end();
}

/* The first message of a user makes that user a member: an event with a number, but not a
 * message of this run. A message of somebody else counts neither. */
static void
other_events_take_numbers_only(void)
{
	begin();
	gives_ack(C0, 0, 7, 10);
	for (unsigned i = 0; i < 2; i++) {
		gives(i, 10,
		    "{\"type\":\"member_joined\",\"channelId\":\"" C0
		    "\",\"seq\":6,\"prev\":5,\"payload\":{}}");
		gives_message(i, C0, 7, 0, 20);
		gives(i, 30,
		    "{\"type\":\"message\",\"channelId\":\"" C0
		    "\",\"body\":\"hi\",\"seq\":8,\"prev\":7,\"payload\":{}}");
	}
	CU_ASSERT_TRUE(bench_is_over(&b));
	bench_judge(&b);
	CU_ASSERT_TRUE(bench_is_clean(&b));
	CU_ASSERT_EQUAL(b.results.delivered, 2);
	end();
}

static void
each_fault_is_found(void)
{
	begin();
	gives_ack(C0, 0, 6, 10);
	gives_message(0, C0, 6, 0, 10);
	bench_judge(&b);
	CU_ASSERT_EQUAL(b.results.events.missing, 1);
	CU_ASSERT_FALSE(bench_is_clean(&b));
	end();

	begin();
	gives_ack(C0, 0, 6, 10);
	gives_message(0, C0, 6, 0, 10);
	gives_message(0, C0, 6, 0, 10);
	gives_message(1, C0, 6, 0, 10);
	bench_judge(&b);
	CU_ASSERT_EQUAL(b.results.events.doubled, 1);
	CU_ASSERT_FALSE(bench_is_clean(&b));
	end();

	begin();
	gives_ack(C1, 0, 6, 10);
	gives_ack(C1, 1, 7, 10);
	gives_message(0, C1, 7, 1, 10);
	gives_message(0, C1, 6, 0, 10);
	gives_message(1, C1, 6, 0, 10);
	gives_message(1, C1, 7, 1, 10);
	bench_judge(&b);
	CU_ASSERT_EQUAL(b.results.events.disordered, 1);
	CU_ASSERT_EQUAL(b.results.events.missing, 0);
	CU_ASSERT_FALSE(bench_is_clean(&b));
	end();
}

static void
a_gap_counts_as_missing(void)
{
	begin();
	gives_ack(C0, 0, 6, 10);
	gives_message(0, C0, 6, 0, 10);
	gives(1, 10,
	    "{\"type\":\"gap\",\"channelId\":\"" C0
	    "\",\"payload\":{\"reason\":\"slow\",\"fromSeq\":6,\"toSeq\":6}}");
	CU_ASSERT_TRUE(bench_is_over(&b));
	bench_judge(&b);
	CU_ASSERT_EQUAL(b.results.gaps, 1);
	CU_ASSERT_EQUAL(b.results.events.missing, 1);
	CU_ASSERT_FALSE(bench_is_clean(&b));
	end();
}

static void
a_refusal_is_an_answer_but_not_clean(void)
{
	begin();
	b.results.sent = 1;
	gives(0, 10,
	    "{\"type\":\"error\",\"op\":\"send\",\"id\":\"t0\",\"channelId\":\"" C0
	    "\",\"payload\":{\"code\":\"rate_limited\",\"title\":\"x\"}}");
	CU_ASSERT_TRUE(bench_is_over(&b));
	CU_ASSERT_EQUAL(b.results.refused, 1);
	CU_ASSERT_STRING_EQUAL(b.results.refusal, "rate_limited");
	CU_ASSERT_EQUAL(b.n_lost, 0);
	CU_ASSERT_FALSE(bench_is_clean(&b));
	end();
}

/* The network of the sysadmin may have cut it, so its missing numbers say nothing about
 * the server. The run is not clean all the same. */
static void
a_lost_socket_is_not_judged(void)
{
	begin();
	gives_ack(C0, 0, 6, 10);
	gives_message(0, C0, 6, 0, 10);
	bench_lose(&b, &b.sockets[1], "cable");
	CU_ASSERT_TRUE(bench_is_over(&b));
	bench_judge(&b);
	CU_ASSERT_EQUAL(b.results.events.missing, 0);
	CU_ASSERT_EQUAL(b.n_lost, 1);
	CU_ASSERT_EQUAL(b.n_ready, 1);
	CU_ASSERT_STRING_EQUAL(b.lost_why, "cable");
	CU_ASSERT_FALSE(bench_is_clean(&b));
	end();
}

static void
a_refused_subscription_loses_the_socket(void)
{
	begin();
	gives(1, 10,
	    "{\"type\":\"error\",\"op\":\"subscribe\",\"id\":\"s\",\"payload\":{\"code\":"
	    "\"not_found\"}}");
	CU_ASSERT_EQUAL(b.n_lost, 1);
	CU_ASSERT_STRING_EQUAL(b.lost_why, "the server answered not_found");
	end();
}

static void
rubbish_is_no_event(void)
{
	static const char *const texts[] = {"", "x", "[]", "{}", "{\"type\":7}",
	    "{\"type\":\"message\",\"channelId\":\"" C0 "\"}",
	    "{\"type\":\"message\",\"channelId\":\"other\",\"seq\":9}",
	    "{\"type\":\"ack\",\"op\":\"send\",\"id\":\"t\",\"channelId\":\"" C0 "\"}",
	    "{\"type\":\"ack\",\"op\":\"send\",\"id\":\"t99999999999999999999\"}"};

	begin();
	for (size_t i = 0; i < ES_COUNT(texts); i++)
		gives(0, 10, texts[i]);
	CU_ASSERT_EQUAL(b.results.acked, 0);
	CU_ASSERT_EQUAL(b.results.events.received, 0);
	CU_ASSERT_EQUAL(b.n_lost, 0);
	end();
}

static CU_TestInfo cases[] = {
    {"a complete run is clean", a_complete_run_is_clean},
    {"other events take numbers only", other_events_take_numbers_only},
    {"each fault is found", each_fault_is_found},
    {"a gap counts as missing", a_gap_counts_as_missing},
    {"a refusal is an answer, but not clean", a_refusal_is_an_answer_but_not_clean},
    {"a lost socket is not judged", a_lost_socket_is_not_judged},
    {"a refused subscription loses the socket", a_refused_subscription_loses_the_socket},
    {"rubbish is no event", rubbish_is_no_event},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("bench", cases)
