/* One pass of a worker, with fakes of batches and of the leases' store. */
#include <stdio.h>
#include <string.h>

#include "consumer_fixture.h"
#include "core/clock.h"
#include "fanout_metrics.h"
#include "queue/queue_mem.h"

#include "cunit_main.h"

/* The settings of the fake commit, and what it records. */
static int64_t retry_of = -1, fence_of = -1; /* partitions whose batches fail */
static unsigned retries;        /* number of next batches without a fence that fail */
static struct leases *make_due; /* the next batch makes the leases due */
static bool stop_after;
static char seen[4096]; /* "body " in the order committed */
static char dones[4096];
static unsigned batches;
static int64_t slow_ms; /* time that each batch takes */

static bool
has_part(const struct fake_commit *c, int64_t partition)
{
	for (size_t i = 0; i < c->n_fences; i++)
		if (c->fences[i].partition == partition)
			return true;
	return false;
}

static enum batch_end
commit(const struct fake_commit *c, struct es_err *err)
{
	(void)err;
	batches++;
	if (has_part(c, retry_of) || (c->n_fences == 0 && retries > 0 && retries-- > 0))
		return BATCH_RETRY;
	if (has_part(c, fence_of))
		return BATCH_FENCED;
	for (size_t i = 0; i < c->n; i++)
		(void)snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%.*s ",
		    (int)c->msgs[i].len, c->msgs[i].body);
	for (size_t i = 0; i < c->n_fences; i++)
		if (c->fences[i].done != NULL)
			(void)snprintf(dones + strlen(dones),
			    sizeof(dones) - strlen(dones), "%s ", c->fences[i].done);
	if (make_due != NULL)
		make_due->update_at_ms = 0;
	if (stop_after)
		consumer_stopping = 1;
	clock_sleep_ms(slow_ms);
	return BATCH_DONE;
}

static void
setup(struct fixture *f)
{
	consumer_setup(f, commit);
	retry_of = fence_of = -1;
	retries = 0;
	make_due = NULL;
	stop_after = false;
	seen[0] = dones[0] = '\0';
	batches = 0;
	slow_ms = 0;
}

static void
turn(struct fixture *f)
{
	consumer_passes(f, 1);
}

/* Two groups in different partitions. */
static const char *
other_group(const char *group)
{
	static char name[8];

	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "o%d", i);
		if (queue_partition_of(name, FAKE_PARTITIONS) !=
		    queue_partition_of(group, FAKE_PARTITIONS))
			break;
	}
	return name;
}

static void
commits_in_order_and_stores_one_batch_behind(void)
{
	struct fixture f;
	unsigned p;

	setup(&f);
	fake_batches.room = 2;
	for (const char *const *b = (const char *const[]){"a", "b", "c", "d", "e", NULL};
	     *b != NULL; b++)
		p = consumer_put(&f, "g", *b);
	for (unsigned i = 1; i <= 3; i++) {
		turn(&f);
		CU_ASSERT_EQUAL(batches, i);
	}
	CU_ASSERT_STRING_EQUAL(seen, "a b c d e ");
	/* the worker stores a batch's end with the next batch: the last is missing */
	CU_ASSERT_EQUAL(strchr(dones, ' ') == strrchr(dones, ' '), false);
	CU_ASSERT_PTR_NULL(
	    strstr(dones, f.w.leases.held[leases_find(&f.w.leases, p)].read));
	CU_ASSERT_EQUAL(f.w.failures, 0);
	turn(&f);
	CU_ASSERT_EQUAL(batches, 3);
	consumer_teardown(&f);
}

static void
a_postponed_batch_delays_no_other(void)
{
	struct fixture f;
	struct lease *held;

	setup(&f);
	retry_of = consumer_put(&f, "g", "bad");
	(void)consumer_put(&f, other_group("g"), "good");
	turn(&f); /* both together fail */
	CU_ASSERT_STRING_EQUAL(seen, "");
	turn(&f); /* each partition alone */
	CU_ASSERT_STRING_EQUAL(seen, "good ");
	CU_ASSERT_EQUAL(batches, 3);
	CU_ASSERT_EQUAL(f.w.failures, 0);
	held = &f.w.leases.held[leases_find(&f.w.leases, retry_of)];
	CU_ASSERT_TRUE(held->not_before_ms > clock_mono_ms());
	CU_ASSERT_STRING_EQUAL(held->read, "");
	batches = 0;
	held->not_before_ms = clock_mono_ms() + 60000;
	(void)consumer_put(&f, other_group("g"), "more");
	turn(&f);
	CU_ASSERT_STRING_EQUAL(seen, "good more ");
	CU_ASSERT_EQUAL(batches, 1);
	/* the worker still commits this partition alone, which spares the others */
	held->not_before_ms = 0;
	(void)consumer_put(&f, other_group("g"), "again");
	turn(&f);
	CU_ASSERT_STRING_EQUAL(seen, "good more again ");
	CU_ASSERT_EQUAL(batches, 3);
	/* the next pass gets the same batch again */
	retry_of = -1;
	held->not_before_ms = 0;
	turn(&f);
	CU_ASSERT_STRING_EQUAL(seen, "good more again bad ");
	CU_ASSERT_EQUAL(held->tries, 0);
	CU_ASSERT_FALSE(held->alone);
	consumer_teardown(&f);
}

