/* Runs a worker from its start to SIGTERM. This file fakes all functions that the worker
 * calls. The worker is a child process; the fakes record its calls in memory shared with
 * the test. */
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "consumer.h"
#include "core/log.h"
#include "cunit_main.h"
#include "fanout_metrics.h"
#include "lease_settle.h"
#include "roster.h"
#include "store/batch_store.h"
#include "store/dead_letter_store.h"
#include "turn.h"
#include "worker.h"

#define PURGE_ROWS 1000 /* maximum number of rows of one transaction, as in worker.c */

static struct seen {
	unsigned until; /* the turn in which SIGTERM arrives */
	unsigned turns, leasing, beats, purges, channel_purges, dead_purges;
	unsigned forgotten, settled, released, signed_out, closed;
	unsigned partitions;
	size_t leases; /* leases that the worker holds when it stops */
	size_t alive;  /* live workers that the worker counts at its start */
	bool rows_left, channels_left, fails, no_queue;
	int64_t dead; /* dead letters that each purge deletes */
} * seen;

static void
turned(struct consumer *w)
{
	seen->alive = w->leases.alive;
	(void)raise(SIGINT);
	(void)raise(SIGHUP);
	(void)raise(SIGPIPE);
	if (++seen->turns == seen->until)
		(void)raise(SIGTERM);
}

void
consumer_partitions_run(struct consumer *w)
{
	turned(w);
}

void
consumer_leasing_run(struct consumer *w)
{
	seen->leasing++;
	turned(w);
}

void
turn_forget(struct consumer *w)
{
	(void)w;
	seen->forgotten++;
}

void
consumer_beat(struct consumer *w)
{
	(void)w;
	seen->beats++;
}

void
leases_init(struct leases *l, const char *owner, int64_t lease_ms, unsigned partitions,
    struct metrics *metrics)
{
	*l = (struct leases){.owner = owner,
	    .lease_ms = lease_ms,
	    .partitions = partitions,
	    .metrics = metrics,
	    .n = seen->leases};
}

void
leases_fini(struct leases *l)
{
	(void)l;
}

enum es_code
lease_settle(struct leases *l, struct pg *pg, struct queue *q, bool all, struct arena *a,
    struct es_err *err)
{
	(void)l, (void)pg, (void)q, (void)a, (void)err;
	seen->settled += all;
	return ES_OK;
}

void
lease_settle_give_back_all(struct leases *l, struct pg *pg, struct arena *a)
{
	(void)l, (void)pg, (void)a;
	seen->released++;
}

size_t
roster_sign_out(struct redis *r, const char *owner, int64_t life_ms, struct arena *a)
{
	(void)r, (void)a;
	seen->signed_out += strcmp(owner, "ann") == 0 && life_ms == 3000;
	return 0;
}

enum es_code
batch_store_purge(
    struct pg *pg, int64_t limit, struct arena *a, bool *more, struct es_err *err)
{
	(void)pg, (void)a;
	seen->purges += limit == PURGE_ROWS;
	if (seen->fails)
		return es_fail(err, ES_UNAVAILABLE, "database is away");
	*more = seen->rows_left;
	return ES_OK;
}

enum es_code
batch_store_purge_channels(
    struct pg *pg, int64_t limit, struct arena *a, bool *more, struct es_err *err)
{
	(void)pg, (void)a, (void)err;
	seen->channel_purges += limit == PURGE_ROWS;
	*more = seen->channels_left;
	return ES_OK;
}

enum es_code
dead_letter_store_purge(struct pg *pg, int64_t keep_s, int64_t max, int64_t limit,
    struct arena *a, int64_t *gone, struct es_err *err)
{
	(void)pg, (void)a, (void)err;
	seen->dead_purges += keep_s == 7 && max == 8 && limit == PURGE_ROWS;
	*gone = seen->dead;
	return ES_OK;
}

enum es_code
queue_open(const struct queue_settings *settings, struct queue **out, struct es_err *err)
{
	(void)settings;
	*out = NULL;
	return seen->no_queue ? es_fail(err, ES_INVALID, "no such queue") : ES_OK;
}

unsigned
queue_partitions(const struct queue *q)
{
	(void)q;
	return seen->partitions;
}

void
queue_close(struct queue **q)
{
	(void)q;
	seen->closed++;
}

static const struct seen usual = {.until = 3, .partitions = 8, .leases = 1, .dead = 1};

