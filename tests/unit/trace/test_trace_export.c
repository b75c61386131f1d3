/* The exporter in a process of its own. A fake trace_post() is the collector: it writes
 * the number of spans of each request into a pipe and answers as planned. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/check.h"
#include "core/clock.h"
#include "core/log.h"
#include "cunit_main.h"
#include "trace/trace_export.h"

#define SAMPLED "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#define PATIENT 20 /* seconds until a test that hangs is killed */
#define NEVER   INT64_MAX
enum { EXPORTED, DROPPED, COUNTERS };

static const struct metric table[] = {
    [EXPORTED] = {METRIC_COUNTER, "t_exported_total", NULL, "Exported.", NULL, 0},
    [DROPPED] = {METRIC_COUNTER, "t_dropped_total", NULL, "Dropped.", NULL, 0},
};

/* Shared with the exporter. */
struct plan {
	enum trace_post_end ends[8]; /* answers; later ones are TRACE_POST_DONE */
	int64_t rejected;
	int64_t answer_ms; /* time until an answer; NEVER: none comes */
	unsigned n;        /* requests so far */
};

static struct plan *plan;
static struct metrics *metrics;
static struct trace *trace;
static int seen[2];
static pid_t exporter;

/* Waits as planned. Returns false when the exporter gave the request up. */
static bool
wait_for_answer(const struct trace_post_settings *s)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	const int64_t begin = clock_mono_ms();

	while (clock_mono_ms() - begin < plan->answer_ms) {
		if (s->give_up(s->ctx))
			return false;
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

void
trace_post(const struct trace_post_settings *s, const struct text *body,
    struct trace_post_result *out)
{
	int spans = 0;

	CHECK(strcmp(s->url, "http://collector") == 0 && !body->overflow);
	for (const char *at = body->data; (at = strstr(at, "\"spanId\"")) != NULL; at++)
		spans++;
	*out = (struct trace_post_result){.end = TRACE_POST_DONE};
	if (plan->n < ES_COUNT(plan->ends))
		out->end = plan->ends[plan->n];
	if (out->end == TRACE_POST_DONE)
		out->rejected = plan->rejected;
	plan->n++;
	CHECK(write(seen[1], &spans, sizeof(spans)) == sizeof(spans));
	if (!wait_for_answer(s))
		out->end = TRACE_POST_RETRY;
}

static void
open_all(void)
{
	struct es_err err;

	CU_ASSERT_EQUAL_FATAL(
	    metrics_open(NULL, table, COUNTERS, 2, &metrics, &err), ES_OK);
	metrics_use_slot(metrics, 0);
	CU_ASSERT_EQUAL_FATAL(trace_open(0, metrics, DROPPED, &trace, &err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(pipe(seen), 0);
}

static void
close_all(void)
{
	(void)close(seen[0]);
	(void)close(seen[1]);
	trace_close(&trace);
	metrics_close(&metrics);
}

static void
start(size_t waiting_max)
{
	const struct trace_export conf = {.service = "test",
	    .post = {.url = "http://collector", .headers = "", .timeout_ms = 60000},
	    .waiting_max = waiting_max,
	    .metrics = metrics,
	    .exported = EXPORTED,
	    .dropped = DROPPED};
	sigset_t term;

	/* SIGTERM must not kill the exporter before its handler is set. */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	CU_ASSERT_EQUAL(sigprocmask(SIG_BLOCK, &term, NULL), 0);
	exporter = fork();
	if (exporter == 0) {
		log_init("test", LOG_ERROR);
		(void)alarm(PATIENT);
		metrics_use_slot(metrics, 1);
		_exit(trace_export_run(&conf, trace));
	}
	CU_ASSERT_EQUAL(sigprocmask(SIG_UNBLOCK, &term, NULL), 0);
	trace_keep_writer(trace);
}

static void
begin(size_t waiting_max)
{
	open_all();
	start(waiting_max);
}

/* Reads a part of the first line, as if an exporter were killed while it reads. */
static void
cut_into_the_first_line(void)
{
	char piece[40];
	int status;
	const pid_t pid = fork();

	if (pid == 0)
		_exit(read(trace_keep_reader(trace), piece, sizeof(piece)) !=
		      sizeof(piece));
	CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL_FATAL(status, 0);
}

static void
plan_ends(const enum trace_post_end ends[], unsigned n)
{
	*plan = (struct plan){.n = 0};
	for (unsigned i = 0; i < n; i++)
		plan->ends[i] = ends[i];
}

static void
emit(unsigned n)
{
	struct trace_span s;

	trace_join(trace, SAMPLED, &s);
	for (unsigned i = 0; i < n; i++)
		trace_end(trace, &s, "x", TRACE_SERVER, NULL, 0, NULL);
}

/* Waits for a request and returns the number of its spans. */
static int
wait_for_request(void)
{
	int spans = -1;

	(void)alarm(PATIENT);
	CU_ASSERT_EQUAL(read(seen[0], &spans, sizeof(spans)), sizeof(spans));
	(void)alarm(0);
	return spans;
}

/* Stops the exporter and checks the counters. */
static void
end(int64_t exported, int64_t dropped)
{
	int status;

	CU_ASSERT_EQUAL(kill(exporter, SIGTERM), 0);
	CU_ASSERT_EQUAL_FATAL(waitpid(exporter, &status, 0), exporter);
	CU_ASSERT_EQUAL(status, 0);
	CU_ASSERT_EQUAL(metrics_sum(metrics, EXPORTED), exported);
	CU_ASSERT_EQUAL(metrics_sum(metrics, DROPPED), dropped);
	close_all();
}

static void
a_full_batch_goes_at_once(void)
{
	plan_ends(NULL, 0);
	begin(2000);
	emit(TRACE_BATCH_MAX + 3);
	CU_ASSERT_EQUAL(wait_for_request(), TRACE_BATCH_MAX);
	CU_ASSERT_EQUAL(wait_for_request(), 3); /* after TRACE_BATCH_MS */
	end(TRACE_BATCH_MAX + 3, 0);
}

static void
the_end_sends_the_rest(void)
{
	plan_ends(NULL, 0);
	begin(2000);
	emit(7);
	end(7, 0);
	CU_ASSERT_EQUAL(plan->n, 1);
}

static void
a_retry_sends_the_same(void)
{
	static const enum trace_post_end ends[] = {TRACE_POST_RETRY, TRACE_POST_RETRY};

	plan_ends(ends, 2);
	begin(2000);
	emit(5);
	CU_ASSERT_EQUAL(wait_for_request(), 5);
	CU_ASSERT_EQUAL(wait_for_request(), 5);
	CU_ASSERT_EQUAL(wait_for_request(), 5);
	end(5, 0);
}

static void
a_refusal_drops(void)
{
	static const enum trace_post_end ends[] = {TRACE_POST_REFUSED};

	plan_ends(ends, 1);
	begin(2000);
	emit(5);
	CU_ASSERT_EQUAL(wait_for_request(), 5);
	emit(2);
	CU_ASSERT_EQUAL(wait_for_request(), 2);
	end(2, 5);
}

static void
a_part_may_be_rejected(void)
{
	plan_ends(NULL, 0);
	plan->rejected = 2;
	begin(2000);
	emit(5);
	CU_ASSERT_EQUAL(wait_for_request(), 5);
	end(3, 2);
}

/* While the collector is away, ES_TRACE_QUEUE spans wait and further ones are dropped. */
static void
the_queue_has_a_limit(void)
{
	static const enum trace_post_end ends[] = {TRACE_POST_RETRY};

	plan_ends(ends, 1);
	begin(10);
	emit(11);
	CU_ASSERT_EQUAL(wait_for_request(), 10);
	CU_ASSERT_EQUAL(wait_for_request(), 10);
	end(10, 1);
}

static void
the_end_does_not_wait_for_a_lost_collector(void)
{
	static const enum trace_post_end ends[] = {TRACE_POST_RETRY, TRACE_POST_RETRY,
	    TRACE_POST_RETRY, TRACE_POST_RETRY, TRACE_POST_RETRY};

	plan_ends(ends, 5);
	begin(2000);
	emit(4);
	end(0, 4);
}

/* A request whose collector never answers ends soon after SIGTERM, long before its
 * time-out. */
static void
the_end_does_not_wait_for_a_silent_collector(void)
{
	plan_ends(NULL, 0);
	plan->answer_ms = NEVER;
	begin(2000);
	emit(4);
	CU_ASSERT_EQUAL(wait_for_request(), 4);
	end(0, 4);
}

/* A backlog keeps the exporter busy, because each batch is due immediately. */
static void
the_end_comes_while_a_slow_collector_is_behind(void)
{
	int64_t told_ms;

	plan_ends(NULL, 0);
	plan->answer_ms = 900;
	begin(20 * TRACE_BATCH_MAX);
	emit(6 * TRACE_BATCH_MAX);
	CU_ASSERT_EQUAL(wait_for_request(), TRACE_BATCH_MAX);
	told_ms = clock_mono_ms();
	CU_ASSERT_EQUAL(kill(exporter, SIGTERM), 0);
	CU_ASSERT_EQUAL_FATAL(waitpid(exporter, NULL, 0), exporter);
	CU_ASSERT(clock_mono_ms() - told_ms < 2 * TRACE_LAST_MS);
	CU_ASSERT_EQUAL(metrics_sum(metrics, EXPORTED) + metrics_sum(metrics, DROPPED),
	    6 * TRACE_BATCH_MAX);
	close_all();
}

/* An exporter that is killed while it reads leaves the rest of a line in the pipe. */
static void
a_rest_of_a_line_is_not_sent(void)
{
	plan_ends(NULL, 0);
	open_all();
	emit(3);
	cut_into_the_first_line();
	start(2000);
	CU_ASSERT_EQUAL(wait_for_request(), 2);
	end(2, 1);
}

/* A queue that is shorter than a batch does not wait for TRACE_BATCH_MS when it is
 * full. */
static void
a_full_short_queue_goes_at_once(void)
{
	const int64_t begin_ms = clock_mono_ms();

	plan_ends(NULL, 0);
	begin(3);
	for (unsigned i = 0; i < 5; i++) {
		emit(3);
		CU_ASSERT_EQUAL(wait_for_request(), 3);
	}
	CU_ASSERT(clock_mono_ms() - begin_ms < 4 * TRACE_BATCH_MS);
	end(15, 0);
}

/* A collector may say that it rejected more spans than it got. */
static void
each_span_counts_once(void)
{
	plan_ends(NULL, 0);
	plan->rejected = 9007199254740991;
	begin(2000);
	emit(5);
	CU_ASSERT_EQUAL(wait_for_request(), 5);
	end(0, 5);
}

/* A refusal ends an outage: the exporter sends full batches without a wait again. */
static void
a_refusal_ends_an_outage(void)
{
	const enum trace_post_end no = TRACE_POST_REFUSED;
	const enum trace_post_end ends[] = {TRACE_POST_RETRY, no, no, no, no, no, no, no};
	int64_t refused_ms;

	plan_ends(ends, ES_COUNT(ends));
	begin(20 * TRACE_BATCH_MAX);
	emit(1);
	CU_ASSERT_EQUAL(wait_for_request(), 1);
	CU_ASSERT_EQUAL(wait_for_request(), 1);
	refused_ms = clock_mono_ms();
	for (unsigned i = 0; i < 6; i++) {
		emit(TRACE_BATCH_MAX);
		CU_ASSERT_EQUAL(wait_for_request(), TRACE_BATCH_MAX);
	}
	CU_ASSERT(clock_mono_ms() - refused_ms < 4 * TRACE_BATCH_MS);
	end(0, 6 * TRACE_BATCH_MAX + 1);
}

static CU_TestInfo cases[] = {
    {"a full batch is sent without a wait", a_full_batch_goes_at_once},
    {"when it stops, the exporter sends the rest", the_end_sends_the_rest},
    {"a retry sends the same spans", a_retry_sends_the_same},
    {"a refusal drops the spans", a_refusal_drops},
    {"the collector may reject some spans", a_part_may_be_rejected},
    {"the queue has a limit", the_queue_has_a_limit},
    {"a stop does not wait for a lost collector",
	the_end_does_not_wait_for_a_lost_collector},
    {"a stop does not wait for a silent collector",
	the_end_does_not_wait_for_a_silent_collector},
    {"a stop comes while a slow collector is behind",
	the_end_comes_while_a_slow_collector_is_behind},
    {"the rest of a line is not sent", a_rest_of_a_line_is_not_sent},
    {"a full short queue is sent without a wait", a_full_short_queue_goes_at_once},
    {"each span counts once", each_span_counts_once},
    {"a refusal ends an outage", a_refusal_ends_an_outage},
    CU_TEST_INFO_NULL,
};

static int
make_plan(void)
{
	plan = mmap(NULL, sizeof(*plan), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return plan == MAP_FAILED;
}

CUNIT_MAIN_WITH("trace_export", cases, make_plan, NULL)