static void
a_lost_partition_is_left_at_once(void)
{
	struct fixture f;

	setup(&f);
	fake_batches.room = 1;
	fence_of = consumer_put(&f, "g", "theirs");
	(void)consumer_put(&f, "g", "theirs");
	(void)consumer_put(&f, other_group("g"), "ours");
	(void)consumer_put(&f, other_group("g"), "too");
	turn(&f);
	for (int i = 0; i < 6 && f.w.leases.n == FAKE_PARTITIONS; i++)
		turn(&f);
	for (int i = 0; i < 6 && strstr(seen, "too") == NULL; i++)
		turn(&f);
	CU_ASSERT_STRING_EQUAL(seen, "ours too ");
	CU_ASSERT_EQUAL(f.w.leases.n, FAKE_PARTITIONS - 1);
	CU_ASSERT_EQUAL(leases_find(&f.w.leases, fence_of), f.w.leases.n);
	consumer_teardown(&f);
}

/* During a long queue the worker must renew its leases and serve all partitions. */
static void
a_long_queue_lets_the_leases_be_renewed(void)
{
	struct fixture f;

	setup(&f);
	turn(&f);
	fake_batches.room = 1;
	make_due = &f.w.leases;
	for (int i = 0; i < 3; i++) {
		(void)consumer_put(&f, "g", "g");
		(void)consumer_put(&f, other_group("g"), "o");
	}
	fake.renewals = 0;
	for (unsigned i = 1; i <= 6; i++) {
		turn(&f);
		CU_ASSERT_EQUAL(batches, i);
		CU_ASSERT_TRUE(fake.renewals + 1 >= i);
		if (i == FAKE_PARTITIONS / 2 + 1) /* neither group waits for the other */
			CU_ASSERT_TRUE(
			    strchr(seen, 'g') != NULL && strchr(seen, 'o') != NULL);
	}
	CU_ASSERT_EQUAL(strlen(seen), 12);
	turn(&f);
	CU_ASSERT_EQUAL(batches, 6);
	consumer_teardown(&f);
}

static void
stopping_ends_after_the_batch_at_work(void)
{
	struct fixture f;

	setup(&f);
	fake_batches.room = 1;
	stop_after = true;
	(void)consumer_put(&f, "g", "a");
	(void)consumer_put(&f, "g", "b");
	(void)consumer_put(&f, other_group("g"), "c");
	turn(&f);
	CU_ASSERT_EQUAL(batches, 1);
	consumer_teardown(&f);
}

static void
no_heartbeat_without_database(void)
{
	struct fixture f;

	setup(&f);
	consumer_beat(&f.w);
	CU_ASSERT_TRUE(f.w.beat_at_ms > clock_mono_ms());
	CU_ASSERT_TRUE(metrics_beat_age_ms(f.w.metrics, 0) >= 0);
	fake.away = true;
	turn(&f);
	turn(&f);
	CU_ASSERT_EQUAL(f.w.failures, 2);
	f.w.beat_at_ms = 0;
	consumer_beat(&f.w);
	CU_ASSERT_EQUAL(f.w.beat_at_ms, 0);
	fake.away = false;
	turn(&f);
	consumer_beat(&f.w);
	CU_ASSERT_TRUE(f.w.beat_at_ms > 0);
	consumer_teardown(&f);
}

