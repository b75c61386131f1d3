#include "send/send_queue.h"

#include <string.h>

#include "conn/frame_out.h"
#include "core/check.h"
#include "queue/queue_async.h"
#include "send/change_gate.h"
#include "send/send_lane.h"
#include "send/send_limit.h"
#include "send/send_outcomes.h"

#include "core/banned.h"

struct send_queue {
	struct conns *conns;
	struct queue_async *queue;
	struct send_outcomes *outcomes;
	const struct change_gate *changes;
	struct send_io io;
	struct send_limit *limit;
	uint64_t number;
	/* the waiting items of all lanes, in the order of their deadlines */
	struct list due;
	struct list held; /* lanes that hold reactions */
};

/* Context of an asynchronous result for a lane. */
struct lane_ref {
	struct send_queue *q;
	struct conn_ref ref;
	struct channel_id channel;
	uint64_t number;            /* number of the item whose rate limit is checked */
	struct uuid envelope;       /* id of the envelope that is being handed over */
	struct send_charge *charge; /* of that envelope's message, or NULL */
};

static void send_queue_start_next(
    struct send_queue *q, struct conn *c, struct send_lane *lane);

struct send_queue *
send_queue_new(struct conns *conns, struct queue_async *queue, struct redis_async *redis,
    struct send_outcomes *outcomes, const struct change_gate *changes,
    const struct send_io *io)
{
	struct send_queue *q = mem_new(1, sizeof(*q));

	q->conns = conns;
	q->queue = queue;
	q->outcomes = outcomes;
	q->changes = changes;
	q->io = *io;
	q->limit = send_limit_new(conns->env, redis);
	list_init(&q->due);
	list_init(&q->held);
	return q;
}

void
send_queue_free(struct send_queue **q)
{
	if (*q == NULL)
		return;
	send_limit_free(&(*q)->limit);
	mem_free(*q);
	*q = NULL;
}

void
send_queue_forget(struct conn *c)
{
	struct list *l;

	while ((l = list_first(&c->lanes)) != NULL)
		send_lane_free(LIST_ITEM(l, struct send_lane, link));
}

static void
send_queue_item_error(struct conn *c, struct send_lane *lane, struct send_item *item,
    const struct es_err *err)
{
	frame_out_error(
	    c, send_lane_frame_type(item->new.op), item->new.id, lane->channel.text, err);
	send_lane_remove(item);
}

/* Returns true when the commit has to judge the item although the check of rights has
 * failed with rc. An item with a client id may repeat a committed one, and then gets the
 * result of that commit. The right to post is none that changes need. */
static bool
send_queue_may_pass(const struct send_item *item, enum es_code rc)
{
	if (rc == ES_CHANNEL_ARCHIVED)
		return item->new.client_id != NULL;
	return rc == ES_FORBIDDEN &&
	       (item->new.client_id != NULL || item->new.op != OP_MESSAGE);
}

/* Answers the ready items with err, which holds for all items that must not pass. */
static void
send_queue_fail_ready(
    struct conn *c, struct send_lane *lane, enum es_code rc, const struct es_err *err)
{
	struct list *next;

	for (struct list *l = lane->items.next; l != &lane->items; l = next) {
		struct send_item *item = LIST_ITEM(l, struct send_item, link);

		next = l->next;
		if (!item->ready)
			return;
		if (!send_queue_may_pass(item, rc))
			send_queue_item_error(c, lane, item, err);
	}
}

/* An asynchronous step of the lane is finished: the next envelope may start. */
static void
send_queue_step_done(struct send_queue *q, struct conn *c, struct send_lane *lane)
{
	lane->busy = false;
	if (lane->n > 0)
		send_queue_start_next(q, c, lane);
	else
		send_lane_free(lane);
}

