/* Non-blocking sends into SQS. Messages wait in a line and leave it in batches of up to
 * ten, several batches at a time. Messages of a group are in flight in one batch only,
 * which keeps their order. */
#include <ev.h>
#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "core/clock.h"
#include "core/parse.h"
#include "queue/queue_async_keys.h"
#include "queue/queue_async_private.h"
#include "queue/queue_async_sqs_line.h"
#include "queue/queue_sqs_private.h"

#include "core/banned.h"

#define BATCHES     8
#define FORGET_MS   3000 /* the queue counts as up after this time without a fault */
#define WAITING_MAX 4096 /* more messages mean that SQS can't be reached */

struct batch {
	struct sqs_call call;
	struct arena *arena; /* owns request and answer */
	size_t n;            /* 0: the batch is free */
	struct sqs_sending *sendings[SQS_BATCH_MAX];
};

struct sqs_async {
	struct queue_async base;
	struct sqs *sqs;
	struct queue_curl *curl;
	struct queue_keys keys;
	struct batch batches[BATCHES];
	struct sqs_line line;
	ev_timer send_timer; /* fires when a batch may be sent */
	int64_t not_before_ms;
	unsigned faults;  /* failed requests in a row */
	unsigned refused; /* requests in a row whose keys AWS refused */
};

static bool
queue_async_sqs_group_in_flight(
    const struct sqs_async *q, const struct sqs_sending *s, const struct batch *but)
{
	for (size_t b = 0; b < BATCHES; b++)
		for (size_t i = 0; &q->batches[b] != but && i < q->batches[b].n; i++)
			if (strcmp(q->batches[b].sendings[i]->msg.group, s->msg.group) ==
			    0)
				return true;
	return false;
}

/* Moves up to ten messages for one queue into the batch, within the size limit of SQS. */
static void
queue_async_sqs_fill_batch(struct sqs_async *q, struct batch *b)
{
	struct sqs_sending *s, *next;
	size_t bytes = 0;

	for (s = TAILQ_FIRST(&q->line.waiting); s != NULL && b->n < SQS_BATCH_MAX;
	     s = next) {
		next = TAILQ_NEXT(s, link);
		if (queue_async_sqs_group_in_flight(q, s, b) ||
		    (b->n > 0 && s->queue != b->sendings[0]->queue))
			continue;
		if (bytes + s->msg.len > SQS_BODY_MAX)
			break;
		bytes += s->msg.len;
		sqs_line_remove(&q->line, s);
		b->sendings[b->n++] = s;
	}
}

