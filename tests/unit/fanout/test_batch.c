/* Batches. This file has fakes of the store and of Redis, which replace the real
 * functions. */
#include <limits.h>
#include <string.h>

#include "batch.h"
#include "core/log.h"
#include "fanout_metrics.h"

#include "cunit_main.h"

#define ACME    "01900000-0000-7000-8000-000000000001"
#define GENERAL "01900000-0000-7000-8000-00000000c001"
#define ALICE   "01900000-0000-7000-8000-00000000a001"

/* The settings of the fakes, and what they record. */
static const char *poison_body;   /* a batch with this body fails with 22P05 */
static const char *fail_sqlstate; /* every commit fails with this SQLSTATE */
static unsigned fail_after;       /* ... after so many good commits */
static unsigned commits, buried, pipelines;
static int64_t seq;
static char log_of_commits[1024]; /* message bodies in commit order */
static char last_reply[4096], last_event[4096];
static bool as_repeat; /* messages after an entry's first are repeats, numbered old_seq */
static int64_t old_seq;
static unsigned redis_cuts, events; /* next calls that fail; published events */

enum es_code
batch_store_commit(struct pg *pg, const struct batch_fence *fence,
    const struct envelope envelopes[], size_t n, struct arena *a,
    struct batch_result *out, struct es_err *err)
{
	(void)pg, (void)fence;
	if (fail_sqlstate != NULL && commits >= fail_after) {
		(void)es_fail(err, ES_UNAVAILABLE, "fake");
		(void)snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", fail_sqlstate);
		return ES_UNAVAILABLE;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < envelopes[i].n; j++)
			if (poison_body != NULL &&
			    strcmp(envelopes[i].messages[j].body, poison_body) == 0) {
				(void)es_fail(err, ES_INTERNAL, "fake poison");
				(void)snprintf(
				    err->sqlstate, sizeof(err->sqlstate), "22P05");
				return ES_INTERNAL;
			}
	commits++;
	*out = (struct batch_result){.replies = arena_alloc(a, n * sizeof(struct reply)),
	    .events = arena_alloc(a, n * ENVELOPE_MESSAGES_MAX * sizeof(struct event))};
	for (size_t i = 0; i < n; i++) {
		const struct envelope *e = &envelopes[i];
		struct reply *r = &out->replies[i];

		*r = (struct reply){.envelope = e->id,
		    .outcomes = arena_alloc(a, e->n * sizeof(*r->outcomes)),
		    .n = e->n};
		for (size_t j = 0; j < e->n; j++) {
			seq++;
			r->outcomes[j] =
			    (struct outcome){.client_id = e->messages[j].client_id,
				.message_id = seq,
				.created_ms = 1};
			out->events[out->n_events++] =
			    (struct event){.kind = EVENT_MESSAGE,
				.tenant = e->tenant,
				.channel = e->channel,
				.user = e->user,
				.seq = as_repeat && j > 0 ? old_seq : seq,
				.body = e->messages[j].body};
			out->n_committed++;
			(void)snprintf(log_of_commits + strlen(log_of_commits),
			    sizeof(log_of_commits) - strlen(log_of_commits), "%s",
			    e->messages[j].body);
		}
	}
	return ES_OK;
}

bool
batch_store_fenced(const struct es_err *err)
{
	return strcmp(err->sqlstate, "ES001") == 0;
}

enum es_code
batch_store_dead_letter(struct pg *pg, const struct batch_fence *fence,
    const struct batch_dead *dead, struct arena *a, struct es_err *err)
{
	(void)pg, (void)fence, (void)a, (void)err;
	CU_ASSERT_TRUE(dead->reason != NULL && *dead->reason != '\0');
	buried++;
	return ES_OK;
}

const char *
pg_detail(const struct pg *pg)
{
	(void)pg;
	return "";
}

bool
batch_store_miscounted(const struct pg *pg, const struct es_err *err)
{
	(void)pg;
	return strcmp(err->sqlstate, "23505") == 0;
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
	(void)r, (void)a;
	if (redis_cuts > 0 && redis_cuts-- > 0)
		return es_fail(err, ES_UNAVAILABLE, "away");
	pipelines++;
	for (size_t i = 0; i < n; i++) {
		out[i] = (struct redis_value){.kind = REDIS_INT};
		if (strncmp(calls[i].argv[1].data, TOPIC_REPLY_PREFIX, 5) == 0)
			(void)snprintf(
			    last_reply, sizeof(last_reply), "%s", calls[i].argv[2].data);
		if (strncmp(calls[i].argv[1].data, "es:t:" ACME, 41) == 0) {
			events++;
			(void)snprintf(
			    last_event, sizeof(last_event), "%s", calls[i].argv[2].data);
		}
		/* a write of a key would delay the events by an fsync */
		CU_ASSERT_STRING_EQUAL(calls[i].argv[0].data, "PUBLISH");
	}
	return ES_OK;
}

