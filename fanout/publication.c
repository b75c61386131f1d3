#include "publication.h"

#include <string.h>

#include "core/check.h"
#include "core/clock.h"

#include "core/banned.h"

#define ROUND 256 /* commands of one round trip */
/* A round trip that fails in less time has lost its connection; it has not timed out. */
#define QUICK_MS 100

struct publication {
	struct arena *arena;
	struct redis_call *calls;
	size_t n, size;
	/* the first round trip, between publication_start() and publication_finish() */
	enum es_code started;
	int64_t took_ms; /* of publication_start() */
	struct es_err err;
};

struct publication *
publication_new(struct arena *a)
{
	struct publication *p = arena_alloc(a, sizeof(*p));

	p->arena = a;
	return p;
}

static void
publication_grow(struct publication *p)
{
	struct redis_call *bigger;

	p->size = p->size == 0 ? 64 : p->size * 2;
	bigger = arena_alloc(p->arena, p->size * sizeof(*bigger));
	if (p->n > 0)
		memcpy(bigger, p->calls, p->n * sizeof(*bigger));
	p->calls = bigger;
}

static void
publication_add_call(struct publication *p, const char *topic, const char *data)
{
	struct redis_arg *argv = arena_alloc(p->arena, 3 * sizeof(*argv));

	argv[0] = (struct redis_arg){"PUBLISH", 7};
	argv[1] = (struct redis_arg){topic, strlen(topic)};
	argv[2] = (struct redis_arg){data, strlen(data)};
	if (p->n == p->size)
		publication_grow(p);
	p->calls[p->n++] = (struct redis_call){.argc = 3, .argv = argv};
}

void
publication_add_event(struct publication *p, const struct event *e)
{
	char *topic = arena_alloc(p->arena, ES_TOPIC_MAX);
	struct text t;

	text_init(&t, p->arena, EVENT_BYTES_MAX);
	event_encode(e, &t);
	CHECK(!t.overflow);
	topic_channel(&e->tenant, &e->channel, topic);
	publication_add_call(p, topic, t.data);
}

void
publication_add_reply(struct publication *p, const char *topic, const struct reply *r)
{
	struct text t;

	text_init(&t, p->arena, REPLY_BYTES_MAX);
	reply_encode(r, &t);
	CHECK(!t.overflow);
	publication_add_call(p, arena_strdup(p->arena, topic), t.data);
}

static size_t
publication_round(const struct publication *p, size_t from)
{
	return p->n - from < ROUND ? p->n - from : ROUND;
}

static enum es_code
publication_read_round(
    struct publication *p, size_t n, struct redis *r, struct es_err *err)
{
	struct redis_value *values = arena_alloc(p->arena, n * sizeof(*values));

	TRY(redis_pipeline_read(r, p->arena, values, err));
	for (size_t i = 0; i < n; i++)
		if (values[i].kind == REDIS_ERROR)
			return es_fail(
			    err, ES_UNAVAILABLE, "Redis: %.150s", values[i].str);
	return ES_OK;
}

static enum es_code
publication_send_round(
    struct publication *p, size_t from, struct redis *r, struct es_err *err)
{
	const size_t n = publication_round(p, from);

	TRY(redis_pipeline_send(r, p->arena, p->calls + from, n, err));
	return publication_read_round(p, n, r, err);
}

/* Repeats the round trip once over a new connection when the first one was cut, because
 * the senders of the batch would otherwise wait for their outcomes until the time-out.
 * Publishing twice does no harm. After a time-out it does not repeat, so that a worker
 * waits only once for a server that hangs. */
static enum es_code
publication_resend_round(struct publication *p, size_t from, enum es_code rc,
    int64_t start_ms, struct redis *r, struct es_err *err)
{
	if (rc == ES_OK || clock_mono_ms() - start_ms >= QUICK_MS)
		return rc;
	return publication_send_round(p, from, r, err);
}

void
publication_start(struct publication *p, struct redis *r)
{
	const int64_t start_ms = clock_mono_ms();

	if (p->n == 0)
		return;
	p->started =
	    redis_pipeline_send(r, p->arena, p->calls, publication_round(p, 0), &p->err);
	p->took_ms = clock_mono_ms() - start_ms;
}

enum es_code
publication_finish(struct publication *p, struct redis *r, struct es_err *err)
{
	/* not the time in which the caller used another connection */
	const int64_t start_ms = clock_mono_ms() - p->took_ms;
	enum es_code rc = p->started;

	if (p->n == 0)
		return ES_OK;
	*err = p->err;
	if (rc == ES_OK)
		rc = publication_read_round(p, publication_round(p, 0), r, err);
	TRY(publication_resend_round(p, 0, rc, start_ms, r, err));
	for (size_t from = ROUND; from < p->n; from += ROUND) {
		const int64_t sent_ms = clock_mono_ms();

		rc = publication_send_round(p, from, r, err);
		TRY(publication_resend_round(p, from, rc, sent_ms, r, err));
	}
	p->n = 0;
	return ES_OK;
}
