/* After a failure the worker asks for fewer messages. The queue is in memory, behind a
 * link that carries only link_entries messages within its time-out. The database commits
 * only pg_entries messages within its time-out. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "consumer_fixture.h"
#include "core/clock.h"
#include "fanout_metrics.h"

#include "cunit_main.h"

static size_t link_entries, link_places; /* beyond them a receive times out */
static size_t pg_entries;                /* a larger batch fails ... */
static const char *pg_state;             /* ... with this SQLSTATE */
/* Each text is like "500 250 ", in the order of the calls. asked: entries that one
 * receive asks for. waited, each: partitions of one receive, and entries of each
 * partition. tried: entries of one batch. */
static char asked[256], waited[256], each[256], tried[256];
static size_t committed;
static unsigned failures; /* failed batches; after 60 the test stops the worker */
static struct queue *mem;
static size_t leased; /* messages that wait in the leasing queue */
static int64_t leased_age_ms;

static void
note(char out[256], size_t n)
{
	(void)snprintf(out + strlen(out), 256 - strlen(out), "%zu ", n);
}

static enum batch_end
commit(const struct fake_commit *c, struct es_err *err)
{
	note(tried, c->n);
	if (c->n > pg_entries) {
		consumer_stopping = ++failures > 60;
		(void)snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", pg_state);
		return BATCH_RETRY;
	}
	committed += c->n;
	return BATCH_DONE;
}

static unsigned
link_partitions(const struct queue *q)
{
	(void)q;
	return FAKE_PARTITIONS;
}

static enum es_code
link_receive(struct queue *q, unsigned partition, const char *after, size_t max,
    int64_t wait_ms, struct arena *a, struct queue_msg out[], size_t *n,
    struct es_err *err)
{
	(void)q;
	note(asked, max);
	if (max > link_entries)
		return es_fail(err, ES_UNAVAILABLE, "no answer in time");
	return queue_receive(mem, partition, after, max, wait_ms, a, out, n, err);
}

static enum es_code
link_collect(struct queue *q, struct queue_cursor cursors[], size_t n, size_t max,
    int64_t wait_ms, struct arena *a, struct es_err *err)
{
	size_t got = 0;

	(void)q;
	note(waited, n);
	note(each, max);
	/* to wait for only some partitions would delay the others */
	CU_ASSERT_TRUE(n >= FAKE_PARTITIONS - 1 || wait_ms == 0);
	TRY(queue_collect(mem, cursors, n, max, wait_ms, a, err));
	for (size_t i = 0; i < n; i++)
		got += cursors[i].n;
	if (got > link_entries || n > link_places)
		return es_fail(err, ES_UNAVAILABLE, "no answer in time");
	return ES_OK;
}

static enum es_code
link_trim(
    struct queue *q, const struct queue_cursor cursors[], size_t n, struct es_err *err)
{
	(void)q;
	return queue_trim(mem, cursors, n, err);
}

static enum es_code
link_done(struct queue *q, unsigned partition, const struct queue_msg msgs[], size_t n,
    const char *through, struct es_err *err)
{
	(void)q;
	return queue_done(mem, partition, msgs, n, through, err);
}

static enum es_code
link_behind(struct queue *q, unsigned partition, const char *position, bool *out,
    struct es_err *err)
{
	(void)q;
	return queue_behind(mem, partition, position, out, err);
}

static enum es_code
leasing_receive(struct queue *q, unsigned partition, const char *after, size_t max,
    int64_t wait_ms, struct arena *a, struct queue_msg out[], size_t *n,
    struct es_err *err)
{
	(void)q, (void)partition, (void)after, (void)wait_ms, (void)a;
	note(asked, max);
	if (max > link_entries)
		return es_fail(err, ES_UNAVAILABLE, "no answer in time");
	for (*n = 0; *n < max && leased > 0; leased--)
		out[(*n)++] = (struct queue_msg){.body = "m",
		    .len = 1,
		    .receipt = "r",
		    .age_ms = leased_age_ms - (int64_t)leased * 1000};
	return ES_OK;
}

static enum es_code
leasing_keep(struct queue *q, unsigned partition, const struct queue_msg msgs[], size_t n,
    int64_t ms, struct es_err *err)
{
	(void)q, (void)partition, (void)msgs, (void)n, (void)ms, (void)err;
	return ES_OK;
}

