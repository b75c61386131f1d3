#include "queue_leasing.h"

#include <string.h>

#include "core/clock.h"

#include "core/banned.h"

#define SQS_RECEIVE 10 /* maximum number of messages in one answer of SQS */

static void
sent_messages_arrive_in_the_order_of_their_group(void)
{
	struct leasing f;

	leasing_setup(&f);
	CU_ASSERT_EQUAL(queue_partitions(f.q), 0);
	for (int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(leasing_send(&f, "g", arena_printf(f.a, "%d", i)), ES_OK);
	CU_ASSERT_STRING_EQUAL(leasing_consume(&f, 5), "0,1,2,3,4");
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 0), ES_OK);
	CU_ASSERT_EQUAL(f.n, 0);
	leasing_teardown(&f);
}

static void
a_received_message_has_all_its_members(void)
{
	static const char body[] = "{\"a\":\"\\u00e9 \\\\\"}\n\t\303\251 /";
	struct leasing f;

	leasing_setup(&f);
	CU_ASSERT_EQUAL(leasing_send(&f, "group", body), ES_OK);
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 5000), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f.n, 1);
	CU_ASSERT_EQUAL_FATAL(f.got[0].len, strlen(body));
	CU_ASSERT_STRING_EQUAL(f.got[0].body, body);
	CU_ASSERT_STRING_EQUAL(f.got[0].group, "group");
	CU_ASSERT_TRUE(strlen(f.got[0].receipt) > 2);
	CU_ASSERT_TRUE(strlen(f.got[0].position) > 0);
	CU_ASSERT_TRUE(strlen(f.got[0].position) < QUEUE_POSITION_MAX);
	CU_ASSERT_EQUAL(f.got[0].tries, 1);
	CU_ASSERT_TRUE(f.got[0].age_ms >= 0 && f.got[0].age_ms < 60000);
	leasing_teardown(&f);
}

static void
a_leased_group_is_locked_others_are_not(void)
{
	struct leasing f;
	struct queue_msg held;

	leasing_setup(&f);
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "g1"), ES_OK);
	CU_ASSERT_EQUAL(leasing_receive(&f, 1, 5000), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f.n, 1);
	held = f.got[0];
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "g2"), ES_OK);
	CU_ASSERT_EQUAL(leasing_send(&f, "h", "h1"), ES_OK);
	CU_ASSERT_STRING_EQUAL(leasing_consume(&f, 1), "h1");
	CU_ASSERT_EQUAL(queue_done(f.q, 0, &held, 1, "", &f.err), ES_OK);
	CU_ASSERT_STRING_EQUAL(leasing_consume(&f, 1), "g2");
	leasing_teardown(&f);
}

static void
a_message_without_queue_done_is_delivered_again(void)
{
	struct leasing f;
	const char *position;

	leasing_setup(&f);
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "x"), ES_OK);
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 5000), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f.n, 1);
	position = f.got[0].position;
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 5 * LEASING_VISIBILITY_MS), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f.n, 1);
	CU_ASSERT_STRING_EQUAL(f.got[0].body, "x");
	CU_ASSERT_STRING_EQUAL(f.got[0].position, position);
	CU_ASSERT_EQUAL(f.got[0].tries, 2);
	CU_ASSERT_EQUAL(queue_done(f.q, 0, f.got, 1, "", &f.err), ES_OK);
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 2 * LEASING_VISIBILITY_MS), ES_OK);
	CU_ASSERT_EQUAL(f.n, 0);
	leasing_teardown(&f);
}

static void
a_retry_waits_for_its_delay(void)
{
	struct leasing f;
	int64_t start_ms;

	leasing_setup(&f);
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "x"), ES_OK);
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 5000), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f.n, 1);
	start_ms = clock_mono_ms();
	CU_ASSERT_EQUAL(queue_retry(f.q, 0, f.got, 1, 0, &f.err), ES_OK);
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 5000), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f.n, 1);
	CU_ASSERT_EQUAL(queue_retry(f.q, 0, f.got, 1, 2000, &f.err), ES_OK);
	start_ms = clock_mono_ms();
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 10000), ES_OK);
	CU_ASSERT_EQUAL(f.n, 1);
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms >= 1800);
	leasing_teardown(&f);
}

static void
extending_keeps_the_lease(void)
{
	struct leasing f;

	leasing_setup(&f);
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "x"), ES_OK);
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 5000), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f.n, 1);
	CU_ASSERT_EQUAL(queue_extend(f.q, 0, f.got, 1, 30000, &f.err), ES_OK);
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 2 * LEASING_VISIBILITY_MS), ES_OK);
	CU_ASSERT_EQUAL(f.n, 0);
	leasing_teardown(&f);
}

/* Sends 25 messages and receives at most three of them. Returns how many of the others
 * the next call of queue_receive() returns. */
static size_t
count_merged(struct leasing *f)
{
	size_t merged, left = 25;

	for (int i = 0; i < 25; i++)
		CU_ASSERT_EQUAL(
		    leasing_send(f, arena_printf(f->a, "g%d", i), "x"), ES_OK);
	CU_ASSERT_EQUAL(leasing_receive(f, 3, 5000), ES_OK);
	CU_ASSERT_TRUE_FATAL(f->n > 0 && f->n <= 3);
	left -= f->n;
	CU_ASSERT_EQUAL(queue_done(f->q, 0, f->got, f->n, "", &f->err), ES_OK);
	CU_ASSERT_EQUAL(leasing_receive(f, LEASING_MAX, 5000), ES_OK);
	merged = f->n;
	CU_ASSERT_EQUAL(queue_done(f->q, 0, f->got, f->n, "", &f->err), ES_OK);
	for (left -= merged; left > 0; left -= f->n) {
		CU_ASSERT_EQUAL(leasing_receive(f, left, 5000), ES_OK);
		CU_ASSERT_TRUE_FATAL(f->n > 0 && f->n <= left);
		CU_ASSERT_EQUAL(queue_done(f->q, 0, f->got, f->n, "", &f->err), ES_OK);
	}
	return merged;
}

