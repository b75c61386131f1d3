/* Limits of a batch: how many received entries go into one transaction, and to which
 * topics the outcomes go. The fake store only counts messages. */
#include <string.h>

#include "batch.h"
#include "core/log.h"
#include "fanout_metrics.h"

#include "cunit_main.h"

#define SOMEBODY "01900000-0000-7000-8000-000000000001"

static size_t committed;        /* messages of the last transaction */
static char topics[1024];       /* topics of all PUBLISH commands, one a line */
static const char *reply_topic; /* the topic that the next entries name */

enum es_code
batch_store_commit(struct pg *pg, const struct batch_fence *fence,
    const struct envelope envelopes[], size_t n, struct arena *a,
    struct batch_result *out, struct es_err *err)
{
	(void)pg, (void)fence, (void)err;
	*out =
	    (struct batch_result){.replies = arena_alloc(a, n * sizeof(*out->replies))};
	committed = 0;
	for (size_t i = 0; i < n; i++) {
		out->replies[i] = (struct reply){
		    .outcomes = arena_alloc(a, envelopes[i].n * sizeof(struct outcome)),
		    .n = envelopes[i].n};
		committed += envelopes[i].n;
	}
	return ES_OK;
}

bool
batch_store_fenced(const struct es_err *err)
{
	(void)err;
	return false;
}

enum es_code
batch_store_dead_letter(struct pg *pg, const struct batch_fence *fence,
    const struct batch_dead *dead, struct arena *a, struct es_err *err)
{
	(void)pg, (void)fence, (void)dead, (void)a, (void)err;
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
	(void)sqlstate;
	return true;
}

enum es_code
redis_pipeline(struct redis *r, struct arena *a, const struct redis_call calls[],
    size_t n, struct redis_value out[], struct es_err *err)
{
	(void)r, (void)a, (void)out;
	for (size_t i = 0; i < n; i++)
		if (strcmp(calls[i].argv[0].data, "PUBLISH") == 0)
			(void)snprintf(topics + strlen(topics),
			    sizeof(topics) - strlen(topics), "%s\n",
			    calls[i].argv[1].data);
	return es_fail(err, ES_UNAVAILABLE, "nobody listens here");
}

struct fixture {
	struct arena *a;
	struct batch_ctx ctx;
	struct queue_msg msgs[4];
	size_t n, taken;
};

static void
setup(struct fixture *f)
{
	struct es_err err;

	log_init("test", LOG_ERROR);
	reply_topic = NULL;
	(void)snprintf(topics, sizeof(topics), "\n");
	*f = (struct fixture){
	    .a = arena_new(), .ctx = {.max_messages = 100, .max_bytes = 1 << 20}};
	CU_ASSERT_EQUAL_FATAL(
	    metrics_open(NULL, fanout_metrics, FANOUT_METRICS, 1, &f->ctx.metrics, &err),
	    ES_OK);
}

static void
teardown(struct fixture *f)
{
	metrics_close(&f->ctx.metrics);
	arena_free(&f->a);
}

/* Makes an entry of n messages, each with this body. */
static void
add(struct fixture *f, size_t n, const char *body)
{
	struct envelope e = {.id = {SOMEBODY},
	    .tenant = {SOMEBODY},
	    .channel = {SOMEBODY},
	    .user = {SOMEBODY},
	    .display_name = "Alice",
	    .reply = reply_topic,
	    .n = n};
	struct text t;

	e.messages = arena_alloc(f->a, n * sizeof(*e.messages));
	for (size_t i = 0; i < n; i++)
		envelope_message_init(&e.messages[i], &e.user,
		    arena_printf(f->a, "%zu.%zu", f->n, i), body, f->a);
	text_init(&t, f->a, ENVELOPE_BYTES_MAX);
	envelope_encode(&e, &t);
	f->msgs[f->n++] =
	    (struct queue_msg){.body = t.data, .len = t.len, .position = "1-0"};
}

/* Runs one batch from this entry on; returns the number of committed messages. */
static size_t
run(struct fixture *f, size_t from)
{
	struct es_err err;

	CU_ASSERT_EQUAL(batch_run(&f->ctx, "t", NULL, f->msgs + from, f->n - from,
			    &f->taken, f->a, &err),
	    BATCH_DONE);
	return committed;
}

static void
a_full_batch_leaves_the_rest(void)
{
	struct fixture f;

	setup(&f);
	f.ctx.max_messages = 3;
	add(&f, 2, "ab");
	add(&f, 1, "c");
	add(&f, 1, "d");
	CU_ASSERT_EQUAL(run(&f, 0), 3);
	CU_ASSERT_EQUAL(f.taken, 2);
	f.ctx.max_messages = 1;
	CU_ASSERT_EQUAL(run(&f, 0), 2);
	CU_ASSERT_EQUAL(f.taken, 1);
	teardown(&f);
}

static void
a_batch_of_many_bytes_leaves_the_rest(void)
{
	struct fixture f;

	setup(&f);
	add(&f, 2, "small");
	add(&f, 1, "a body that is longer than the others are");
	add(&f, 1, "small");
	f.ctx.max_bytes = f.msgs[0].len + f.msgs[1].len;
	CU_ASSERT_EQUAL(run(&f, 0), 3);
	CU_ASSERT_EQUAL(f.taken, 2);
	f.ctx.max_bytes--;
	CU_ASSERT_EQUAL(run(&f, 0), 2);
	CU_ASSERT_EQUAL(f.taken, 1);
	/* the next batch takes the rest, and counts its bytes from zero */
	CU_ASSERT_EQUAL(run(&f, 1), 2);
	CU_ASSERT_EQUAL(f.taken, 2);
	teardown(&f);
}

static void
one_entry_is_always_taken(void)
{
	struct fixture f;

	setup(&f);
	add(&f, 2, "large");
	add(&f, 1, "large");
	f.ctx.max_bytes = 1;
	CU_ASSERT_EQUAL(run(&f, 0), 2);
	CU_ASSERT_EQUAL(f.taken, 1);
	CU_ASSERT_EQUAL(run(&f, 1), 1);
	CU_ASSERT_EQUAL(f.taken, 1);
	teardown(&f);
}

static bool
replies_on(const char *topic)
{
	struct fixture f;
	char line[64];
	bool told;

	setup(&f);
	reply_topic = topic;
	add(&f, 1, "a");
	CU_ASSERT_EQUAL(run(&f, 0), 1);
	(void)snprintf(line, sizeof(line), "\n%s\n", topic);
	told = strstr(topics, line) != NULL;
	teardown(&f);
	return told;
}

/* A forged envelope must not make fanout publish on a topic that is no reply topic. */
static void
a_reply_goes_to_reply_topics_only(void)
{
	static const char *const foreign[] = {
	    TOPIC_CONTROL, "es:t:x", "es:r", "es:R:x", "xes:r:x"};

	CU_ASSERT_TRUE(replies_on(TOPIC_REPLY_PREFIX "x"));
	for (size_t i = 0; i < ES_COUNT(foreign); i++)
		if (replies_on(foreign[i]))
			CU_FAIL(foreign[i]);
}

static CU_TestInfo cases[] = {
    {"a full batch leaves the rest", a_full_batch_leaves_the_rest},
    {"a batch of many bytes leaves the rest", a_batch_of_many_bytes_leaves_the_rest},
    {"a batch takes at least one entry", one_entry_is_always_taken},
    {"a reply goes to reply topics only", a_reply_goes_to_reply_topics_only},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("batch/limits", cases)