static enum es_code
leasing_done(struct queue *q, unsigned partition, const struct queue_msg msgs[], size_t n,
    const char *through, struct es_err *err)
{
	(void)q, (void)partition, (void)msgs, (void)n, (void)through, (void)err;
	return ES_OK;
}

static const struct queue_driver link_driver = {.name = "link",
    .partitions = link_partitions,
    .receive = link_receive,
    .collect = link_collect,
    .trim = link_trim,
    .done = link_done,
    .behind = link_behind};
static const struct queue_driver leasing_driver = {.name = "leasing",
    .request_max = 10,
    .receive = leasing_receive,
    .retry = leasing_keep,
    .extend = leasing_keep,
    .done = leasing_done};

static struct queue worker_queue;

static void
setup(struct fixture *f, const struct queue_driver *driver)
{
	consumer_setup(f, commit);
	link_entries = link_places = pg_entries = SIZE_MAX;
	asked[0] = waited[0] = each[0] = tried[0] = '\0';
	committed = leased = failures = 0;
	leased_age_ms = 0;
	mem = f->mem;
	worker_queue = (struct queue){.driver = driver};
	f->w.queue = &worker_queue;
}

static void
put(struct fixture *f, size_t n)
{
	const struct queue_msg msg = {.body = "m", .len = 1, .group = "g", .dedupe = "d"};

	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL_FATAL(queue_send(mem, &msg, &f->err), ES_OK);
}

/* Makes n passes of the worker. No partition is postponed at the start of a pass. */
static void
turns(struct fixture *f, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		for (size_t k = 0; k < f->w.leases.n; k++)
			f->w.leases.held[k].not_before_ms = 0;
		consumer_partitions_run(&f->w);
		arena_reset(f->w.arena);
	}
}

static void
less_is_received_until_it_comes_through(void)
{
	struct fixture f;

	setup(&f, &link_driver);
	put(&f, 200);
	link_entries = 100;
	turns(&f, 3);
	/* 62 entries of each of eight partitions, then 438 more of the busy partition:
	 * too many for the link */
	CU_ASSERT_STRING_EQUAL(each, "62 438 31 219 15 110 ");
	CU_ASSERT_EQUAL(committed, 0);
	turns(&f, 1);
	CU_ASSERT_NSTRING_EQUAL(each, "62 438 31 219 15 110 7 55 ", 26);
	CU_ASSERT_EQUAL(committed, 62);
	/* each success raises the size again, up to the maximum */
	link_entries = SIZE_MAX;
	turns(&f, 2);
	CU_ASSERT_EQUAL(committed, 200);
	for (int i = 0; i < 4; i++)
		turns(&f, 1);
	CU_ASSERT_EQUAL(f.w.receive_max, QUEUE_RECEIVE_MAX);
	consumer_teardown(&f);
}

static void
one_is_the_least(void)
{
	const int64_t start_ms = clock_mono_ms();
	struct fixture f;

	setup(&f, &link_driver);
	put(&f, 3);
	link_entries = 0;
	turns(&f, 1);
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms >= 50); /* the worker has backed off */
	f.w.receive_max = 3;
	/* the worker asks this partition first */
	f.w.passes = queue_partition_of("g", FAKE_PARTITIONS);
	turns(&f, 1);
	CU_ASSERT_EQUAL(f.w.receive_max, 1);
	f.w.failures = 0;
	f.w.passes = queue_partition_of("g", FAKE_PARTITIONS);
	turns(&f, 1);
	CU_ASSERT_EQUAL(f.w.receive_max, 1);
	link_entries = 1;
	f.w.passes = queue_partition_of("g", FAKE_PARTITIONS);
	turns(&f, 1);
	CU_ASSERT_EQUAL(committed, 1);
	CU_ASSERT_TRUE(f.w.receive_max >= 2);
	consumer_teardown(&f);
}

/* PostgreSQL reports a time-out, a lack of memory, or a lost connection. Then the worker
 * commits this partition alone, and receives fewer entries from it. */
static void
a_batch_that_fails_is_halved(void)
{
	static const char *const states[] = {"57014", "53200", "08006"};
	struct fixture f;

	for (size_t i = 0; i < ES_COUNT(states); i++) {
		setup(&f, &link_driver);
		pg_state = states[i];
		pg_entries = 2;
		put(&f, 8);
		turns(&f, 4);
		CU_ASSERT_NSTRING_EQUAL(tried, "8 8 4 2 ", 8);
		for (int k = 0; k < 40 && committed < 8; k++)
			turns(&f, 1);
		CU_ASSERT_EQUAL(committed, 8);
		consumer_teardown(&f);
	}
}

