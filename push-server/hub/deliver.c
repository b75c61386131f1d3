/* Delivery is advancing a cursor: one write of the bytes between it and the head, whole
 * frames, bounded, nothing queued per reader. */
#include "hub/deliver.h"

#include "conn/conn_write.h"
#include "core/check.h"
#include "hub/subscription.h"
#include "log/page.h"

#include "core/banned.h"

#define CHUNK         64 /* turns of one list before the other gets some */
#define BUDGET_MINUTE 60000

enum step {
	STEP_MORE,      /* goes on at once */
	STEP_CAUGHT_UP, /* at the head, or ahead of it */
	STEP_BLOCKED,   /* the socket takes nothing now */
	STEP_ELSEWHERE, /* waits for a page or an answer, or is gone: hands off */
};

static enum step
deliver_settle(struct subscription *sub)
{
	if (sub->at >= sub->stop_at) {
		sub_over(sub);
		return STEP_ELSEWHERE;
	}
	return sub->at >= channel_head(sub->channel) ? STEP_CAUGHT_UP : STEP_MORE;
}

static enum step
deliver_hand_over(struct subscription *sub, const struct chan_span *span)
{
	struct metrics *m = sub->channel->hub->env->metrics;

	if (span->n > 0) {
		if (!conn_write_frames(sub->conn, (const char *)span->bytes, span->len))
			return STEP_BLOCKED;
		metrics_add(m, PM_BROADCAST, span->n);
		if (span->accepted_ms > 0 && sub->at >= sub->live_from) {
			const int64_t ms = clock_wall_ms() - span->accepted_ms;

			metrics_observe(
			    m, PM_DELIVERY, ms > 0 ? (double)ms / 1000.0 : 0.0);
		}
	}
	sub->at = span->through;
	return deliver_settle(sub);
}

/* Jump to the head. What is skipped may hold the reader's own removal: of a private
 * channel only as far as it was seen to be allowed. */
static enum step
deliver_give_up(struct subscription *sub)
{
	const struct channel *ch = sub->channel;
	const enum gap_reason reason =
	    sub->at >= sub->live_from ? GAP_SLOW : GAP_REPLAY_LIMIT;
	const int64_t to = ch->is_private ? sub->clear : chan_log_head(ch->log);

	if (to <= sub->at || to < chan_log_base(ch->log)) {
		sub_ask_again(sub);
		return STEP_ELSEWHERE;
	}
	sub_gap(sub, to, reason);
	return deliver_settle(sub);
}

static bool
deliver_budget_left(struct hub_conn *hc)
{
	const int64_t now_ms = hc->hub->env->now_ms;

	if (now_ms - hc->replay_since_ms >= BUDGET_MINUTE) {
		hc->replay_since_ms = now_ms;
		hc->replayed = 0;
	}
	return hc->replayed < hc->hub->limits.replay_budget;
}

/* The ring has moved on beyond the cursor: history is read from the database. */
static enum step
deliver_from_page(struct subscription *sub, size_t room)
{
	struct channel *ch = sub->channel;
	struct hub *hub = ch->hub;
	struct hub_conn *hc = sub->conn->hub;
	const int64_t base = chan_log_base(ch->log);
	const struct page *page;
	struct chan_span span;
	enum step step;

	if (chan_log_head(ch->log) - sub->at > hub->limits.replay_limit ||
	    !deliver_budget_left(hc))
		return deliver_give_up(sub);
	page = pages_find(hub->pages, &ch->tenant, &ch->id, sub->at, hub->env->now_ms);
	if (page == NULL) {
		sub_place(sub, SUB_PAGING,
		    pages_want(hub->pages, &ch->tenant, &ch->id, sub->at, base,
			hub->env->now_ms));
		return STEP_ELSEWHERE;
	}
	if (ch->is_private) {
		const int64_t removed = page_removal(page, &sub->conn->user, sub->clear);

		if (removed < sub->stop_at)
			sub->stop_at = removed;
	}
	span = page_span(page, sub->at, sub->stop_at, room);
	step = deliver_hand_over(sub, &span);
	if (step != STEP_BLOCKED)
		hc->replayed += span.n;
	return step;
}

