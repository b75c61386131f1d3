/* Sending into SQS from an event loop. What waits goes out in batches of ten, several at
 * a time, but a group is in one batch at a time only, which keeps its order. */
#include <ev.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include "core/check.h"
#include "core/clock.h"
#include "core/parse.h"
#include "queue/queue_async_keys.h"
#include "queue/queue_async_private.h"
#include "queue/queue_sqs_private.h"

#include "core/banned.h"

#define BATCHES     8
#define FORGET_MS   3000 /* after which a fault tells nothing of now */
#define WAITING_MAX 4096 /* beyond it SQS is as good as away */

/* One message until its owner is told; it and its texts live in the arena. */
struct sending {
	TAILQ_ENTRY(sending) link;
	struct arena *arena;
	struct queue_msg msg;
	size_t queue;
	unsigned tries;
	int64_t deadline_ms;
	queue_async_done *done;
	void *ctx;
	enum es_code rc; /* when answered */
	struct es_err err;
};

TAILQ_HEAD(sendings, sending);

struct batch {
	struct sqs_call call;
	struct arena *arena;
	size_t n; /* 0: free */
	struct sending *sendings[SQS_BATCH_MAX];
};

struct sqs_async {
	struct queue_async base;
	struct ev_loop *loop;
	struct sqs *sqs;
	struct queue_curl *curl;
	struct queue_keys keys;
	struct batch batches[BATCHES];
	struct sendings waiting, answered;
	size_t n_waiting;
	ev_timer pump_timer; /* something may go out now */
	ev_timer tell_timer; /* somebody is to be told: never from inside a send */
	int64_t not_before_ms;
	unsigned faults;  /* in a row */
	unsigned refused; /* keys, in a row */
};

static void
queue_async_sqs_arm(struct sqs_async *q, ev_timer *timer, int64_t ms)
{
	if (ev_is_active(timer))
		return;
	ev_timer_set(timer, ms > 0 ? (double)ms / 1000.0 : 0., 0.);
	ev_timer_start(q->loop, timer);
}

static void
queue_async_sqs_answer(
    struct sqs_async *q, struct sending *s, enum es_code rc, const struct es_err *err)
{
	s->rc = rc;
	if (rc != ES_OK)
		s->err = *err;
	TAILQ_INSERT_TAIL(&q->answered, s, link);
	queue_async_sqs_arm(q, &q->tell_timer, 0);
}

static void
queue_async_sqs_tell(struct sending *s)
{
	struct arena *a = s->arena;

	s->done(s->ctx, s->rc, &s->err);
	arena_free(&a);
}

/* One a turn: done may close the queue. */
static void
queue_async_sqs_on_tell(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct sqs_async *q = timer->data;
	struct sending *s = TAILQ_FIRST(&q->answered);

	(void)loop, (void)revents;
	TAILQ_REMOVE(&q->answered, s, link);
	if (!TAILQ_EMPTY(&q->answered))
		queue_async_sqs_arm(q, timer, 0);
	queue_async_sqs_tell(s);
}

static bool
queue_async_sqs_group_flies(
    const struct sqs_async *q, const struct sending *s, const struct batch *but)
{
	for (size_t b = 0; b < BATCHES; b++)
		for (size_t i = 0; &q->batches[b] != but && i < q->batches[b].n; i++)
			if (strcmp(q->batches[b].sendings[i]->msg.group, s->msg.group) ==
			    0)
				return true;
	return false;
}

/* Up to ten for one queue, together not above what SQS takes. */
static void
queue_async_sqs_fill(struct sqs_async *q, struct batch *b)
{
	struct sending *s, *next;
	size_t bytes = 0;

	for (s = TAILQ_FIRST(&q->waiting); s != NULL && b->n < SQS_BATCH_MAX; s = next) {
		next = TAILQ_NEXT(s, link);
		if (queue_async_sqs_group_flies(q, s, b) ||
		    (b->n > 0 && s->queue != b->sendings[0]->queue))
			continue;
		if (bytes + s->msg.len > SQS_BODY_MAX)
			break;
		bytes += s->msg.len;
		TAILQ_REMOVE(&q->waiting, s, link);
		q->n_waiting--;
		b->sendings[b->n++] = s;
	}
}

static enum es_code
queue_async_sqs_launch(struct sqs_async *q, struct batch *b, struct es_err *err)
{
	struct json_write w;
	struct text body;
	char id[8];

	arena_reset(b->arena);
	queue_sqs_body(q->sqs, b->sendings[0]->queue, b->arena, &body, &w);
	jw_array(&w, "Entries");
	for (size_t i = 0; i < b->n; i++) {
		(void)snprintf(id, sizeof(id), "%zu", i);
		jw_object(&w, NULL);
		jw_string(&w, "Id", id);
		TRY(queue_sqs_message(&w, &b->sendings[i]->msg, b->arena, err));
		jw_object_end(&w);
	}
	jw_array_end(&w);
	jw_object_end(&w);
	TRY(sqs_call_prepare(q->sqs, &b->call, "SendMessageBatch", &body, b->arena,
	    q->sqs->aws.timeout_ms, err));
	(void)curl_easy_setopt(b->call.easy, CURLOPT_PRIVATE, b);
	queue_curl_start(q->curl, b->call.easy);
	return ES_OK;
}

