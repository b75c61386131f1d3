/* Delivery moves cursors: a subscription receives the bytes between its cursor and the
 * head of its channel's log. A connection is served as a whole: one write carries whole
 * frames of all its channels that are behind. The server queues nothing per reader. */
#include "hub/deliver.h"

#include "conn/conn_write.h"
#include "core/check.h"
#include "hub/deliver_batch.h"
#include "hub/subscription.h"
#include "log/page.h"

#include "core/banned.h"

#define BUDGET_MINUTE 60000 /* window of the replay budget, in ms */
/* Number of woken subscriptions of one channel that are handled before those of the next
 * channel. */
#define WAKE_CHUNK 1024
/* One write to a socket costs about as much as checking this many subscriptions. */
#define LOOKS_PER_WRITE 16

enum step {
	STEP_MORE,      /* the cursor is behind: look at it again */
	STEP_CAUGHT_UP, /* the cursor is at the head, or ahead of it */
	STEP_ELSEWHERE, /* the subscription waits for a page or an answer, or is freed:
	                   don't touch it */
	STEP_TAKEN,     /* its span is in the batch; the subscription stays on its list */
	STEP_FULL, /* its span did not fit: leave it for the connection's next write */
};

static enum step
deliver_next_step(struct subscription *sub)
{
	if (sub->at >= sub->stop_at) {
		sub_removal_delivered(sub);
		return STEP_ELSEWHERE;
	}
	return sub->at >= channel_head(sub->channel) ? STEP_CAUGHT_UP : STEP_MORE;
}

/* Put a subscription on the list that fits the result of its step. */
static void
deliver_place(struct subscription *sub, enum step step)
{
	switch (step) {
	case STEP_CAUGHT_UP:
		sub_place(sub, SUB_IDLE, &sub->channel->idle);
		break;
	case STEP_MORE:
		sub_set_pending(sub);
		break;
	case STEP_ELSEWHERE:
	case STEP_TAKEN:
	case STEP_FULL:
		break;
	}
}

static enum step
deliver_take(struct deliver_batch *b, struct subscription *sub,
    const struct chan_span *span, bool from_page)
{
	const struct deliver_part part = {sub, *span, from_page};

	if (span->n > 0)
		return deliver_batch_add(b, &part) ? STEP_TAKEN : STEP_FULL;
	sub->at = span->through; /* the span has no frame for these numbers */
	return deliver_next_step(sub);
}

/* Send a gap. The skipped events may include the reader's own removal or ban, or the
 * change to a private channel. So the database must have confirmed the right as of a
 * number (sub->clear) that the log covers: the worker has seen every later event. If only
 * members may read, or if a later event removes the reader, the cursor moves no further
 * than that number. */
static enum step
deliver_give_up(struct subscription *sub)
{
	const struct channel *ch = sub->channel;
	const enum gap_reason reason =
	    sub->at >= sub->live_from ? GAP_SLOW : GAP_REPLAY_LIMIT;
	const int64_t to = sub_members_only(sub) || sub->stop_at != INT64_MAX
	                       ? sub->clear
	                       : chan_log_head(ch->log);

	if (to <= sub->at || sub->clear < chan_log_base(ch->log)) {
		sub_ask_again(sub);
		return STEP_ELSEWHERE;
	}
	sub_gap(sub, to, reason);
	return deliver_next_step(sub);
}

static bool
deliver_budget_left(struct hub_conn *hc)
{
	const struct hub *hub = hc->hub;
	const int64_t now_ms = hub->env->now_ms;

	if (now_ms - hc->replay_since_ms >= BUDGET_MINUTE) {
		hc->replay_since_ms = now_ms;
		hc->replayed = 0;
	}
	return hc->replayed + deliver_batch_replayed(hub->batch) <
	       hub->limits.replay_budget;
}

/* The log no longer has the event after the cursor: read it from the database, as part of
 * a page. */
static enum step
deliver_from_page(struct subscription *sub)
{
	struct channel *ch = sub->channel;
	struct hub *hub = ch->hub;
	const int64_t base = chan_log_base(ch->log);
	const struct page *page;
	struct chan_span span;
	const struct removal *removed;

	if (chan_log_head(ch->log) - sub->at > hub->limits.replay_limit ||
	    !deliver_budget_left(sub->conn->hub))
		return deliver_give_up(sub);
	page = pages_find(hub->pages, &ch->tenant, &ch->id, sub->at, hub->env->now_ms);
	if (page == NULL) {
		sub_place(sub, SUB_PAGING,
		    pages_want(hub->pages, &ch->tenant, &ch->id, sub->at, base,
			hub->env->now_ms));
		return STEP_ELSEWHERE;
	}
	if (!ch->is_private && page_private_at(page) > sub->clear) {
		/* this worker did not receive that event on the topic */
		channel_become_private(ch, page_private_at(page));
		return STEP_ELSEWHERE;
	}
	removed =
	    page_removal(page, &sub->conn->user, sub->clear, !sub_members_only(sub));
	if (removed != NULL && removed->seq < sub->stop_at)
		sub_stop(sub, removed->seq, sub_end_of(removed));
	span = page_span(page, sub->at, sub->stop_at, deliver_batch_room(hub->batch));
	return deliver_take(hub->batch, sub, &span, true);
}