/* The exit status of a worker; -1 when a signal has ended it. */
static int
run(const struct seen *how, unsigned index)
{
	const struct fanout_conf conf = {
	    .common = {.database_url = "postgresql://nowhere/x",
		.redis_url = "unix:///nowhere.sock",
		.redis_timeout_ms = 100,
		.queue_url = "",
		.queue_redis_url = "",
		.database_pooler = "session"},
	    .workers = 2,
	    .lease_ms = 3000,
	    .purge_every_s = 3600,
	    .dead_keep_s = 7,
	    .dead_max = 8};
	struct metrics *metrics;
	struct es_err err;
	int status;
	pid_t pid;

	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CU_ASSERT_NOT_EQUAL_FATAL(seen, MAP_FAILED);
	*seen = *how;
	CU_ASSERT_EQUAL_FATAL(
	    metrics_open(NULL, fanout_metrics, FANOUT_METRICS, 2, &metrics, &err), ES_OK);
	pid = fork();
	CU_ASSERT_TRUE_FATAL(pid >= 0);
	if (pid == 0) {
		log_init("test", LOG_ERROR + 1);
		(void)alarm(20);
		_exit(worker_run(&conf, metrics, NULL, "ann", index, 0));
	}
	CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
	metrics_close(&metrics);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
seen_free(void)
{
	(void)munmap(seen, sizeof(*seen));
}

static void
turns_until_it_is_told_to_stop(void)
{
	CU_ASSERT_EQUAL(run(&usual, 0), 0);
	CU_ASSERT_EQUAL(seen->turns, 3);
	CU_ASSERT_EQUAL(seen->beats, 3);
	CU_ASSERT_EQUAL(seen->leasing, 0);
	CU_ASSERT_EQUAL(seen->alive, 2);
	CU_ASSERT_EQUAL(seen->forgotten, 1);
	CU_ASSERT_EQUAL(seen->settled, 1);
	CU_ASSERT_EQUAL(seen->released, 1);
	CU_ASSERT_EQUAL(seen->signed_out, 1);
	CU_ASSERT_EQUAL(seen->closed, 1);
	seen_free();
}

static void
a_queue_without_partitions_has_turns_of_its_own(void)
{
	struct seen how = usual;

	how.partitions = 0;
	how.leases = 0;
	CU_ASSERT_EQUAL(run(&how, 0), 0);
	CU_ASSERT_EQUAL(seen->turns, 3);
	CU_ASSERT_EQUAL(seen->leasing, 3);
	CU_ASSERT_EQUAL(seen->settled, 0);
	seen_free();
}

static void
the_first_worker_purges_now_and_then(void)
{
	CU_ASSERT_EQUAL(run(&usual, 0), 0);
	CU_ASSERT_EQUAL(seen->purges, 1);
	CU_ASSERT_EQUAL(seen->channel_purges, 1);
	CU_ASSERT_EQUAL(seen->dead_purges, 1);
	seen_free();
	CU_ASSERT_EQUAL(run(&usual, 1), 0);
	CU_ASSERT_EQUAL(seen->purges + seen->channel_purges + seen->dead_purges, 0);
	seen_free();
}

static void
a_purge_goes_on_while_rows_are_left(void)
{
	struct seen how[4] = {usual, usual, usual, usual};
	const unsigned purges[4] = {3, 3, 3, 1};

	how[0].rows_left = true;
	how[1].channels_left = true;
	how[2].dead = PURGE_ROWS;
	how[3].fails = true; /* after a failure, the next purge is one period later */
	for (unsigned i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(run(&how[i], 0), 0);
		CU_ASSERT_EQUAL(seen->purges, purges[i]);
		CU_ASSERT_EQUAL(seen->channel_purges, purges[i]);
		CU_ASSERT_EQUAL(seen->dead_purges, purges[i]);
		seen_free();
	}
}

static void
does_not_start_without_a_queue(void)
{
	struct seen how = usual;

	how.no_queue = true;
	CU_ASSERT_EQUAL(run(&how, 0), 1);
	CU_ASSERT_EQUAL(seen->turns, 0);
	CU_ASSERT_EQUAL(seen->closed, 1);
	seen_free();
}

static void
the_queue_has_a_redis_of_its_own_when_one_is_named(void)
{
	struct fanout_conf conf = {.common = {.queue_url = "redis:",
				       .redis_url = "unix:///a",
				       .queue_redis_url = "",
				       .queue_partitions = 3,
				       .redis_timeout_ms = 5}};
	struct queue_settings qs = fanout_queue_settings(&conf);

	CU_ASSERT_STRING_EQUAL(qs.redis_url, "unix:///a");
	CU_ASSERT_EQUAL(qs.partitions, 3);
	CU_ASSERT_EQUAL(qs.timeout_ms, 5);
	conf.common.queue_redis_url = "unix:///b";
	CU_ASSERT_STRING_EQUAL(fanout_queue_settings(&conf).redis_url, "unix:///b");
}

static CU_TestInfo cases[] = {
    {"makes turns until SIGTERM", turns_until_it_is_told_to_stop},
    {"a queue without partitions gets its own kind of turn",
	a_queue_without_partitions_has_turns_of_its_own},
    {"only the first worker purges", the_first_worker_purges_now_and_then},
    {"a purge goes on while rows are left", a_purge_goes_on_while_rows_are_left},
    {"does not start without a queue", does_not_start_without_a_queue},
    {"the queue has a Redis of its own when one is named",
	the_queue_has_a_redis_of_its_own_when_one_is_named},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("fanout/worker", cases)
