/* The in-memory queue beyond the contract: names and injected faults. */
#include "cunit_main.h"

#include <string.h>

#include "core/check.h"
#include "queue/queue_mem.h"
#include "queue/queue_position.h"

#include "core/banned.h"

static struct queue *
open_queue(const char *url)
{
	const struct queue_settings settings = {
	    .url = url, .partitions = 1, .max_bytes = 100};
	struct queue *q;
	struct es_err err;

	CHECK(queue_open(&settings, &q, &err) == ES_OK);
	return q;
}

static enum es_code
put(struct queue *q)
{
	struct es_err err;

	return queue_send(q,
	    &(struct queue_msg){.body = "x", .len = 1, .group = "g", .dedupe = ""}, &err);
}

static int64_t
waiting(struct queue *q)
{
	struct queue_stats s = {.messages = -1};
	struct es_err err;

	CU_ASSERT_EQUAL(queue_stats(q, &s, &err), ES_OK);
	return s.messages;
}

static void
handles_with_one_name_share_a_queue(void)
{
	struct queue *a = open_queue("mem:n"), *b = open_queue("mem:n"),
		     *c = open_queue("mem:o");
	struct queue *d = open_queue("mem:"), *e = open_queue("mem:");

	CU_ASSERT_EQUAL(put(a), ES_OK);
	CU_ASSERT_EQUAL(put(d), ES_OK);
	CU_ASSERT_EQUAL(waiting(b), 1);
	CU_ASSERT_EQUAL(waiting(c), 0);
	CU_ASSERT_EQUAL(waiting(e), 0);
	queue_close(&a);
	CU_ASSERT_EQUAL(waiting(b), 1);
	queue_close(&b);
	a = open_queue("mem:n");
	CU_ASSERT_EQUAL(waiting(a), 0);
	queue_close(&a);
	queue_close(&c);
	queue_close(&d);
	queue_close(&e);
}

static void
fails_the_calls_that_a_test_names(void)
{
	struct queue *q = open_queue("mem:f"), *other = open_queue("mem:f");

	queue_mem_fail(q, &(struct queue_mem_fault){.first = 1, .times = 2});
	CU_ASSERT_EQUAL(put(q), ES_OK);
	CU_ASSERT_EQUAL(put(q), ES_UNAVAILABLE);
	CU_ASSERT_EQUAL(put(other), ES_OK);
	CU_ASSERT_EQUAL(put(q), ES_UNAVAILABLE);
	CU_ASSERT_EQUAL(put(q), ES_OK);
	CU_ASSERT_EQUAL(queue_mem_calls(q), 4);
	CU_ASSERT_EQUAL(waiting(other), 3);
	queue_close(&q);
	queue_close(&other);
}

static void
every_function_can_fail(void)
{
	for (int after = 0; after < 2; after++) {
		struct queue *q = open_queue("mem:");
		struct queue_msg got[1];
		struct queue_stats s;
		struct arena *a = arena_new();
		struct es_err err;
		bool behind;
		size_t n;

		queue_mem_fail(
		    q, &(struct queue_mem_fault){.times = 6, .after = after != 0});
		CU_ASSERT_EQUAL(put(q), ES_UNAVAILABLE);
		CU_ASSERT_EQUAL(
		    queue_receive(q, 0, "", 1, 0, a, got, &n, &err), ES_UNAVAILABLE);
		CU_ASSERT_EQUAL(queue_done(q, 0, got, 0, "1-1", &err), ES_UNAVAILABLE);
		CU_ASSERT_EQUAL(queue_behind(q, 0, "1-1", &behind, &err), ES_UNAVAILABLE);
		CU_ASSERT_EQUAL(queue_stats(q, &s, &err), ES_UNAVAILABLE);
		CU_ASSERT_EQUAL(queue_check(q, &err), ES_UNAVAILABLE);
		/* with .after the message is stored, and only the answer is lost */
		CU_ASSERT_EQUAL(waiting(q), after);
		arena_free(&a);
		queue_close(&q);
	}
}

static void
refuses_wrong_settings(void)
{
	static const struct queue_settings bad[] = {
	    {.url = "kafka:", .partitions = 1, .max_bytes = 1},
	    {.url = "mem", .partitions = 1, .max_bytes = 1},
	    {.url = "mem:", .partitions = 0, .max_bytes = 1},
	    {.url = "mem:", .partitions = QUEUE_PARTITIONS_MAX + 1, .max_bytes = 1},
	    {.url = "mem:", .partitions = 1, .max_bytes = 0},
	    {.url = "redis:", .redis_url = "http://x", .partitions = 1, .max_bytes = 1},
	};
	struct queue *q = NULL;
	struct es_err err;

	for (size_t i = 0; i < ES_COUNT(bad); i++)
		CU_ASSERT_EQUAL(queue_open(&bad[i], &q, &err), ES_INVALID);
	CU_ASSERT_PTR_NULL(q);
}

static void
positions_of_a_partition_rise(void)
{
	struct queue_position p, max = {UINT64_MAX, UINT64_MAX - 1}, next;
	char text[QUEUE_POSITION_MAX];

	CU_ASSERT_TRUE(queue_position_parse("7-9", &p));
	next = queue_position_next(&p);
	queue_position_format(&next, text);
	CU_ASSERT_STRING_EQUAL(text, "7-10");
	CU_ASSERT_TRUE(queue_position_before(&p, &next));
	CU_ASSERT_FALSE(queue_position_before(&p, &p));
	queue_position_format(&max, text);
	CU_ASSERT_TRUE(queue_position_parse(text, &p));
	CU_ASSERT_TRUE(p.ms == max.ms && p.n == max.n);
	p = (struct queue_position){7, UINT64_MAX};
	next = queue_position_next(&p);
	CU_ASSERT_TRUE(next.ms == 8 && next.n == 0);
	CU_ASSERT_TRUE(queue_position_parse("", &p));
	CU_ASSERT_TRUE(p.ms == 0 && p.n == 0);
}

static void
the_partition_of_a_group_is_fixed(void)
{
	/* Stored positions depend on these values: FNV-1a, 64 bits. */
	CU_ASSERT_EQUAL(queue_partition_of("a", 256), 0xaf63dc4c8601ec8cULL % 256);
	CU_ASSERT_EQUAL(queue_partition_of("foobar", 7), 0x85944171f73967e8ULL % 7);
}

static CU_TestInfo cases[] = {
    {"handles with one name share a queue", handles_with_one_name_share_a_queue},
    {"fails the calls that a test names", fails_the_calls_that_a_test_names},
    {"every function can fail", every_function_can_fail},
    {"refuses wrong settings", refuses_wrong_settings},
    {"positions of a partition rise", positions_of_a_partition_rise},
    {"the partition of a group is fixed", the_partition_of_a_group_is_fixed},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("queue/mem", cases)
