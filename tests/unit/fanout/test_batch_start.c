/* A batch of several partitions: batch_start() and batch_finish(). The store and Redis
 * are fakes in this file. */
#include <stdio.h>
#include <string.h>

#include "batch.h"
#include "core/log.h"
#include "fanout_metrics.h"

#include "cunit_main.h"

#define SOMEBODY "01900000-0000-7000-8000-000000000001"

static const char *fail_sqlstate; /* each commit fails with this SQLSTATE */
static bool away;                 /* PostgreSQL is unreachable */
static unsigned started, pipelines, events, fences_seen;
static char log_of_commits[256], last_reply[4096];

struct batch_commit {
	struct envelope envelopes[8];
	size_t n;
	struct arena *arena;
};

static enum es_code
fail(struct es_err *err, const char *sqlstate)
{
	(void)es_fail(err, ES_UNAVAILABLE, "fake");
	(void)snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", sqlstate);
	return ES_UNAVAILABLE;
}

enum es_code
batch_store_start(struct pg *pg, const struct batch_fence fences[], size_t n_fences,
    const struct envelope envelopes[], size_t n, struct arena *a,
    struct batch_commit **out, struct es_err *err)
{
	(void)pg, (void)fences;
	if (away)
		return fail(err, "08006");
	started++;
	fences_seen = (unsigned)n_fences;
	*out = arena_alloc(a, sizeof(**out));
	(*out)->n = n;
	(*out)->arena = a;
	memcpy((*out)->envelopes, envelopes, n * sizeof(*envelopes));
	return ES_OK;
}

enum es_code
batch_store_finish(
    struct pg *pg, struct batch_commit *c, struct batch_result *out, struct es_err *err)
{
	int64_t seq = 0;

	(void)pg;
	if (fail_sqlstate != NULL)
		return fail(err, fail_sqlstate);
	*out = (struct batch_result){
	    .replies = arena_alloc(c->arena, c->n * sizeof(*out->replies)),
	    .events = arena_alloc(c->arena, c->n * 8 * sizeof(*out->events))};
	for (size_t i = 0; i < c->n; i++) {
		const struct envelope *e = &c->envelopes[i];
		struct outcome *outcomes =
		    arena_alloc(c->arena, e->n * sizeof(*outcomes));

		out->replies[i] = (struct reply){e->id, outcomes, e->n};
		for (size_t j = 0; j < e->n; j++) {
			outcomes[j] =
			    (struct outcome){.client_id = e->messages[j].client_id,
				.message_id = ++seq,
				.created_ms = 1};
			out->events[out->n_events++] =
			    (struct event){.kind = EVENT_MESSAGE,
				.tenant = e->tenant,
				.channel = e->channel,
				.user = e->user,
				.seq = seq,
				.body = e->messages[j].body};
			(void)snprintf(log_of_commits + strlen(log_of_commits),
			    sizeof(log_of_commits) - strlen(log_of_commits), "%s",
			    e->messages[j].body);
		}
	}
	return ES_OK;
}

enum es_code
batch_store_commit(struct pg *pg, const struct batch_fence *fence,
    const struct envelope envelopes[], size_t n, struct arena *a,
    struct batch_result *out, struct es_err *err)
{
	(void)pg, (void)fence, (void)envelopes, (void)n, (void)a, (void)out;
	return es_fail(err, ES_INTERNAL, "not called");
}

enum es_code
batch_store_dead_letter(struct pg *pg, const struct batch_fence *fence,
    const struct batch_dead *dead, struct arena *a, struct es_err *err)
{
	(void)pg, (void)fence, (void)dead, (void)a;
	CU_FAIL("a batch of several partitions puts nothing aside");
	return es_fail(err, ES_INTERNAL, "not called");
}

bool
batch_store_fenced(const struct es_err *err)
{
	return strcmp(err->sqlstate, "ES001") == 0;
}

bool
batch_store_miscounted(const struct pg *pg, const struct es_err *err)
{
	(void)pg, (void)err;
	return false;
}

const char *
pg_detail(const struct pg *pg)
{
	(void)pg;
	return "";
}

bool
pg_transient(const char *sqlstate)
{
	return strncmp(sqlstate, "08", 2) == 0;
}

enum es_code
redis_pipeline(struct redis *r, struct arena *a, const struct redis_call calls[],
    size_t n, struct redis_value out[], struct es_err *err)
{
	(void)r, (void)a, (void)err;
	pipelines++;
	for (size_t i = 0; i < n; i++) {
		out[i] = (struct redis_value){.kind = REDIS_INT};
		if (strncmp(calls[i].argv[1].data, TOPIC_REPLY_PREFIX, 5) == 0)
			(void)snprintf(
			    last_reply, sizeof(last_reply), "%s", calls[i].argv[2].data);
		else
			events++;
	}
	return ES_OK;
}

struct fixture {
	struct arena *a;
	struct metrics *metrics;
	struct batch_ctx ctx;
	struct queue_msg msgs[4];
	size_t n;
	struct es_err err;
};

static void
setup(struct fixture *f)
{
	log_init("test", LOG_ERROR);
	fail_sqlstate = NULL;
	away = false;
	started = pipelines = events = fences_seen = 0;
	log_of_commits[0] = last_reply[0] = '\0';
	*f = (struct fixture){.a = arena_new()};
	CU_ASSERT_EQUAL_FATAL(
	    metrics_open(NULL, fanout_metrics, FANOUT_METRICS, 1, &f->metrics, &f->err),
	    ES_OK);
	f->ctx = (struct batch_ctx){
	    .max_messages = 100, .max_bytes = 1 << 20, .metrics = f->metrics};
}