static void
send_queue_on_queued(void *ctx, enum es_code rc, const struct es_err *why)
{
	struct lane_ref r = *(struct lane_ref *)ctx;
	struct conn *c = conn_get(r.q->conns, r.ref);
	struct send_lane *lane;
	struct es_err err;

	mem_free(ctx);
	if (r.charge != NULL && rc != ES_RATE_LIMITED)
		metrics_add(r.q->conns->env->metrics, PM_SENDS, 1);
	mem_free(r.charge);
	if (rc == ES_QUEUE_FULL || rc == ES_RATE_LIMITED) {
		send_outcomes_fail(r.q->outcomes, &r.envelope, why);
		if (rc == ES_RATE_LIMITED && c != NULL)
			r.q->io.refused(r.q->io.ctx, c);
	} else if (rc != ES_OK) { /* the queue may still have stored the envelope */
		IGNORE(es_fail(&err, ES_OUTCOME_UNKNOWN,
		    "the queue did not answer; send again with the same "
		    "clientMessageId"));
		send_outcomes_fail(r.q->outcomes, &r.envelope, &err);
	}
	/* refused() may have closed the connection */
	c = conn_get(r.q->conns, r.ref);
	lane = c != NULL ? send_lane_find(c, &r.channel) : NULL;
	if (lane != NULL)
		send_queue_step_done(r.q, c, lane);
}

/* The queue copies the message, so its memory is needed only during the call. */
static enum es_code
send_queue_hand_over(
    struct send_queue *q, struct awaited *a, struct lane_ref *r, struct es_err *err)
{
	struct arena *scratch = arena_new();
	struct queue_msg msg = {0};
	struct text text;
	enum es_code rc;

	text_init(&text, scratch, ENVELOPE_BYTES_MAX);
	envelope_encode(&a->envelope, &text);
	msg.body = text.data;
	msg.len = text.len;
	msg.group = a->envelope.channel.text;
	msg.dedupe = a->envelope.id.text;
	msg.guard = r->charge != NULL ? &r->charge->guard : NULL;
	if (text.overflow)
		rc = es_fail(err, ES_TOO_LARGE, "the message is too large for the queue");
	else
		rc = queue_async_send(q->queue, &msg, send_queue_on_queued, r, err);
	arena_free(&scratch);
	return rc;
}

static void
send_queue_send_ready(
    struct send_queue *q, struct conn *c, struct send_lane *lane, struct lane_ref *r)
{
	const size_t n = send_lane_ready(lane);
	struct awaited *a = send_outcomes_begin(q->outcomes, c, &lane->channel, n);
	struct es_err err;

	if (a != NULL && send_lane_first(lane)->uncharged)
		r->charge = send_limit_guard(q->limit, c);

	if (a == NULL) {
		IGNORE(es_fail(&err, ES_UNAVAILABLE,
		    "too many sends are waiting for their outcome; try again"));
		send_queue_fail_ready(c, lane, ES_UNAVAILABLE, &err);
		mem_free(r);
		send_queue_step_done(q, c, lane);
		return;
	}
	awaited_fill(a, lane, n);
	r->envelope = a->envelope.id;
	send_outcomes_await(q->outcomes, a);
	if (r->charge == NULL)
		metrics_add(q->conns->env->metrics, PM_SENDS, n);
	if (send_queue_hand_over(q, a, r, &err) != ES_OK) {
		send_outcomes_fail(q->outcomes, &r->envelope, &err);
		mem_free(r->charge);
		mem_free(r);
		send_queue_step_done(q, c, lane);
	}
}

static struct lane_ref *
send_queue_lane_ref(
    struct send_queue *q, const struct conn *c, const struct send_lane *lane)
{
	struct lane_ref *r = mem_new(1, sizeof(*r));

	r->q = q;
	r->ref = c->ref;
	r->channel = lane->channel;
	return r;
}

/* Reactions are held until send_queue_release(), so that those of many users arrive in
 * the queue together and become one event. A message or edit is never held: it takes the
 * reactions before it along. */
static void
send_queue_allow(struct send_queue *q, struct send_lane *lane, struct send_item *item)
{
	item->held = send_lane_is_reaction(item->new.op);
	item->ready = !item->held;
	if (item->ready)
		send_lane_release(lane);
	else if (list_empty(&lane->held))
		list_add_tail(&q->held, &lane->held);
}

static void
send_queue_on_limit(void *ctx, const struct es_err *refused)
{
	struct lane_ref r = *(struct lane_ref *)ctx;
	struct conn *c = conn_get(r.q->conns, r.ref);
	struct send_lane *lane = c != NULL ? send_lane_find(c, &r.channel) : NULL;
	struct send_item *item = NULL;

	mem_free(ctx);
	if (lane == NULL)
		return;
	item = send_lane_item(lane, r.number);
	if (item == NULL)
		return; /* the item has timed out already */
	if (refused != NULL) {
		send_queue_item_error(c, lane, item, refused);
		r.q->io.refused(r.q->io.ctx, c);
	} else {
		send_queue_allow(r.q, lane, item);
	}
	if (lane->n == 0 && !lane->busy)
		send_lane_free(lane);
	else
		send_queue_start_next(r.q, c, lane);
}