static void
waits_for_a_queue_that_is_away(void)
{
	struct fixture f;

	setup(&f);
	(void)consumer_put(&f, "g", "a");
	turn(&f);
	(void)consumer_put(&f, "g", "b");
	queue_mem_fail(f.w.queue, &(struct queue_mem_fault){.first = 0, .times = 2});
	for (unsigned i = 1; i <= 2; i++) {
		turn(&f);
		CU_ASSERT_EQUAL(f.w.failures, i);
	}
	CU_ASSERT_STRING_EQUAL(seen, "a ");
	turn(&f);
	CU_ASSERT_STRING_EQUAL(seen, "a b ");
	CU_ASSERT_EQUAL(f.w.failures, 0);
	consumer_teardown(&f);
}

/* A queue with its own leases, and five messages. */
static size_t leased_done, leased_retry, leased_kept;

static enum es_code
leasing_receive(struct queue *q, unsigned partition, const char *after, size_t max,
    int64_t wait_ms, struct arena *a, struct queue_msg out[], size_t *n,
    struct es_err *err)
{
	(void)q, (void)partition, (void)after, (void)wait_ms, (void)a, (void)err;
	CU_ASSERT_TRUE(max >= 5);
	for (*n = 0; *n < 5; ++*n)
		out[*n] = (struct queue_msg){
		    .body = "m", .len = 1, .position = "", .receipt = "r"};
	return ES_OK;
}

static enum es_code
leasing_done(struct queue *q, unsigned partition, const struct queue_msg msgs[], size_t n,
    const char *through, struct es_err *err)
{
	(void)q, (void)partition, (void)msgs, (void)through, (void)err;
	leased_done += n;
	return ES_OK;
}

static enum es_code
leasing_retry(struct queue *q, unsigned partition, const struct queue_msg msgs[],
    size_t n, int64_t delay_ms, struct es_err *err)
{
	(void)q, (void)partition, (void)msgs, (void)delay_ms, (void)err;
	CU_ASSERT_TRUE(n > 0);
	leased_retry += n;
	return ES_OK;
}

static enum es_code
leasing_extend(struct queue *q, unsigned partition, const struct queue_msg msgs[],
    size_t n, int64_t for_ms, struct es_err *err)
{
	(void)q, (void)partition, (void)msgs, (void)err;
	CU_ASSERT_TRUE(for_ms >= 10000);
	leased_kept += n;
	return ES_OK;
}

static void
a_leasing_queue_gets_every_message_back_or_done(void)
{
	static const struct queue_driver driver = {.name = "leasing",
	    .receive = leasing_receive,
	    .done = leasing_done,
	    .retry = leasing_retry,
	    .extend = leasing_extend};
	struct queue q = {.driver = &driver}, *mem;
	struct fixture f;

	setup(&f);
	mem = f.w.queue;
	f.w.queue = &q;
	fake_batches.room = 2;
	consumer_leasing_run(&f.w);
	CU_ASSERT_EQUAL(leased_done, 5);
	CU_ASSERT_EQUAL(leased_retry, 0);
	stop_after = true;
	consumer_leasing_run(&f.w);
	CU_ASSERT_EQUAL(leased_done, 7);
	CU_ASSERT_EQUAL(leased_retry, 3);
	consumer_stopping = 0;
	stop_after = false;
	retries = 3; /* the database is away for a while: the worker holds messages */
	consumer_leasing_run(&f.w);
	CU_ASSERT_EQUAL(leased_kept, 5);
	CU_ASSERT_EQUAL(leased_done, 12);
	CU_ASSERT_EQUAL(leased_retry, 3);
	slow_ms = 1100; /* the worker also holds messages during a slow batch */
	fake_batches.room = 3;
	consumer_leasing_run(&f.w);
	CU_ASSERT_EQUAL(leased_kept, 5 + 2);
	CU_ASSERT_EQUAL(leased_done, 17);
	f.w.queue = mem;
	consumer_teardown(&f);
}

static CU_TestInfo cases[] = {
    {"commits in order, and stores positions one batch later",
	commits_in_order_and_stores_one_batch_behind},
    {"a postponed batch does not delay the others", a_postponed_batch_delays_no_other},
    {"the worker drops a lost partition", a_lost_partition_is_left_at_once},
    {"the worker renews its leases during a long queue",
	a_long_queue_lets_the_leases_be_renewed},
    {"a worker that stops finishes only the batch under way",
	stopping_ends_after_the_batch_at_work},
    {"a worker without the database writes no heartbeat", no_heartbeat_without_database},
    {"the worker waits for a queue that is away", waits_for_a_queue_that_is_away},
    {"the worker acknowledges or returns every leased message",
	a_leasing_queue_gets_every_message_back_or_done},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("consumer", cases)
