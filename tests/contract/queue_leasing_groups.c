/* Receiving from SQS: several messages of one group at once, and the time of a poll. */
#include <string.h>

#include "core/clock.h"
#include "queue_leasing.h"

#include "core/banned.h"

/* Sends the messages "0" to "n - 1" of one group. */
static void
send_row(struct leasing *f, int n)
{
	for (int i = 0; i < n; i++)
		CU_ASSERT_EQUAL(leasing_send(f, "g", arena_printf(f->a, "%d", i)), ES_OK);
}

static void
receive_row(struct leasing *f, int from, size_t n)
{
	CU_ASSERT_EQUAL(
	    leasing_receive(f, LEASING_MAX, 5 * LEASING_VISIBILITY_MS), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f->n, n);
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_STRING_EQUAL(
		    f->got[i].body, arena_printf(f->a, "%d", from + (int)i));
}

static void
ten_messages_of_a_group_arrive_at_once_and_again_in_order(void)
{
	struct leasing f;

	leasing_setup(&f);
	send_row(&f, 12);
	receive_row(&f, 0, 10);
	/* SQS keeps the last two messages back until the ten are deleted. When the lease
	 * expires, it delivers the ten again. */
	receive_row(&f, 0, 10);
	CU_ASSERT_EQUAL(f.got[9].tries, 2);
	CU_ASSERT_EQUAL(queue_done(f.q, 0, f.got, f.n, "", &f.err), ES_OK);
	receive_row(&f, 10, 2);
	CU_ASSERT_EQUAL(queue_retry(f.q, 0, f.got, f.n, 0, &f.err), ES_OK);
	receive_row(&f, 10, 2);
	leasing_teardown(&f);
}

static void
a_message_that_can_not_be_deleted_locks_its_group(void)
{
	struct leasing f;

	leasing_setup(&f);
	send_row(&f, 11);
	receive_row(&f, 0, 10);
	(void)leasing_control(&f, "fault",
	    "{\"action\":\"DeleteMessageBatch\",\"entries\":[3],\"name\":\"Odd\","
	    "\"sender\":true}");
	CU_ASSERT_EQUAL(queue_done(f.q, 0, f.got, f.n, "", &f.err), ES_UNAVAILABLE);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.err.text, "1 of 10 messages"));
	CU_ASSERT_EQUAL(leasing_receive(&f, LEASING_MAX, 200), ES_OK);
	CU_ASSERT_EQUAL(f.n, 0);
	/* when the lease has expired, SQS delivers message 3 before message 10 */
	CU_ASSERT_STRING_EQUAL(leasing_consume(&f, 2), "3,10");
	leasing_teardown(&f);
}

static void
a_late_receipt_deletes_nothing(void)
{
	struct leasing f;
	struct queue_msg late;

	leasing_setup(&f);
	send_row(&f, 2);
	CU_ASSERT_EQUAL(leasing_receive(&f, 1, 5000), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f.n, 1);
	late = f.got[0];
	receive_row(&f, 0, 2); /* the first lease has expired: receives message 0 again */
	CU_ASSERT_EQUAL(queue_done(f.q, 0, &late, 1, "", &f.err), ES_UNAVAILABLE);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.err.text, "ReceiptHandleIsInvalid"));
	CU_ASSERT_EQUAL(queue_extend(f.q, 0, &late, 1, 1000, &f.err), ES_UNAVAILABLE);
	CU_ASSERT_EQUAL(queue_done(f.q, 0, f.got, 2, "", &f.err), ES_OK);
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 2 * LEASING_VISIBILITY_MS), ES_OK);
	CU_ASSERT_EQUAL(f.n, 0);
	leasing_teardown(&f);
}

/* An answer of fewer than ten messages shows that the queue has no more. A further
 * request would be useless, and AWS bills every request. */
static void
no_request_follows_an_answer_that_is_not_full(void)
{
	struct leasing f;

	leasing_setup(&f);
	f.aws.queue_urls =
	    arena_memdup(f.a, f.aws.queue_urls, strcspn(f.aws.queue_urls, ","));
	CU_ASSERT_EQUAL_FATAL(leasing_reopen(&f), ES_OK);
	send_row(&f, 9);
	receive_row(&f, 0, 9);
	CU_ASSERT_EQUAL(leasing_count(&f, "ReceiveMessage"), 1);
	leasing_teardown(&f);
}

/* For 5.5 s, which is longer than a poll lasts, the worker reads nothing. The answer to
 * its poll arrives long before the worker reads again. */
static void
a_worker_that_was_stopped_reads_messages_that_arrived_meanwhile(void)
{
	struct leasing f;

	leasing_setup(&f);
	f.aws.timeout_ms = 100;
	CU_ASSERT_EQUAL_FATAL(leasing_reopen(&f), ES_OK);
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 50), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f.n, 0);
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "x"), ES_OK);
	clock_sleep_ms(5500);
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 1000), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f.n, 1);
	CU_ASSERT_EQUAL(f.got[0].tries, 1);
	leasing_teardown(&f);
}

static void
a_poll_without_an_answer_ends_at_its_deadline(void)
{
	const int64_t start_ms = clock_mono_ms();
	struct leasing f;

	leasing_setup(&f);
	f.aws.timeout_ms = 100;
	CU_ASSERT_EQUAL_FATAL(leasing_reopen(&f), ES_OK);
	(void)leasing_control(
	    &f, "fault", "{\"action\":\"ReceiveMessage\",\"hang\":true,\"times\":2}");
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 30000), ES_UNAVAILABLE);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.err.text, "Timeout"));
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms < 15000);
	CU_ASSERT_EQUAL(leasing_send(&f, "g", "x"), ES_OK);
	CU_ASSERT_STRING_EQUAL(leasing_consume(&f, 1), "x");
	leasing_teardown(&f);
}

static void
closing_the_queue_returns_messages_that_still_arrive(void)
{
	struct leasing f;

	leasing_setup(&f);
	CU_ASSERT_EQUAL(leasing_receive(&f, 10, 50), ES_OK);
	CU_ASSERT_EQUAL_FATAL(f.n, 0);
	CU_ASSERT_EQUAL(
	    leasing_send(&f, "g", "x"), ES_OK); /* the open poll receives it */
	CU_ASSERT_EQUAL_FATAL(leasing_reopen(&f), ES_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(leasing_control(&f, "state", ""), "\"leased\":0"));
	CU_ASSERT_STRING_EQUAL(leasing_consume(&f, 1), "x");
	leasing_teardown(&f);
}

CU_TestInfo leasing_group_cases[] = {
    {"ten messages of a group arrive at once, and again in order",
	ten_messages_of_a_group_arrive_at_once_and_again_in_order},
    {"a message that can't be deleted locks its group",
	a_message_that_can_not_be_deleted_locks_its_group},
    {"a late receipt deletes nothing", a_late_receipt_deletes_nothing},
    {"sends no request after an answer of fewer than ten messages",
	no_request_follows_an_answer_that_is_not_full},
    {"a worker that was stopped reads messages that arrived meanwhile",
	a_worker_that_was_stopped_reads_messages_that_arrived_meanwhile},
    {"closing the queue returns messages that still arrive",
	closing_the_queue_returns_messages_that_still_arrive},
    {"a poll without an answer fails at its deadline",
	a_poll_without_an_answer_ends_at_its_deadline},
    CU_TEST_INFO_NULL,
};