static enum step
deliver_advance(struct subscription *sub)
{
	struct channel *ch = sub->channel;
	enum step step = deliver_settle(sub);
	struct chan_span span;
	size_t room;

	if (step != STEP_MORE)
		return step;
	room = conn_write_room(sub->conn);
	if (room == 0)
		return STEP_BLOCKED;
	if (sub->at < chan_log_base(ch->log))
		return deliver_from_page(sub, room);
	span = chan_log_span(ch->log, sub->at, sub->stop_at, room);
	if (span.n == 0)
		span.through = sub->stop_at; /* the removal itself was in a hole */
	return deliver_hand_over(sub, &span);
}

/* After a step of a subscription that is still ours: where it stands now. */
static void
deliver_file(struct subscription *sub, enum step step)
{
	struct hub_conn *hc;

	switch (step) {
	case STEP_CAUGHT_UP:
		sub_place(sub, SUB_IDLE, &sub->channel->idle);
		break;
	case STEP_MORE:
		sub_behind(sub);
		break;
	case STEP_BLOCKED:
		hc = sub->conn->hub;
		sub_place(sub, SUB_PENDING, &hc->pending);
		list_del(&hc->ready);
		conn_want_writable(sub->conn);
		break;
	case STEP_ELSEWHERE:
		break;
	}
}

static unsigned
deliver_serve_channel(struct hub *hub)
{
	struct channel *ch = LIST_ITEM(hub->dirty.next, struct channel, dirty);
	unsigned n = 0;

	for (; n < CHUNK && !list_empty(&ch->woken); n++) {
		struct subscription *sub =
		    LIST_ITEM(ch->woken.next, struct subscription, place);

		deliver_file(sub, deliver_advance(sub));
	}
	if (list_empty(&ch->woken))
		list_del(&ch->dirty);
	else
		list_move_tail(&hub->dirty, &ch->dirty);
	return n + 1;
}

static void
deliver_serve_conn(struct hub_conn *hc)
{
	struct subscription *sub;

	list_del(&hc->ready);
	if (list_empty(&hc->pending))
		return;
	sub = LIST_ITEM(hc->pending.next, struct subscription, place);
	list_add_tail(&hc->hub->ready, &hc->ready);
	deliver_file(sub, deliver_advance(sub));
	if (list_empty(&hc->pending))
		list_del(&hc->ready);
}

bool
deliver_turn(struct hub *hub)
{
	unsigned left = hub->limits.turn_writes;

	while (left > 0 && !(list_empty(&hub->dirty) && list_empty(&hub->ready))) {
		unsigned used = 0;

		if (!list_empty(&hub->dirty))
			used += deliver_serve_channel(hub);
		for (unsigned i = 0; i < CHUNK && !list_empty(&hub->ready); i++, used++)
			deliver_serve_conn(
			    LIST_ITEM(hub->ready.next, struct hub_conn, ready));
		left = used < left ? left - used : 0;
	}
	return !list_empty(&hub->dirty) || !list_empty(&hub->ready);
}

void
deliver_writable(struct hub_conn *hc)
{
	if (!list_empty(&hc->pending))
		deliver_serve_conn(hc);
}

void
deliver_page(void *ctx, struct page *page, struct list *waiters)
{
	struct hub *hub = ctx;

	metrics_add(hub->env->metrics, PM_REPLAY_PAGES, 1);
	while (!list_empty(waiters))
		sub_behind(LIST_ITEM(waiters->next, struct subscription, place));
	if (page_behind(page)) {
		struct channel *ch =
		    channel_find(hub, page_tenant(page), page_channel(page));

		if (ch != NULL)
			channel_reset(ch, page_head(page));
	}
}
