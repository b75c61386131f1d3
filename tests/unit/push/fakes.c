#include "fakes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "frames/frames.h"
#include "hub/authz.h"
#include "pg/pg_async.h"
#include "queue/queue_async.h"
#include "redis/redis_async.h"
#include "store/envelope_version.h"
#include "store/outcome_store.h"
#include "store/principal_store.h"
#include "store/read_mark_store.h"

#include "core/banned.h"

struct fakes fakes;

/* A result that is due. */
struct due {
	struct due *next;
	pg_async_done *pg;
	authz_done *authz;
	queue_async_done *queue;
	void *ctx;
	bool fails;
	struct pg_rows rows;      /* of fakes.answer */
	struct queue_guard guard; /* of the enqueue; read NULL: none */
};
static struct due *first, **last = &first;

static redis_async_done *held_eval;
static void *held_eval_ctx;
static redis_async_done *held_text;
static void *held_text_ctx;

static struct due *
due_new(void *ctx)
{
	struct due *d = mem_new(1, sizeof(*d));

	d->ctx = ctx;
	*last = d;
	last = &d->next;
	return d;
}

void
fakes_reset(void)
{
	fakes.hold = false;
	(void)fakes_run();
	memset(&fakes, 0, sizeof(fakes));
	fakes.settings = "{}";
	fakes.known = true;
	fakes.envelope_version = ENVELOPE_VERSION;
}

static void
fire(struct due *d)
{
	struct arena *a = arena_new();
	struct es_err err = {0};

	if (d->pg != NULL)
		d->pg(d->ctx,
		    fakes.pg_down || d->fails ? es_fail(&err, ES_UNAVAILABLE, "down")
					      : ES_OK,
		    &d->rows, a, &err);
	else if (d->authz != NULL)
		d->authz(d->ctx,
		    fakes.authz != ES_OK ? es_fail(&err, fakes.authz, "no") : ES_OK,
		    &err);
	else
		d->queue(d->ctx, fakes_enqueued(&d->guard, &err), &err);
	arena_free(&a);
}

bool
fakes_run(void)
{
	struct due *list = first;
	const bool any = list != NULL;

	if (fakes.hold)
		return false;
	first = NULL;
	last = &first;
	while (list != NULL) {
		struct due *d = list;

		list = d->next;
		fire(d);
		mem_free(d);
	}
	return any;
}

/* The database. */

const struct pg_stmt principal_store_many = {.name = "principals"};
const struct pg_stmt read_mark_store_many = {.name = "marks"};

enum es_code
pg_async_open(const struct pg_settings *settings, size_t max_in_flight,
    const struct pg_async_loop *loop, struct pg_async **out, struct es_err *err)
{
	(void)settings, (void)max_in_flight, (void)loop, (void)out;
	return es_fail(err, ES_INTERNAL, "not here");
}

void
pg_async_close(struct pg_async **pa)
{
	(void)pa;
}

enum es_code
pg_async_send(struct pg_async *pa, const struct tenant_id *tenant,
    const struct pg_stmt *stmt, const char *const params[], int64_t deadline_ms,
    pg_async_done *done, void *ctx, struct es_err *err)
{
	struct due *d;

	(void)pa, (void)tenant, (void)deadline_ms;
	if (fakes.pg_down)
		return es_fail(err, ES_UNAVAILABLE, "down");
	d = due_new(ctx);
	d->pg = done;
	fakes.lookups += stmt == &principal_store_many;
	fakes.outcome_statements += stmt == &outcome_store_stmt;
	fakes.mark_statements += stmt == &read_mark_store_many;
	fakes.version_statements += stmt == &envelope_version_stmt;
	if (fakes.answer != NULL && fakes.answer(stmt, params, &d->rows))
		return ES_OK;
	d->fails = stmt != &principal_store_many && stmt != &outcome_store_stmt &&
	           stmt != &read_mark_store_many && stmt != &envelope_version_stmt;
	return ES_OK;
}

void
pg_async_ready(struct pg_async *pa, int ready)
{
	(void)pa, (void)ready;
}

void
pg_async_timer(struct pg_async *pa)
{
	(void)pa;
}

const char *const *
principal_store_many_params(struct arena *a, const struct principal_ask asks[], size_t n)
{
	(void)a, (void)asks;
	fakes.users += (unsigned)n;
	return NULL;
}

static enum es_code
judge(const struct principal_ask *ask, struct principal *out, struct es_err *err)
{
	if (fakes.unknown_user != NULL && strcmp(ask->user.text, fakes.unknown_user) == 0)
		return es_fail(err, ES_UNAUTHENTICATED, "unknown");
	if (fakes.principal != ES_OK)
		return es_fail(err, fakes.principal, "refused");
	*out = (struct principal){
	    .actor = {ask->tenant, ask->user, fakes.guest ? "guest" : "member", "Alice"},
	    .acl_version = 7,
	    .max_messages_per_second = 1000,
	    .settings = fakes.settings,
	    .epoch = "e1",
	};
	return ES_OK;
}

void
principal_store_many_read(struct pg_rows *rows, const struct principal_ask asks[],
    size_t n, struct arena *a, struct principal_answer out[])
{
	(void)rows, (void)a;
	for (size_t i = 0; i < n; i++) {
		out[i].rc = judge(&asks[i], &out[i].principal, &out[i].err);
		out[i].gone = out[i].rc != ES_OK && !fakes.token_only;
	}
}

