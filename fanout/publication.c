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

static enum es_code
publication_send_round(
    struct publication *p, size_t from, size_t n, struct redis *r, struct es_err *err)
{
	struct redis_value *values = arena_alloc(p->arena, n * sizeof(*values));

	TRY(redis_pipeline(r, p->arena, p->calls + from, n, values, err));
	for (size_t i = 0; i < n; i++)
		if (values[i].kind == REDIS_ERROR)
			return es_fail(
			    err, ES_UNAVAILABLE, "Redis: %.150s", values[i].str);
	return ES_OK;
}

/* Repeats the round trip once over a new connection when the first one was cut, because
 * the senders of the batch would otherwise wait for their outcomes until the time-out.
 * Publishing twice does no harm. After a time-out it does not repeat, so that a worker
 * waits only once for a server that hangs. */
static enum es_code
publication_resend_round(
    struct publication *p, size_t from, size_t n, struct redis *r, struct es_err *err)
{
	const int64_t start_ms = clock_mono_ms();

	if (publication_send_round(p, from, n, r, err) == ES_OK)
		return ES_OK;
	if (clock_mono_ms() - start_ms >= QUICK_MS)
		return err->code;
	return publication_send_round(p, from, n, r, err);
}

enum es_code
publication_send(struct publication *p, struct redis *r, struct es_err *err)
{
	for (size_t from = 0; from < p->n; from += ROUND)
		TRY(publication_resend_round(
		    p, from, p->n - from < ROUND ? p->n - from : ROUND, r, err));
	p->n = 0;
	return ES_OK;
}
