/* Tests of the contract of queue.h: waiting for messages. */
#include <pthread.h>

#include "core/check.h"
#include "core/clock.h"
#include "queue_fixture.h"

#include "core/banned.h"

static void
waits_no_longer_than_wait_ms(void)
{
	struct fixture f;
	const int64_t start_ms = clock_mono_ms();

	setup(&f);
	CU_ASSERT_EQUAL(
	    queue_receive(f.q, 0, "", 1, 120, f.a, f.got, &f.n, &f.err), ES_OK);
	CU_ASSERT_EQUAL(f.n, 0);
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms >= 100);
	teardown(&f);
}

static void *
send_from_elsewhere(void *arg)
{
	struct fixture f = {.q = NULL};

	(void)arg;
	CHECK(queue_open(subject, &f.q, &f.err) == ES_OK);
	CHECK(send_text(&f, "g", "late") == ES_OK);
	queue_close(&f.q);
	return NULL;
}

static void
ends_the_wait_when_a_message_arrives(void)
{
	struct fixture f;
	pthread_t sender;
	const int64_t start_ms = clock_mono_ms();

	setup(&f);
	CU_ASSERT_EQUAL_FATAL(
	    pthread_create(&sender, NULL, send_from_elsewhere, NULL), 0);
	CU_ASSERT_EQUAL(queue_receive(f.q, queue_partition_of("g", subject->partitions),
			    "", MAX, 20000, f.a, f.got, &f.n, &f.err),
	    ES_OK);
	CU_ASSERT_STRING_EQUAL(bodies(&f), "late");
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms < 15000);
	(void)pthread_join(sender, NULL);
	teardown(&f);
}

static void
sets_ready_for_a_partition_with_a_message(void)
{
	struct queue_cursor at[2] = {{0, "", true}, {1, "", false}};
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(queue_wait(f.q, at, 2, 1, &f.err), ES_OK);
	CU_ASSERT_FALSE(at[0].ready || at[1].ready);
	at[0].partition = queue_partition_of("g", subject->partitions);
	at[1].partition = (at[0].partition + 1) % subject->partitions;
	CU_ASSERT_EQUAL(send_text(&f, "g", "x"), ES_OK);
	CU_ASSERT_EQUAL(queue_wait(f.q, at, 2, 10000, &f.err), ES_OK);
	CU_ASSERT_TRUE(at[0].ready && !at[1].ready);
	CU_ASSERT_EQUAL(receive(&f, "g", "", MAX), ES_OK);
	at[0].after = f.got[0].position;
	CU_ASSERT_EQUAL(queue_wait(f.q, at, 2, 1, &f.err), ES_OK);
	CU_ASSERT_FALSE(at[0].ready || at[1].ready);
	teardown(&f);
}

CU_TestInfo queue_wait_cases[] = {
    {"waits no longer than wait_ms", waits_no_longer_than_wait_ms},
    {"ends the wait when a message arrives", ends_the_wait_when_a_message_arrives},
    {"sets ready for a partition with a message",
	sets_ready_for_a_partition_with_a_message},
    CU_TEST_INFO_NULL,
};