/* queue_receive() waits only briefly for the answers of other requests. So a busy machine
 * may need several attempts. */
static void
one_call_returns_messages_of_several_requests(void)
{
	struct leasing f;
	size_t merged = 0;

	leasing_setup(&f);
	for (int i = 0; i < 50 && merged <= SQS_RECEIVE; i++) {
		merged = count_merged(&f);
		CU_ASSERT_FATAL(merged > 0 && merged < 25);
	}
	CU_ASSERT_TRUE(merged > SQS_RECEIVE);
	leasing_teardown(&f);
}

static void
a_long_poll_stays_in_flight_after_a_short_wait(void)
{
	struct leasing f;
	int64_t start_ms;
	int polls;

	leasing_setup(&f);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(leasing_receive(&f, 10, 50), ES_OK);
		CU_ASSERT_EQUAL(f.n, 0);
	}
	polls = leasing_count(&f, "ReceiveMessage");
	CU_ASSERT_TRUE(polls >= 1 && polls <= 2); /* one for each queue */
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "x"), ES_OK);
	start_ms = clock_mono_ms();
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 10000), ES_OK);
	CU_ASSERT_EQUAL(f.n, 1);
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms < 5000);
	leasing_teardown(&f);
}

static void
groups_spread_over_the_queues(void)
{
	struct leasing f;
	unsigned seen = 0;

	leasing_setup(&f);
	for (int i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(
		    leasing_send(&f, arena_printf(f.a, "g%d", i), "x"), ES_OK);
	for (size_t left = 8;
	     left > 0 && leasing_receive(&f, 10, 5000) == ES_OK && f.n > 0 && f.n <= left;
	     left -= f.n) {
		for (size_t i = 0; i < f.n; i++)
			seen |= 1U << (f.got[i].receipt[0] - '0');
		CU_ASSERT_EQUAL(queue_done(f.q, 0, f.got, f.n, "", &f.err), ES_OK);
	}
	CU_ASSERT_EQUAL(seen, 3);
	leasing_teardown(&f);
}

static void
a_repeated_send_is_one_message(void)
{
	struct leasing f;
	struct queue_msg msg = {.body = "x", .len = 1, .group = "g"};

	leasing_setup(&f);
	msg.dedupe = arena_printf(f.a, "same-%lld", (long long)clock_wall_ms());
	CU_ASSERT_EQUAL(queue_send(f.q, &msg, &f.err), ES_OK);
	CU_ASSERT_EQUAL(queue_send(f.q, &msg, &f.err), ES_OK);
	CU_ASSERT_STRING_EQUAL(leasing_consume(&f, 1), "x");
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 300), ES_OK);
	CU_ASSERT_EQUAL(f.n, 0);
	leasing_teardown(&f);
}

static void
refuses_messages_that_sqs_would_refuse(void)
{
	struct leasing f;
	char *body;

	leasing_setup(&f);
	body = arena_alloc(f.a, 256 * 1024 + 2);
	memset(body, '"', 256 * 1024 + 1);
	CU_ASSERT_EQUAL(leasing_send(&f, "g", body), ES_TOO_LARGE);
	body[256 * 1024] = '\0';
	CU_ASSERT_EQUAL(leasing_send(&f, "g", body), ES_OK);
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "\001"), ES_INVALID);
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "\xff"), ES_INVALID);
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 5000), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f.n, 1);
	CU_ASSERT_EQUAL(f.got[0].len, 256 * 1024);
	leasing_teardown(&f);
}

static void
counts_waiting_messages_and_checks_the_queues(void)
{
	struct leasing f;
	struct queue_stats s;

	leasing_setup(&f);
	CU_ASSERT_EQUAL(queue_check(f.q, &f.err), ES_OK);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(leasing_send(&f, "g", "x"), ES_OK);
	CU_ASSERT_EQUAL(leasing_receive(&f, 1, 5000), ES_OK);
	CU_ASSERT_EQUAL(queue_stats(f.q, &s, &f.err), ES_OK);
	CU_ASSERT_EQUAL(s.messages, 3);
	CU_ASSERT_EQUAL(s.bytes, -1);
	leasing_teardown(&f);
}

CU_TestInfo leasing_cases[] = {
    {"sent messages arrive in the order of their group",
	sent_messages_arrive_in_the_order_of_their_group},
    {"a received message has all its members", a_received_message_has_all_its_members},
    {"a leased group is locked, others are not", a_leased_group_is_locked_others_are_not},
    {"a message without queue_done is delivered again",
	a_message_without_queue_done_is_delivered_again},
    {"a retry waits for its delay", a_retry_waits_for_its_delay},
    {"extending keeps the lease", extending_keeps_the_lease},
    {"one call returns messages of several requests",
	one_call_returns_messages_of_several_requests},
    {"a long poll stays in flight after a short wait",
	a_long_poll_stays_in_flight_after_a_short_wait},
    {"groups spread over the queues", groups_spread_over_the_queues},
    {"a repeated send is one message", a_repeated_send_is_one_message},
    {"refuses messages that SQS would refuse", refuses_messages_that_sqs_would_refuse},
    {"counts waiting messages and checks the queues",
	counts_waiting_messages_and_checks_the_queues},
    CU_TEST_INFO_NULL,
};