static void
teardown(struct fixture *f)
{
	metrics_close(&f->metrics);
	arena_free(&f->a);
}

static void
add(struct fixture *f, size_t n, const char *const bodies[])
{
	struct envelope e = {.id = {SOMEBODY},
	    .tenant = {SOMEBODY},
	    .user = {SOMEBODY},
	    .display_name = "Alice",
	    .reply = TOPIC_REPLY_PREFIX "x",
	    .n = n};
	struct text t;

	(void)snprintf(e.channel.text, sizeof(e.channel.text), "%s", SOMEBODY);
	e.messages = arena_alloc(f->a, n * sizeof(*e.messages));
	for (size_t i = 0; i < n; i++)
		envelope_message_init(
		    &e.messages[i], &e.user, bodies[i], bodies[i], f->a);
	text_init(&t, f->a, ENVELOPE_BYTES_MAX);
	envelope_encode(&e, &t);
	f->msgs[f->n++] = (struct queue_msg){
	    .body = t.data, .len = t.len, .position = "1-0", .receipt = ""};
}

/* One transaction for entries of two partitions. */
static enum batch_end
run_two(struct fixture *f, size_t first, size_t *added)
{
	const struct batch_fence fences[2] = {{.partition = 1}, {.partition = 2}};
	struct batch *b = batch_new(&f->ctx, f->n, f->a);
	enum batch_end end;
	bool odd = false;

	*added = batch_add(b, "es:q:1", f->msgs, first, &odd);
	if (!odd)
		*added += batch_add(b, "es:q:2", f->msgs + first, f->n - first, &odd);
	CU_ASSERT_EQUAL(batch_entries(b), *added);
	CU_ASSERT_EQUAL(started, 0); /* decoding does no I/O */
	batch_start(b, fences, 2);
	end = batch_finish(b, &f->err);
	if (end == BATCH_DONE)
		batch_published(b);
	return end;
}

static void
several_partitions_are_one_commit_and_one_pipeline(void)
{
	struct fixture f;
	size_t added;

	setup(&f);
	add(&f, 2, (const char *const[]){"a", "b"});
	add(&f, 1, (const char *const[]){"c"});
	CU_ASSERT_EQUAL(run_two(&f, 1, &added), BATCH_DONE);
	CU_ASSERT_EQUAL(added, 2);
	CU_ASSERT_EQUAL(started, 1);
	CU_ASSERT_EQUAL(fences_seen, 2);
	CU_ASSERT_EQUAL(pipelines, 1);
	CU_ASSERT_STRING_EQUAL(log_of_commits, "abc");
	CU_ASSERT_EQUAL(events, 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(last_reply, "\"messageId\":3"));
	teardown(&f);
}

/* A common transaction commits all entries or none. After a failure, the worker calls
 * batch_run() for each partition, which bisects. */
static void
a_common_batch_that_fails_publishes_nothing(void)
{
	static const char *const states[] = {"ES001", "08006", "23505", "22P05"};
	struct fixture f;
	size_t added;

	for (size_t i = 0; i < ES_COUNT(states); i++) {
		setup(&f);
		fail_sqlstate = states[i];
		add(&f, 1, (const char *const[]){"a"});
		add(&f, 1, (const char *const[]){"b"});
		CU_ASSERT_EQUAL(
		    run_two(&f, 1, &added), i == 0 ? BATCH_FENCED : BATCH_RETRY);
		CU_ASSERT_STRING_EQUAL(f.err.sqlstate, states[i]);
		CU_ASSERT_EQUAL(pipelines, 0);
		CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_FENCED), i == 0);
		CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_RETRIES), i != 0);
		teardown(&f);
	}
}

static void
a_common_batch_ends_before_an_odd_entry(void)
{
	struct fixture f;
	size_t added;

	setup(&f);
	add(&f, 1, (const char *const[]){"a"});
	f.msgs[f.n++] = (struct queue_msg){
	    .body = "{\"v\":9}", .len = 7, .position = "2-0", .receipt = ""};
	add(&f, 1, (const char *const[]){"b"});
	CU_ASSERT_EQUAL(run_two(&f, 3, &added), BATCH_DONE);
	CU_ASSERT_EQUAL(added, 1);
	CU_ASSERT_STRING_EQUAL(log_of_commits, "a");
	teardown(&f);
}

/* batch_finish() returns the error of batch_start(). */
static void
a_common_batch_that_can_not_be_sent_is_tried_again(void)
{
	struct fixture f;
	size_t added;

	setup(&f);
	away = true;
	add(&f, 1, (const char *const[]){"a"});
	CU_ASSERT_EQUAL(run_two(&f, 1, &added), BATCH_RETRY);
	CU_ASSERT_STRING_EQUAL(f.err.sqlstate, "08006");
	CU_ASSERT_EQUAL(started + pipelines, 0);
	teardown(&f);
}

static CU_TestInfo cases[] = {
    {"several partitions share one commit and one pipeline",
	several_partitions_are_one_commit_and_one_pipeline},
    {"a common batch that fails publishes nothing",
	a_common_batch_that_fails_publishes_nothing},
    {"a common batch that can't be sent is tried again",
	a_common_batch_that_can_not_be_sent_is_tried_again},
    {"a common batch ends before an entry that is no envelope",
	a_common_batch_ends_before_an_odd_entry},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("batch/start", cases)
