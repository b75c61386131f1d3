#include "publication.h"

#include <string.h>

#include "core/check.h"
#include "core/clock.h"

#include "core/banned.h"

#define ROUND 256 /* commands of one round trip */
/* A round trip that fails in less time has lost its connection; it has not timed out. */
#define QUICK_MS 100

struct head {
	char key[ES_TOPIC_MAX];
	struct channel_id channel;
	int64_t seq;
	bool added; /* its command is in calls already */
};

struct publication {
	struct arena *arena;
	struct redis_call *calls;
	size_t n, size;
	struct head **heads;
	size_t n_heads, size_heads;
};

struct publication *
publication_new(struct arena *a)
{
	struct publication *p = arena_alloc(a, sizeof(*p));

	p->arena = a;
	return p;
}

/* Returns a copy of the array with twice the room, allocated in the arena a. */
static void *
publication_grow(struct arena *a, const void *old, size_t n, size_t *size, size_t item)
{
	void *bigger;

	*size = *size == 0 ? 64 : *size * 2;
	bigger = arena_alloc(a, *size * item);
	if (n > 0)
		memcpy(bigger, old, n * item);
	return bigger;
}

static void
publication_add_call(struct publication *p, size_t argc, const char *const words[])
{
	struct redis_arg *argv = arena_alloc(p->arena, argc * sizeof(*argv));

	for (size_t i = 0; i < argc; i++)
		argv[i] = (struct redis_arg){words[i], strlen(words[i])};
	if (p->n == p->size)
		p->calls = publication_grow(
		    p->arena, p->calls, p->n, &p->size, sizeof(*p->calls));
	p->calls[p->n++] = (struct redis_call){.argc = argc, .argv = argv};
}

/* Keeps the highest number of each channel. A batch also publishes repeats, whose numbers
 * are lower than the head. */
static void
publication_note_head(struct publication *p, const struct event *e)
{
	struct head *h = NULL;
	char key[ES_TOPIC_MAX];

	topic_heads(&e->tenant, key);
	for (size_t i = 0; i < p->n_heads && h == NULL; i++)
		if (strcmp(p->heads[i]->channel.text, e->channel.text) == 0 &&
		    strcmp(p->heads[i]->key, key) == 0)
			h = p->heads[i];
	if (h == NULL) {
		if (p->n_heads == p->size_heads)
			p->heads = publication_grow(p->arena, p->heads, p->n_heads,
			    &p->size_heads, sizeof(*p->heads));
		h = arena_alloc(p->arena, sizeof(*h));
		h->channel = e->channel;
		memcpy(h->key, key, sizeof(key));
		p->heads[p->n_heads++] = h;
	}
	if (e->seq > h->seq)
		h->seq = e->seq;
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
	publication_add_call(p, 3, (const char *const[]){"PUBLISH", topic, t.data});
	publication_note_head(p, e);
}

void
publication_add_reply(struct publication *p, const char *topic, const struct reply *r)
{
	struct text t;

	text_init(&t, p->arena, REPLY_BYTES_MAX);
	reply_encode(r, &t);
	CHECK(!t.overflow);
	publication_add_call(p, 3,
	    (const char *const[]){"PUBLISH", arena_strdup(p->arena, topic), t.data});
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

/* Adds one call for the heads of one tenant, from head `first` on. */
static void
publication_add_heads(struct publication *p, size_t first)
{
	const char *key = p->heads[first]->key;
	const char **words =
	    arena_alloc(p->arena, (4 + 2 * (p->n_heads - first)) * sizeof(*words));
	size_t n = 0;

	words[n++] = "EVAL";
	words[n++] = EVENT_HEAD_SCRIPT;
	words[n++] = "1";
	words[n++] = key;
	for (size_t i = first; i < p->n_heads; i++) {
		struct head *h = p->heads[i];

		if (h->added || strcmp(h->key, key) != 0)
			continue;
		words[n++] = h->channel.text;
		words[n++] = arena_printf(p->arena, "%lld", (long long)h->seq);
		h->added = true;
	}
	publication_add_call(p, n, words);
}

enum es_code
publication_send(struct publication *p, struct redis *r, struct es_err *err)
{
	for (size_t i = 0; i < p->n_heads; i++)
		if (!p->heads[i]->added)
			publication_add_heads(p, i);
	p->n_heads = 0;
	for (size_t from = 0; from < p->n; from += ROUND)
		TRY(publication_resend_round(
		    p, from, p->n - from < ROUND ? p->n - from : ROUND, r, err));
	p->n = 0;
	return ES_OK;
}