static enum es_code
queue_async_sqs_send_batch(struct sqs_async *q, struct batch *b, struct es_err *err)
{
	struct json_write w;
	struct text body;
	char id[8];

	arena_reset(b->arena);
	queue_sqs_begin_body(q->sqs, b->sendings[0]->queue, b->arena, &body, &w);
	jw_array(&w, "Entries");
	for (size_t i = 0; i < b->n; i++) {
		(void)snprintf(id, sizeof(id), "%zu", i);
		jw_object(&w, NULL);
		jw_string(&w, "Id", id);
		TRY(queue_sqs_write_message(&w, &b->sendings[i]->msg, b->arena, err));
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

/* Returns every message of a batch to the line. Starts with the last message, because
 * each one is inserted at the head. */
static void
queue_async_sqs_return_batch(
    struct sqs_async *q, struct batch *b, bool again, const struct es_err *err)
{
	while (b->n > 0)
		sqs_line_return(&q->line, b->sendings[--b->n], again, err);
}

static void
queue_async_sqs_on_send_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct sqs_async *q = timer->data;
	const int64_t pause_ms = q->not_before_ms - clock_mono_ms();
	struct es_err err;

	(void)loop, (void)revents;
	if (pause_ms > 0 && !TAILQ_EMPTY(&q->line.waiting)) {
		sqs_line_arm(&q->line, timer, pause_ms);
		return;
	}
	if (!TAILQ_EMPTY(&q->line.waiting) && !queue_keys_ready(&q->keys))
		return; /* wait until the keys have arrived */
	for (size_t i = 0; i < BATCHES && !TAILQ_EMPTY(&q->line.waiting); i++) {
		struct batch *b = &q->batches[i];

		if (b->n > 0)
			continue;
		queue_async_sqs_fill_batch(q, b);
		if (b->n == 0)
			break;
		if (queue_async_sqs_send_batch(q, b, &err) != ES_OK) {
			queue_async_sqs_return_batch(q, b, false, &err);
			/* Nothing of this batch is in flight, so no finished transfer
			 * would arm the timer. */
			sqs_line_arm(&q->line, timer, 0);
		}
	}
}

/* SQS throttles or fails: pause, longer after each fault. */
static void
queue_async_sqs_note_fault(struct sqs_async *q)
{
	q->not_before_ms = clock_mono_ms() + clock_backoff_ms(++q->faults,
						 SQS_BACKOFF_MIN_MS, SQS_BACKOFF_MAX_MS);
}

static void
queue_async_sqs_end_batch(
    struct sqs_async *q, struct batch *b, const struct sqs_failed failed[], size_t n)
{
	const struct sqs_failed *of[SQS_BATCH_MAX] = {NULL};
	int64_t id;

	for (size_t i = 0; i < n; i++)
		if (parse_int(failed[i].Id, 0, (int64_t)b->n - 1, &id))
			of[id] = &failed[i];
	for (size_t i = 0; i < b->n; i++)
		if (of[i] == NULL)
			sqs_line_end(&q->line, b->sendings[i], ES_OK, NULL);
	while (b->n > 0) {
		const struct sqs_failed *why = of[--b->n];
		struct es_err err;

		if (why == NULL)
			continue;
		(void)sqs_error(why->Code, 200, &err);
		sqs_line_return(&q->line, b->sendings[b->n], !why->SenderFault, &err);
	}
}

static void
queue_async_sqs_batch_done(struct sqs_async *q, CURL *easy, CURLcode how)
{
	struct sqs_failed failed[SQS_BATCH_MAX];
	struct es_err err = {0};
	size_t n = 0;
	struct batch *b;
	char *private = NULL;
	enum es_code rc;

	(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
	b = (struct batch *)(void *)private;
	rc = sqs_call_finish(q->sqs, &b->call, how, &err);
	if (rc == ES_OK)
		rc = queue_sqs_parse_failed(&b->call.answer, b->arena, failed, &n, &err);
	if (rc == ES_OK && n == 0)
		q->faults = q->refused = 0;
	else if (rc == ES_OK || b->call.again != SQS_WITH_NEW_KEYS || q->refused++ > 0)
		queue_async_sqs_note_fault(q); /* a first refusal may be a key rotation */
	if (rc == ES_OK)
		queue_async_sqs_end_batch(q, b, failed, n);
	else
		queue_async_sqs_return_batch(q, b, b->call.again != SQS_NOT_AGAIN, &err);
}

static void
queue_async_sqs_on_transfer_done(void *ctx, CURL *easy, CURLcode how)
{
	struct sqs_async *q = ctx;

	if (!queue_keys_transfer_done(&q->keys, easy, how))
		queue_async_sqs_batch_done(q, easy, how);
	if (!TAILQ_EMPTY(&q->line.waiting))
		sqs_line_arm(&q->line, &q->send_timer, 0);
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
	q->sqs = sqs;
	q->curl = queue_curl_new(loop, queue_async_sqs_on_transfer_done, q);
	q->keys = (struct queue_keys){.creds = sqs->creds, .curl = q->curl};
	sqs_line_init(&q->line, loop);
	for (size_t i = 0; i < BATCHES; i++) {
		q->batches[i].arena = arena_new();
		sqs_call_init(&q->batches[i].call);
	}
	ev_timer_init(&q->send_timer, queue_async_sqs_on_send_timer, 0., 0.);
	q->send_timer.data = q;
	*out = &q->base;
	return ES_OK;
}

/* Ends all messages with an error, although SQS may have received those in flight. */
static void
queue_async_sqs_cancel_all(struct sqs_async *q)
{
	struct es_err err;
	struct sqs_sending *s;

	(void)es_fail(
	    &err, ES_UNAVAILABLE, "SQS: the queue was closed before SQS answered");
	queue_keys_stop(&q->keys);
	for (size_t i = 0; i < BATCHES; i++) {
		struct batch *b = &q->batches[i];

		if (b->n > 0)
			queue_curl_stop(q->curl, b->call.easy);
		queue_async_sqs_return_batch(q, b, false, &err);
		sqs_call_fini(&b->call);
		arena_free(&b->arena);
	}
	while ((s = TAILQ_FIRST(&q->line.waiting)) != NULL) {
		sqs_line_remove(&q->line, s);
		sqs_line_end(&q->line, s, err.code, &err);
	}
}

static void
queue_async_sqs_close(struct queue_async *base)
{
	struct sqs_async *q = ES_CONTAINER(base, struct sqs_async, base);

	queue_async_sqs_cancel_all(q);
	ev_timer_stop(q->line.loop, &q->send_timer);
	queue_curl_free(&q->curl);
	sqs_close(&q->sqs);
	sqs_line_fini(&q->line);
	mem_free(q);
}

/* HTTP has no connection whose state could be watched. SQS counts as down after
 * SQS_TRIES_MAX faults in a row, but only for FORGET_MS after the last pause: callers
 * send nothing while it is down, so no success could show that it is up again. */
static bool
queue_async_sqs_up(const struct queue_async *base)
{
	const struct sqs_async *q = (const void *)base; /* base is the first member */

	return q->faults < SQS_TRIES_MAX ||
	       clock_mono_ms() > q->not_before_ms + FORGET_MS;
}

static enum es_code
queue_async_sqs_send(struct queue_async *base, const struct queue_msg *msg,
    queue_async_done *done, void *ctx, struct es_err *err)
{
	struct sqs_async *q = ES_CONTAINER(base, struct sqs_async, base);

	if (q->line.n_waiting >= WAITING_MAX)
		return es_fail(
		    err, ES_UNAVAILABLE, "SQS: too many messages wait to be sent");
	TRY(queue_sqs_sendable(msg, err));
	sqs_line_add(&q->line, msg, sqs_queue_of(q->sqs, msg->group),
	    clock_mono_ms() + q->sqs->aws.timeout_ms, done, ctx);
	sqs_line_arm(&q->line, &q->send_timer, 0);
	return ES_OK;
}

const struct queue_async_driver queue_async_sqs = {
    .name = "sqs",
    .open = queue_async_sqs_open,
    .send = queue_async_sqs_send,
    .up = queue_async_sqs_up,
    .close = queue_async_sqs_close,
};
