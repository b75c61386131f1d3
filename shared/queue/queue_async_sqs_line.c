#include "queue/queue_async_sqs_line.h"

#include "core/check.h"
#include "core/clock.h"
#include "queue/queue_sqs_call.h"

#include "core/banned.h"

void
sqs_line_arm(const struct sqs_line *l, ev_timer *timer, int64_t ms)
{
	if (ev_is_active(timer))
		return;
	ev_timer_set(timer, ms > 0 ? (double)ms / 1000.0 : 0., 0.);
	ev_timer_start(l->loop, timer);
}

static void
queue_async_sqs_line_call_done(struct sqs_line *l)
{
	struct sqs_sending *s = TAILQ_FIRST(&l->ended);
	struct arena *a = s->arena;

	TAILQ_REMOVE(&l->ended, s, link);
	s->done(s->ctx, s->rc, &s->err);
	arena_free(&a);
}

/* One message at each turn of the loop, because done may close the queue. */
static void
queue_async_sqs_line_on_done_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct sqs_line *l = timer->data;

	(void)loop, (void)revents;
	if (TAILQ_NEXT(TAILQ_FIRST(&l->ended), link) != NULL)
		sqs_line_arm(l, timer, 0);
	queue_async_sqs_line_call_done(l);
}

void
sqs_line_init(struct sqs_line *l, struct ev_loop *loop)
{
	*l = (struct sqs_line){.loop = loop};
	TAILQ_INIT(&l->waiting);
	TAILQ_INIT(&l->ended);
	ev_timer_init(&l->done_timer, queue_async_sqs_line_on_done_timer, 0., 0.);
	l->done_timer.data = l;
}

void
sqs_line_fini(struct sqs_line *l)
{
	CHECK(TAILQ_EMPTY(&l->waiting));
	ev_timer_stop(l->loop, &l->done_timer);
	while (!TAILQ_EMPTY(&l->ended))
		queue_async_sqs_line_call_done(l);
}

void
sqs_line_add(struct sqs_line *l, const struct queue_msg *msg, size_t queue,
    int64_t deadline_ms, queue_async_done *done, void *ctx)
{
	struct arena *a = arena_new();
	struct sqs_sending *s = arena_alloc(a, sizeof(*s));

	*s = (struct sqs_sending){.arena = a,
	    .msg = *msg,
	    .queue = queue,
	    .deadline_ms = deadline_ms,
	    .done = done,
	    .ctx = ctx};
	s->msg.body = arena_memdup(a, msg->body, msg->len);
	s->msg.group = arena_strdup(a, msg->group);
	s->msg.dedupe = arena_strdup(a, msg->dedupe);
	TAILQ_INSERT_TAIL(&l->waiting, s, link);
	l->n_waiting++;
}

void
sqs_line_remove(struct sqs_line *l, struct sqs_sending *s)
{
	TAILQ_REMOVE(&l->waiting, s, link);
	l->n_waiting--;
}

void
sqs_line_return(
    struct sqs_line *l, struct sqs_sending *s, bool again, const struct es_err *err)
{
	if (!again || ++s->tries >= SQS_TRIES_MAX || clock_mono_ms() >= s->deadline_ms) {
		sqs_line_end(l, s, err->code, err);
		return;
	}
	TAILQ_INSERT_HEAD(&l->waiting, s, link);
	l->n_waiting++;
}

void
sqs_line_end(
    struct sqs_line *l, struct sqs_sending *s, enum es_code rc, const struct es_err *err)
{
	s->rc = rc;
	if (rc != ES_OK)
		s->err = *err;
	TAILQ_INSERT_TAIL(&l->ended, s, link);
	sqs_line_arm(l, &l->done_timer, 0);
}