/* One request never asks for more than receive_max entries, of however many partitions.
 */
static void
all_partitions_together_stay_within_the_limit(void)
{
	struct fixture f;

	setup(&f, &link_driver);
	put(&f, 700);
	turns(&f, 1);
	CU_ASSERT_NSTRING_EQUAL(waited, "8 1 ", 4);
	CU_ASSERT_NSTRING_EQUAL(each, "62 438 ", 7);
	CU_ASSERT_EQUAL(committed, 500);
	consumer_teardown(&f);
}

static void
partitions_are_received_in_parts(void)
{
	struct fixture f;

	setup(&f, &link_driver);
	put(&f, 1);
	link_places = 2;
	f.w.receive_max = 8;
	turns(&f, 3);
	CU_ASSERT_STRING_EQUAL(waited, "8 4 2 ");
	for (int i = 0; i < 100 && committed == 0; i++)
		turns(&f, 1);
	CU_ASSERT_EQUAL(committed, 1);
	link_places = SIZE_MAX;
	put(&f, 1);
	for (int i = 0; i < 100 && committed == 1; i++)
		turns(&f, 1);
	CU_ASSERT_EQUAL(committed, 2);
	consumer_teardown(&f);
}

/* The queue counts a failed request as a delivery of its messages, so the worker asks for
 * fewer after the first failure. An empty answer does not change the size. */
static void
a_leasing_queue_is_asked_for_less(void)
{
	struct fixture f;

	setup(&f, &leasing_driver);
	leased = 7;
	link_entries = 2;
	for (int i = 0; i < 3; i++)
		consumer_leasing_run(&f.w);
	CU_ASSERT_STRING_EQUAL(asked, "500 5 2 ");
	CU_ASSERT_EQUAL(committed, 2);
	link_entries = SIZE_MAX;
	for (int i = 0; i < 4; i++)
		consumer_leasing_run(&f.w);
	CU_ASSERT_STRING_EQUAL(asked, "500 5 2 4 8 16 16 ");
	CU_ASSERT_EQUAL(committed, 7);
	consumer_teardown(&f);
}

static void
what_it_leased_is_committed_in_parts(void)
{
	struct fixture f;

	setup(&f, &leasing_driver);
	leased = 4;
	pg_state = "57014";
	pg_entries = 2;
	consumer_leasing_run(&f.w);
	CU_ASSERT_STRING_EQUAL(asked, "500 ");
	CU_ASSERT_STRING_EQUAL(tried, "4 2 2 ");
	CU_ASSERT_EQUAL(committed, 4);
	consumer_teardown(&f);
}

static void
the_age_of_leased_messages_is_reported(void)
{
	struct fixture f;

	setup(&f, &leasing_driver);
	leased = 2; /* 43 s and 44 s old */
	leased_age_ms = 45000;
	consumer_leasing_run(&f.w);
	CU_ASSERT_EQUAL(committed, 2);
	CU_ASSERT_EQUAL(metrics_sum(f.w.metrics, FM_QUEUE_AGE), 44);
	consumer_leasing_run(&f.w);
	CU_ASSERT_EQUAL(metrics_sum(f.w.metrics, FM_QUEUE_AGE), 0);
	/* PostgreSQL is away, and the first back-off takes 50 ms. */
	leased = 1;
	leased_age_ms = 45980;
	pg_entries = 0;
	failures = 60;
	consumer_leasing_run(&f.w);
	CU_ASSERT_EQUAL(metrics_sum(f.w.metrics, FM_QUEUE_AGE), 45);
	consumer_teardown(&f);
}

static CU_TestInfo cases[] = {
    {"the worker receives less until a receive succeeds",
	less_is_received_until_it_comes_through},
    {"the worker asks for at least one entry", one_is_the_least},
    {"a batch that fails is halved", a_batch_that_fails_is_halved},
    {"all partitions together stay within the limit of a receive",
	all_partitions_together_stay_within_the_limit},
    {"the worker receives from its partitions in parts",
	partitions_are_received_in_parts},
    {"the worker asks a leasing queue for less", a_leasing_queue_is_asked_for_less},
    {"the worker commits leased messages in parts", what_it_leased_is_committed_in_parts},
    {"the age of leased messages is reported", the_age_of_leased_messages_is_reported},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("consumer/size", cases)
