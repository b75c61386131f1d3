/* Sends into the queue of this process. As with a server, the result comes from the loop,
 * never from inside the send. */
#include <ev.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "core/check.h"
#include "queue/queue_async_private.h"

#include "core/banned.h"

struct answer {
	STAILQ_ENTRY(answer) next;
	enum es_code rc;
	struct es_err err;
	queue_async_done *done;
	void *ctx;
};

struct mem_async {
	struct queue_async base;
	struct ev_loop *loop;
	struct queue *q;
	ev_timer timer;
	STAILQ_HEAD(, answer) answers; /* done is not called yet */
};

static struct mem_async *
queue_async_mem_from(struct queue_async *base)
{
	return ES_CONTAINER(base, struct mem_async, base);
}

static void
queue_async_mem_call_done(struct answer *a)
{
	a->done(a->ctx, a->rc, &a->err);
	free(a);
}

/* One answer at each turn of the loop, because done may close the queue. */
static void
queue_async_mem_on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct mem_async *q = timer->data;
	struct answer *a = STAILQ_FIRST(&q->answers);

	(void)revents;
	STAILQ_REMOVE_HEAD(&q->answers, next);
	if (!STAILQ_EMPTY(&q->answers)) {
		ev_timer_set(timer, 0., 0.);
		ev_timer_start(loop, timer);
	}
	queue_async_mem_call_done(a);
}

static enum es_code
queue_async_mem_open(struct ev_loop *loop, const struct queue_settings *settings,
    struct queue_async **out, struct es_err *err)
{
	struct mem_async *q = mem_new(1, sizeof(*q));
	const enum es_code rc = queue_open(settings, &q->q, err);

	if (rc != ES_OK) {
		free(q);
		return rc;
	}
	q->base.driver = &queue_async_mem;
	q->loop = loop;
	ev_timer_init(&q->timer, queue_async_mem_on_timer, 0., 0.);
	q->timer.data = q;
	STAILQ_INIT(&q->answers);
	*out = &q->base;
	return ES_OK;
}

static void
queue_async_mem_close(struct queue_async *base)
{
	struct mem_async *q = queue_async_mem_from(base);
	struct answer *a;

	ev_timer_stop(q->loop, &q->timer);
	while ((a = STAILQ_FIRST(&q->answers)) != NULL) {
		STAILQ_REMOVE_HEAD(&q->answers, next);
		queue_async_mem_call_done(a);
	}
	queue_close(&q->q);
	free(q);
}

static bool
queue_async_mem_up(const struct queue_async *base)
{
	(void)base;
	return true;
}

static enum es_code
queue_async_mem_send(struct queue_async *base, const struct queue_msg *msg,
    queue_async_done *done, void *ctx, struct es_err *err)
{
	struct mem_async *q = queue_async_mem_from(base);
	struct answer *a = mem_new(1, sizeof(*a));

	(void)err;
	a->rc = queue_send(q->q, msg, &a->err);
	a->done = done;
	a->ctx = ctx;
	STAILQ_INSERT_TAIL(&q->answers, a, next);
	if (!ev_is_active(&q->timer)) {
		ev_timer_set(&q->timer, 0., 0.);
		ev_timer_start(q->loop, &q->timer);
	}
	return ES_OK;
}

struct queue *
queue_async_mem_queue(struct queue_async *q)
{
	return q->driver == &queue_async_mem ? queue_async_mem_from(q)->q : NULL;
}

const struct queue_async_driver queue_async_mem = {
    .name = "mem",
    .open = queue_async_mem_open,
    .send = queue_async_mem_send,
    .up = queue_async_mem_up,
    .close = queue_async_mem_close,
};