struct fixture {
	struct arena *a;
	struct metrics *metrics;
	struct batch_ctx ctx;
	struct queue_msg msgs[8];
	size_t n, taken;
	struct es_err err;
};

static void
add_entry(
    struct fixture *f, size_t n, const char *const ids[], const char *const bodies[])
{
	struct envelope e = {.id = {ACME},
	    .tenant = {ACME},
	    .channel = {GENERAL},
	    .user = {ALICE},
	    .display_name = "Alice",
	    .reply = "es:r:x",
	    .n = n};
	struct text t;

	e.messages = arena_alloc(f->a, n * sizeof(*e.messages));
	for (size_t i = 0; i < n; i++)
		envelope_message_init(&e.messages[i], &e.user, ids[i], bodies[i], f->a);
	text_init(&t, f->a, ENVELOPE_BYTES_MAX);
	envelope_encode(&e, &t);
	f->msgs[f->n] = (struct queue_msg){.body = t.data,
	    .len = t.len,
	    .position = arena_printf(f->a, "%zu-0", f->n + 1),
	    .receipt = ""};
	f->n++;
}

static void
add(struct fixture *f, size_t n, const char *const bodies[])
{
	add_entry(f, n, bodies, bodies);
}

static void
setup(struct fixture *f)
{
	log_init("test", LOG_ERROR);
	poison_body = fail_sqlstate = NULL;
	fail_after = commits = buried = pipelines = 0;
	seq = 0;
	log_of_commits[0] = last_reply[0] = last_event[0] = '\0';
	as_repeat = false;
	redis_cuts = events = 0;
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

static enum batch_end
run(struct fixture *f)
{
	return batch_run(&f->ctx, "t", NULL, f->msgs, f->n, &f->taken, f->a, &f->err);
}

static void
commits_and_publishes_in_order(void)
{
	struct fixture f;

	setup(&f);
	add(&f, 2, (const char *const[]){"a", "b"});
	add(&f, 1, (const char *const[]){"c"});
	CU_ASSERT_EQUAL(run(&f), BATCH_DONE);
	CU_ASSERT_EQUAL(f.taken, 2);
	CU_ASSERT_EQUAL(commits, 1);
	CU_ASSERT_STRING_EQUAL(log_of_commits, "abc");
	CU_ASSERT_EQUAL(pipelines, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(last_reply, "\"messageId\":3"));
	CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_COMMITTED), 3);
	teardown(&f);
}

static void
poison_becomes_a_dead_letter(void)
{
	struct fixture f;

	setup(&f);
	poison_body = "c";
	add(&f, 1, (const char *const[]){"a"});
	add(&f, 3, (const char *const[]){"b", "c", "d"});
	add(&f, 1, (const char *const[]){"e"});
	CU_ASSERT_EQUAL(run(&f), BATCH_DONE);
	CU_ASSERT_EQUAL(buried, 1);
	CU_ASSERT_STRING_EQUAL(log_of_commits, "abde");
	CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_DEAD), 1);
	teardown(&f);
}

static void
the_sender_of_poison_gets_an_outcome(void)
{
	struct fixture f;

	setup(&f);
	poison_body = "b";
	add(&f, 3, (const char *const[]){"a", "b", "c"});
	CU_ASSERT_EQUAL(run(&f), BATCH_DONE);
	CU_ASSERT_PTR_NOT_NULL(strstr(last_reply,
	    "{\"cid\":\"b\",\"result\":\"refused\",\"code\":\"validation_failed\""));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(last_reply, "{\"cid\":\"c\",\"result\":\"committed\""));
	teardown(&f);
}

static void
no_envelope_becomes_a_dead_letter(void)
{
	struct fixture f;

	setup(&f);
	f.msgs[f.n++] = (struct queue_msg){
	    .body = "{\"v\":9}", .len = 7, .position = "1-0", .receipt = ""};
	add(&f, 1, (const char *const[]){"a"});
	CU_ASSERT_EQUAL(run(&f), BATCH_DONE);
	CU_ASSERT_EQUAL(buried, 1);
	CU_ASSERT_STRING_EQUAL(log_of_commits, "a");
	teardown(&f);
}

