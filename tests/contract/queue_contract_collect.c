/* Tests of the contract of queue.h: waiting for messages, and receiving them from several
 * partitions at once. */
#include <pthread.h>
#include <stdio.h>

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

/* Two cursors: the partition of group "g", and another one. */
static void
two_cursors(struct queue_cursor at[2])
{
	at[0] = (struct queue_cursor){
	    .partition = queue_partition_of("g", subject->partitions), .after = ""};
	at[1] = (struct queue_cursor){
	    .partition = (at[0].partition + 1) % subject->partitions, .after = ""};
}

/* A group of the partition. */
static const char *
group_of(unsigned partition)
{
	static char name[8];

	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "c%d", i);
		if (queue_partition_of(name, subject->partitions) == partition)
			return name;
	}
	CU_FAIL_FATAL("no group has this partition");
	return name;
}

static void
collects_from_the_partitions_that_have_messages(void)
{
	struct queue_cursor at[2];
	struct fixture f;

	setup(&f);
	two_cursors(at);
	CU_ASSERT_EQUAL(queue_collect(f.q, at, 2, 5, 1, f.a, &f.err), ES_OK);
	CU_ASSERT_EQUAL(at[0].n + at[1].n, 0);
	CU_ASSERT_EQUAL(send_text(&f, "g", "x"), ES_OK);
	CU_ASSERT_EQUAL(queue_collect(f.q, at, 2, 5, 10000, f.a, &f.err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(at[0].n, 1);
	CU_ASSERT_EQUAL(at[1].n, 0);
	CU_ASSERT_NSTRING_EQUAL(at[0].msgs[0].body, "x", 1);
	at[0].after = at[0].msgs[0].position;
	CU_ASSERT_EQUAL(queue_collect(f.q, at, 2, 5, 1, f.a, &f.err), ES_OK);
	CU_ASSERT_EQUAL(at[0].n + at[1].n, 0);
	teardown(&f);
}

static void
collects_up_to_max_of_each_in_order(void)
{
	struct queue_cursor at[2];
	struct fixture f;

	setup(&f);
	two_cursors(at);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(send_text(&f, "g", i == 0 ? "1" : "2"), ES_OK);
		CU_ASSERT_EQUAL(send_text(&f, group_of(at[1].partition), "3"), ES_OK);
	}
	CU_ASSERT_EQUAL(queue_collect(f.q, at, 2, 2, 0, f.a, &f.err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(at[0].n, 2);
	CU_ASSERT_EQUAL_FATAL(at[1].n, 2);
	CU_ASSERT_NSTRING_EQUAL(at[0].msgs[0].body, "1", 1);
	CU_ASSERT_NSTRING_EQUAL(at[0].msgs[1].body, "2", 1);
	CU_ASSERT_NSTRING_EQUAL(at[1].msgs[0].body, "3", 1);
	at[0].after = at[0].msgs[1].position;
	at[1].after = at[1].msgs[1].position;
	CU_ASSERT_EQUAL(queue_collect(f.q, at, 2, 2, 0, f.a, &f.err), ES_OK);
	CU_ASSERT_EQUAL(at[0].n, 1);
	CU_ASSERT_EQUAL(at[1].n, 1);
	at[0].after = "no position";
	CU_ASSERT_NOT_EQUAL(queue_collect(f.q, at, 2, 2, 0, f.a, &f.err), ES_OK);
	teardown(&f);
}

CU_TestInfo queue_collect_cases[] = {
    {"waits no longer than wait_ms", waits_no_longer_than_wait_ms},
    {"ends the wait when a message arrives", ends_the_wait_when_a_message_arrives},
    {"collects from the partitions that have messages",
	collects_from_the_partitions_that_have_messages},
    {"collects up to max of each partition, in order",
	collects_up_to_max_of_each_in_order},
    CU_TEST_INFO_NULL,
};