static void
send_queue_check_limit(struct send_queue *q, struct conn *c, struct send_lane *lane,
    const struct send_item *item)
{
	struct lane_ref *r = send_queue_lane_ref(q, c, lane);

	r->number = item->number;
	send_limit_check(q->limit, c, send_queue_on_limit, r);
}

/* The first message may not be sent, so no send will charge it. Charges it apart before
 * it is refused: a sender above a limit learns of the limit. */
static void
send_queue_charge_first(struct send_queue *q, struct conn *c, struct send_lane *lane)
{
	struct send_item *item = send_lane_first(lane);

	item->ready = item->uncharged = false;
	lane->busy = false;
	send_queue_check_limit(q, c, lane, item);
}

static void
send_queue_on_authorised(void *ctx, enum es_code rc, const struct es_err *err)
{
	struct lane_ref *r = ctx;
	struct send_queue *q = r->q;
	struct conn *c = conn_get(r->q->conns, r->ref);
	struct send_lane *lane = c != NULL ? send_lane_find(c, &r->channel) : NULL;

	if (lane == NULL) {
		mem_free(r);
		return;
	}
	if (rc != ES_OK && lane->n > 0 && send_lane_first(lane)->uncharged) {
		mem_free(r);
		send_queue_charge_first(q, c, lane);
		return;
	}
	if (rc != ES_OK)
		send_queue_fail_ready(c, lane, rc, err);
	if (send_lane_ready(lane) > 0) {
		send_queue_send_ready(q, c, lane, r);
		return;
	}
	mem_free(r);
	send_queue_step_done(q, c, lane);
}

/* Start the next envelope if an item is ready and no envelope is on its way. */
static void
send_queue_start_next(struct send_queue *q, struct conn *c, struct send_lane *lane)
{
	if (lane->busy || send_lane_ready(lane) == 0)
		return;
	lane->busy = true;
	q->io.may_send(q->io.ctx, c, &lane->channel, send_queue_on_authorised,
	    send_queue_lane_ref(q, c, lane));
}

enum es_code
send_queue_add(
    struct send_queue *q, struct conn *c, const struct send_new *new, struct es_err *err)
{
	const struct loop_env *env = q->conns->env;
	struct send_lane *lane;
	struct send_item *item;

	if (new->op != OP_MESSAGE)
		TRY(change_gate_check(q->changes, err));
	lane = send_lane_get(c, &new->channel, &q->due);
	if (lane->n >= SENDS_WAITING_MAX) {
		IGNORE(es_fail(err, ES_BUSY,
		    "%d sends into this channel are waiting already", SENDS_WAITING_MAX));
		err->retry_after_ms = 100;
		return ES_BUSY;
	}
	item = send_lane_add(lane, new, env->now_ms + env->conf->send_timeout_ms);
	item->number = ++q->number;
	if (lane->n == 1 && !lane->busy && !send_lane_is_reaction(item->new.op) &&
	    send_limit_has_guard(q->limit, c)) {
		item->ready = item->uncharged = true;
		send_queue_start_next(q, c, lane);
	} else {
		send_queue_check_limit(q, c, lane, item);
	}
	return ES_OK;
}

void
send_queue_release(struct send_queue *q)
{
	struct list *l;

	while ((l = list_first(&q->held)) != NULL) {
		struct send_lane *lane = LIST_ITEM(l, struct send_lane, held);

		send_lane_release(lane);
		send_queue_start_next(q, lane->conn, lane);
	}
}

void
send_queue_tick(struct send_queue *q)
{
	struct list *l;
	struct es_err err;

	while ((l = list_first(&q->due)) != NULL) {
		struct send_item *item = LIST_ITEM(l, struct send_item, due);
		struct send_lane *lane = item->lane;

		if (item->deadline_ms > q->conns->env->now_ms)
			return;
		IGNORE(es_fail(&err, ES_UNAVAILABLE,
		    "earlier sends into this channel take too long; send it again"));
		send_queue_item_error(lane->conn, lane, item, &err);
		if (lane->n == 0 && !lane->busy)
			send_lane_free(lane);
		else
			send_queue_start_next(q, lane->conn, lane);
	}
}