static void
a_database_fault_makes_no_dead_letter(void)
{
	static const char *const states[] = {"08006", "23505"};
	struct fixture f;

	for (size_t i = 0; i < ES_COUNT(states); i++) {
		setup(&f);
		fail_sqlstate = states[i];
		add(&f, 2, (const char *const[]){"a", "b"});
		CU_ASSERT_EQUAL(run(&f), BATCH_RETRY);
		CU_ASSERT_EQUAL(buried, 0);
		CU_ASSERT_EQUAL(pipelines, 0);
		CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_MISCOUNTED), i);
		teardown(&f);
	}
}

static void
a_lost_database_while_bisecting_stops_it(void)
{
	struct fixture f;

	setup(&f);
	poison_body = "d";
	add(&f, 1, (const char *const[]){"a"});
	add(&f, 1, (const char *const[]){"b"});
	add(&f, 1, (const char *const[]){"c"});
	add(&f, 1, (const char *const[]){"d"});
	fail_sqlstate = "08006";
	fail_after = 1;
	CU_ASSERT_NOT_EQUAL(run(&f), BATCH_DONE);
	CU_ASSERT_EQUAL(buried, 0);
	teardown(&f);
}

static void
a_lost_partition_stops_at_once(void)
{
	struct fixture f;

	setup(&f);
	fail_sqlstate = "ES001";
	add(&f, 2, (const char *const[]){"a", "b"});
	CU_ASSERT_EQUAL(run(&f), BATCH_FENCED);
	CU_ASSERT_EQUAL(buried + commits, 0);
	teardown(&f);
}

/* A redelivered message is published again with its first sequence number. */
static void
a_repeat_is_published_with_its_first_number(void)
{
	struct fixture f;

	setup(&f);
	as_repeat = true;
	old_seq = 1;
	seq = 41;
	add(&f, 2, (const char *const[]){"new", "repeat"});
	CU_ASSERT_EQUAL(run(&f), BATCH_DONE);
	CU_ASSERT_EQUAL(events, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(last_event, "\"seq\":1,"));
	teardown(&f);
}

/* The largest body of an envelope does not stop the worker. */
static void
the_largest_body_is_published(void)
{
	char *body;
	struct fixture f;

	setup(&f);
	body = arena_alloc(f.a, 65537);
	for (size_t i = 0; i < 16384; i++)
		memcpy(body + 4 * i, "\xf0\x9f\x98\x80", 4);
	add_entry(&f, 1, (const char *const[]){"c"}, (const char *const[]){body});
	CU_ASSERT_EQUAL(run(&f), BATCH_DONE);
	CU_ASSERT_EQUAL(pipelines, 1);
	teardown(&f);
}

static void
redis_away_loses_no_commit(void)
{
	struct fixture f;

	setup(&f);
	add(&f, 1, (const char *const[]){"a"});
	redis_cuts = 1;
	CU_ASSERT_EQUAL(run(&f), BATCH_DONE);
	CU_ASSERT_PTR_NOT_NULL(strstr(last_reply, "\"messageId\":1"));
	CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_PUBLISH_FAILED), 0);
	redis_cuts = UINT_MAX;
	log_set_level(LOG_ERROR);
	CU_ASSERT_EQUAL(run(&f), BATCH_DONE);
	CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_PUBLISH_FAILED), 1);
	teardown(&f);
}

static CU_TestInfo cases[] = {
    {"commits and publishes in order", commits_and_publishes_in_order},
    {"poison becomes a dead letter and the rest is committed in order",
	poison_becomes_a_dead_letter},
    {"the sender of poison gets an outcome", the_sender_of_poison_gets_an_outcome},
    {"an entry that is not an envelope becomes a dead letter",
	no_envelope_becomes_a_dead_letter},
    {"a fault of the database makes no dead letter",
	a_database_fault_makes_no_dead_letter},
    {"bisecting stops when the database is lost",
	a_lost_database_while_bisecting_stops_it},
    {"a batch of a lost partition commits nothing", a_lost_partition_stops_at_once},
    {"a repeat is published with its first number",
	a_repeat_is_published_with_its_first_number},
    {"the largest body is published", the_largest_body_is_published},
    {"a cut connection to Redis loses no answer, an outage of Redis no commit",
	redis_away_loses_no_commit},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("batch", cases)