/* Once more at the head of the line, or its end. */
static void
queue_async_sqs_again_or_answer(
    struct sqs_async *q, struct sending *s, bool again, const struct es_err *err)
{
	if (!again || ++s->tries >= SQS_TRIES_MAX || clock_mono_ms() >= s->deadline_ms) {
		queue_async_sqs_answer(q, s, err->code, err);
		return;
	}
	TAILQ_INSERT_HEAD(&q->waiting, s, link);
	q->n_waiting++;
}

/* All of a batch share one fate. Last one first, since each goes to the head. */
static void
queue_async_sqs_again_or_answer_all(
    struct sqs_async *q, struct batch *b, bool again, const struct es_err *err)
{
	while (b->n > 0)
		queue_async_sqs_again_or_answer(q, b->sendings[--b->n], again, err);
}

static void
queue_async_sqs_on_pump(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct sqs_async *q = timer->data;
	const int64_t pause_ms = q->not_before_ms - clock_mono_ms();
	struct es_err err;

	(void)loop, (void)revents;
	if (pause_ms > 0 && !TAILQ_EMPTY(&q->waiting)) {
		queue_async_sqs_arm(q, timer, pause_ms);
		return;
	}
	if (!TAILQ_EMPTY(&q->waiting) && !queue_keys_ready(&q->keys))
		return; /* until they land */
	for (size_t i = 0; i < BATCHES && !TAILQ_EMPTY(&q->waiting); i++) {
		struct batch *b = &q->batches[i];

		if (b->n > 0)
			continue;
		queue_async_sqs_fill(q, b);
		if (b->n == 0)
			break;
		if (queue_async_sqs_launch(q, b, &err) != ES_OK) {
			queue_async_sqs_again_or_answer_all(q, b, false, &err);
			/* No part of it flies, so no landing arms the timer. */
			queue_async_sqs_arm(q, timer, 0);
		}
	}
}

/* What is throttled or unwell is left alone, longer each time. */
static void
queue_async_sqs_note_fault(struct sqs_async *q)
{
	q->not_before_ms = clock_mono_ms() + clock_backoff_ms(++q->faults,
						 SQS_BACKOFF_MIN_MS, SQS_BACKOFF_MAX_MS);
}

static void
queue_async_sqs_settle(
    struct sqs_async *q, struct batch *b, const struct sqs_failed failed[], size_t n)
{
	const struct sqs_failed *of[SQS_BATCH_MAX] = {NULL};
	int64_t id;

	for (size_t i = 0; i < n; i++)
		if (parse_int(failed[i].Id, 0, (int64_t)b->n - 1, &id))
			of[id] = &failed[i];
	for (size_t i = 0; i < b->n; i++)
		if (of[i] == NULL)
			queue_async_sqs_answer(q, b->sendings[i], ES_OK, NULL);
	while (b->n > 0) {
		const struct sqs_failed *why = of[--b->n];
		struct es_err err;

		if (why == NULL)
			continue;
		(void)sqs_error(why->Code, 200, &err);
		queue_async_sqs_again_or_answer(
		    q, b->sendings[b->n], !why->SenderFault, &err);
	}
}