static enum step
deliver_look(struct subscription *sub)
{
	struct channel *ch = sub->channel;
	struct deliver_batch *batch = ch->hub->batch;
	enum step step = deliver_next_step(sub);
	struct chan_span span;

	if (step != STEP_MORE)
		return step;
	if (sub->at < chan_log_base(ch->log))
		return deliver_from_page(sub);
	span = chan_log_span(ch->log, sub->at, sub->stop_at, deliver_batch_room(batch));
	if (span.n == 0)
		span.through = sub->stop_at; /* the log has no frame up to the removal */
	return deliver_take(batch, sub, &span, false);
}

static void
deliver_advance(const struct deliver_part *part, int64_t wall_ms)
{
	struct subscription *sub = part->sub;
	const struct chan_span *span = &part->span;
	struct metrics *m = sub->channel->hub->env->metrics;

	metrics_add(m, PM_BROADCAST, span->n);
	if (span->accepted_ms > 0 && sub->at >= sub->live_from) {
		const int64_t ms = wall_ms - span->accepted_ms;

		metrics_observe(m, PM_DELIVERY, ms > 0 ? (double)ms / 1000.0 : 0.0);
	}
	if (part->from_page)
		sub->conn->hub->replayed += span->n;
	sub->at = span->through;
	deliver_place(sub, deliver_next_step(sub));
}

/* Write the batch and move the cursors over it. Returns false when the socket takes
 * nothing now. */
static bool
deliver_send(struct hub_conn *hc)
{
	struct deliver_batch *b = hc->hub->batch;
	const int64_t wall_ms = clock_wall_ms();

	if (!deliver_batch_write(b, hc->conn))
		return false;
	for (unsigned i = 0; i < deliver_batch_n(b); i++)
		deliver_advance(deliver_batch_part(b, i), wall_ms);
	return true;
}

/* Look at the pending subscriptions, oldest first, until the write is full. A
 * subscription is in the batch at most once, so a gap that a look adds to the control
 * buffer never overtakes frames of the same channel. Returns the number of looks. */
static unsigned
deliver_collect(struct hub_conn *hc)
{
	enum step step = STEP_MORE;
	struct list *next;
	unsigned looks = 0;

	for (struct list *l = hc->pending.next;
	     l != &hc->pending && step != STEP_FULL && looks < DELIVER_PARTS; l = next) {
		struct subscription *sub = LIST_ITEM(l, struct subscription, place);

		next = l->next;
		step = deliver_look(sub);
		deliver_place(sub, step);
		looks++;
	}
	return looks;
}

/* Serve one connection by at most one write. Returns the cost, in looks. */
static unsigned
deliver_serve(struct hub_conn *hc)
{
	const size_t room = conn_write_room(hc->conn);
	struct hub *hub = hc->hub;
	unsigned looks;

	list_del(&hc->ready);
	if (room == 0) {
		conn_want_writable(hc->conn);
		return 1;
	}
	deliver_batch_begin(hub->batch, room);
	looks = deliver_collect(hc);
	if (deliver_batch_n(hub->batch) > 0 && !deliver_send(hc)) {
		list_del(&hc->ready); /* a look may have put it on hub->ready */
		conn_want_writable(hc->conn);
	} else if (!list_empty(&hc->pending) && list_empty(&hc->ready)) {
		list_add_tail(&hub->ready, &hc->ready);
	}
	return looks + LOOKS_PER_WRITE;
}

/* Make woken subscriptions pending, and their connections ready. */
static void
deliver_wake(struct hub *hub)
{
	unsigned left = hub->limits.turn_wakes;

	while (left > 0 && !list_empty(&hub->dirty)) {
		struct channel *ch = LIST_ITEM(hub->dirty.next, struct channel, on_dirty);

		for (unsigned n = 0;
		     n < WAKE_CHUNK && left > 0 && !list_empty(&ch->woken); n++, left--)
			sub_set_pending(
			    LIST_ITEM(ch->woken.next, struct subscription, place));
		if (list_empty(&ch->woken))
			list_del(&ch->on_dirty);
		else
			list_move_tail(&hub->dirty, &ch->on_dirty);
	}
}

bool
deliver_turn(struct hub *hub)
{
	unsigned left = hub->limits.turn_writes * LOOKS_PER_WRITE;

	deliver_wake(hub);
	while (left > 0 && !list_empty(&hub->ready)) {
		const unsigned used =
		    deliver_serve(LIST_ITEM(hub->ready.next, struct hub_conn, ready));

		left = used < left ? left - used : 0;
	}
	return !list_empty(&hub->dirty) || !list_empty(&hub->ready);
}

void
deliver_writable(struct hub_conn *hc)
{
	if (!list_empty(&hc->pending))
		(void)deliver_serve(hc);
}

void
deliver_page(void *ctx, struct page *page, struct list *waiters)
{
	struct hub *hub = ctx;
	struct channel *ch;

	metrics_add(hub->env->metrics, PM_REPLAY_PAGES, 1);
	while (!list_empty(waiters))
		sub_set_pending(LIST_ITEM(waiters->next, struct subscription, place));
	ch = channel_find(hub, page_tenant(page), page_channel(page));
	if (ch == NULL)
		return;
	if (page_behind(page)) {
		channel_reset(ch, page_head(page));
	} else if (ch->log != NULL && page_last_deletion(page) > channel_head(ch)) {
		/* The log has not seen that deletion, and may have the text. */
		channel_heal(ch, page_head(page));
		hub->env->deleted = true;
	}
}

void
deliver_page_gone(void *ctx, struct list *waiters)
{
	(void)ctx;
	while (!list_empty(waiters))
		sub_ask_again(LIST_ITEM(waiters->next, struct subscription, place));
}