const char *const *
read_mark_store_many_params(struct arena *a, const struct read_mark_ask asks[], size_t n)
{
	(void)a;
	fakes.n_marks = n;
	for (size_t i = 0; i < n && i < ES_COUNT(fakes.marks); i++)
		fakes.marks[i] = asks[i].id;
	return NULL;
}

void
read_mark_store_many_read(
    struct pg_rows *rows, size_t n, struct arena *a, struct read_mark_answer out[])
{
	(void)rows, (void)a;
	for (size_t i = 0; i < n; i++)
		out[i] =
		    (struct read_mark_answer){.rc = fakes.mark, .mark = {.stands = 1}};
}

/* Redis: unreachable, so that rate limits are local and each lease is granted. */

enum es_code
redis_async_open(struct ev_loop *loop, const char *url, int64_t timeout_ms,
    void (*state)(void *ctx, bool up), void *ctx, struct redis_async **out,
    struct es_err *err)
{
	(void)loop, (void)url, (void)timeout_ms, (void)state, (void)ctx, (void)out;
	return es_fail(err, ES_INTERNAL, "not here");
}

void
redis_async_close(struct redis_async **handle)
{
	(void)handle;
}

enum es_code
redis_async_text(
    struct redis_async *r, redis_async_done *done, void *ctx, struct es_err *err, ...)
{
	va_list ap;

	(void)r;
	if (!fakes.hold_text || done == NULL || held_text != NULL)
		return es_fail(err, ES_UNAVAILABLE, "down");
	va_start(ap, err);
	CHECK(strcmp(va_arg(ap, const char *), "GETDEL") == 0);
	(void)snprintf(
	    fakes.text_key, sizeof(fakes.text_key), "%s", va_arg(ap, const char *));
	va_end(ap);
	fakes.texts++;
	held_text = done;
	held_text_ctx = ctx;
	return ES_OK;
}

bool
fakes_answer_text(enum es_code rc, const char *value)
{
	const struct redis_value v = {.kind = value != NULL ? REDIS_STRING : REDIS_NIL,
	    .str = value,
	    .len = value != NULL ? strlen(value) : 0};
	redis_async_done *done = held_text;
	struct es_err err = {0};

	if (done == NULL)
		return false;
	held_text = NULL;
	if (rc != ES_OK)
		rc = es_fail(&err, rc, "no answer");
	done(held_text_ctx, rc, rc == ES_OK ? &v : NULL, &err);
	return true;
}

enum es_code
redis_async_eval(struct redis_async *r, struct redis_script *s, redis_async_done *done,
    void *ctx, struct es_err *err, size_t n_keys, size_t argc,
    const struct redis_arg argv[])
{
	(void)r, (void)s, (void)n_keys, (void)argc, (void)argv;
	if (!fakes.hold_eval || held_eval != NULL)
		return es_fail(err, ES_UNAVAILABLE, "down");
	held_eval = done;
	held_eval_ctx = ctx;
	return ES_OK;
}

bool
fakes_answer_eval(void)
{
	const struct redis_value one = {.kind = REDIS_INT, .num = 1};
	redis_async_done *done = held_eval;

	if (done == NULL)
		return false;
	held_eval = NULL;
	done(held_eval_ctx, ES_OK, &one, NULL);
	return true;
}

enum es_code
redis_topics_open(struct ev_loop *loop, const char *url,
    const struct redis_topics_events *events, struct redis_topics **out,
    struct es_err *err)
{
	(void)loop, (void)url, (void)events, (void)out;
	return es_fail(err, ES_INTERNAL, "not here");
}

void
redis_topics_close(struct redis_topics **handle)
{
	(void)handle;
}

void
redis_topics_add(struct redis_topics *t, const char *name)
{
	(void)t, (void)name;
}

/* The queue. */

enum es_code
queue_async_open(struct ev_loop *loop, const struct queue_settings *settings,
    struct queue_async **out, struct es_err *err)
{
	(void)loop, (void)settings, (void)out;
	return es_fail(err, ES_INTERNAL, "not here");
}

void
queue_async_close(struct queue_async **q)
{
	(void)q;
}

bool
queue_async_up(const struct queue_async *q)
{
	(void)q;
	return true;
}

enum es_code
queue_async_send(struct queue_async *q, const struct queue_msg *msg,
    queue_async_done *done, void *ctx, struct es_err *err)
{
	struct due *d;

	(void)q, (void)err;
	if (fakes.n_sent < FAKE_SENDS)
		(void)snprintf(fakes.sent[fakes.n_sent], sizeof(fakes.sent[0]), "%.*s",
		    (int)msg->len, msg->body);
	fakes.n_sent++;
	d = due_new(ctx);
	d->queue = done;
	if (msg->guard != NULL) {
		fakes.guards++;
		d->guard = *msg->guard;
	}
	return ES_OK;
}

/* The hub; fake_hub.c has its other functions. */

void
authz_check(struct hub *hub, const struct conn *c, const struct channel_id *channel,
    authz_done *done, void *ctx)
{
	(void)hub, (void)c, (void)channel;
	due_new(ctx)->authz = done;
}

static enum es_code
nothing(struct frames *f, struct conn *c, const void *in, const char *id, struct arena *a,
    struct es_err *err)
{
	(void)f, (void)c, (void)in, (void)id, (void)a, (void)err;
	return ES_OK;
}

#define FAKE_FRAME(name) \
	const struct frame_type frame_##name = {.type = #name, .handler = nothing}
FAKE_FRAME(subscribe);
FAKE_FRAME(unsubscribe);
FAKE_FRAME(sync);
FAKE_FRAME(typing);
FAKE_FRAME(presence);
FAKE_FRAME(presence_watch);