static void
queue_async_sqs_batch_landed(struct sqs_async *q, CURL *easy, CURLcode how)
{
	struct sqs_failed failed[SQS_BATCH_MAX];
	struct es_err err = {0};
	size_t n = 0;
	struct batch *b;
	char *private = NULL;
	enum es_code rc;

	(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
	b = (struct batch *)(void *)private;
	rc = sqs_call_judge(q->sqs, &b->call, how, &err);
	if (rc == ES_OK)
		rc = queue_sqs_failed(&b->call.answer, b->arena, failed, &n, &err);
	if (rc == ES_OK && n == 0)
		q->faults = q->refused = 0;
	else if (rc == ES_OK || b->call.again != SQS_WITH_NEW_KEYS || q->refused++ > 0)
		queue_async_sqs_note_fault(q); /* the first refusal is a change of keys */
	if (rc == ES_OK)
		queue_async_sqs_settle(q, b, failed, n);
	else
		queue_async_sqs_again_or_answer_all(
		    q, b, b->call.again != SQS_NOT_AGAIN, &err);
}

static void
queue_async_sqs_on_landed(void *ctx, CURL *easy, CURLcode how)
{
	struct sqs_async *q = ctx;

	if (!queue_keys_landed(&q->keys, easy, how))
		queue_async_sqs_batch_landed(q, easy, how);
	if (!TAILQ_EMPTY(&q->waiting))
		queue_async_sqs_arm(q, &q->pump_timer, 0);
}

static enum es_code
queue_async_sqs_open(struct ev_loop *loop, const struct queue_settings *settings,
    struct queue_async **out, struct es_err *err)
{
	struct sqs_async *q;
	struct sqs *sqs;

	TRY(sqs_open(settings, &sqs, err));
	q = mem_new(1, sizeof(*q));
	q->base.driver = &queue_async_sqs;
	q->loop = loop;
	q->sqs = sqs;
	q->curl = queue_curl_new(loop, queue_async_sqs_on_landed, q);
	q->keys = (struct queue_keys){.creds = sqs->creds, .curl = q->curl};
	TAILQ_INIT(&q->waiting);
	TAILQ_INIT(&q->answered);
	for (size_t i = 0; i < BATCHES; i++) {
		q->batches[i].arena = arena_new();
		sqs_call_init(&q->batches[i].call);
	}
	ev_timer_init(&q->pump_timer, queue_async_sqs_on_pump, 0., 0.);
	ev_timer_init(&q->tell_timer, queue_async_sqs_on_tell, 0., 0.);
	q->pump_timer.data = q->tell_timer.data = q;
	*out = &q->base;
	return ES_OK;
}

/* Whether what was on its way arrived is not known. */
static void
queue_async_sqs_abandon(struct sqs_async *q)
{
	struct es_err err;
	struct sending *s;

	(void)es_fail(&err, ES_UNAVAILABLE, "SQS: closed before it answered");
	queue_keys_stop(&q->keys);
	for (size_t i = 0; i < BATCHES; i++) {
		struct batch *b = &q->batches[i];

		if (b->n > 0)
			queue_curl_stop(q->curl, b->call.easy);
		queue_async_sqs_again_or_answer_all(q, b, false, &err);
		sqs_call_fini(&b->call);
		arena_free(&b->arena);
	}
	while ((s = TAILQ_FIRST(&q->waiting)) != NULL) {
		TAILQ_REMOVE(&q->waiting, s, link);
		queue_async_sqs_answer(q, s, err.code, &err);
	}
}

static void
queue_async_sqs_close(struct queue_async *base)
{
	struct sqs_async *q = ES_CONTAINER(base, struct sqs_async, base);
	struct sending *s;

	queue_async_sqs_abandon(q);
	ev_timer_stop(q->loop, &q->pump_timer);
	ev_timer_stop(q->loop, &q->tell_timer);
	queue_curl_free(&q->curl);
	sqs_close(&q->sqs);
	while ((s = TAILQ_FIRST(&q->answered)) != NULL) {
		TAILQ_REMOVE(&q->answered, s, link);
		queue_async_sqs_tell(s);
	}
	mem_free(q);
}

/* HTTP has no state to tell of: away is what failed the last times, and not long ago. Who
 * is sent nothing because of that could not come up again. */
static bool
queue_async_sqs_up(const struct queue_async *base)
{
	const struct sqs_async *q = (const void *)base; /* base comes first */

	return q->faults < SQS_TRIES_MAX ||
	       clock_mono_ms() > q->not_before_ms + FORGET_MS;
}

static enum es_code
queue_async_sqs_send(struct queue_async *base, const struct queue_msg *msg,
    queue_async_done *done, void *ctx, struct es_err *err)
{
	struct sqs_async *q = ES_CONTAINER(base, struct sqs_async, base);
	struct arena *a;
	struct sending *s;

	if (q->n_waiting >= WAITING_MAX)
		return es_fail(err, ES_UNAVAILABLE, "SQS: too much waits to be sent");
	TRY(queue_sqs_sendable(msg, err));
	a = arena_new();
	s = arena_alloc(a, sizeof(*s));
	*s = (struct sending){.arena = a,
	    .msg = *msg,
	    .queue = sqs_queue_of(q->sqs, msg->group),
	    .deadline_ms = clock_mono_ms() + q->sqs->aws.timeout_ms,
	    .done = done,
	    .ctx = ctx};
	s->msg.body = arena_memdup(a, msg->body, msg->len);
	s->msg.group = arena_strdup(a, msg->group);
	s->msg.dedupe = arena_strdup(a, msg->dedupe);
	TAILQ_INSERT_TAIL(&q->waiting, s, link);
	q->n_waiting++;
	queue_async_sqs_arm(q, &q->pump_timer, 0);
	return ES_OK;
}

const struct queue_async_driver queue_async_sqs = {
    .name = "sqs",
    .open = queue_async_sqs_open,
    .send = queue_async_sqs_send,
    .up = queue_async_sqs_up,
    .close = queue_async_sqs_close,
};
