#include "hub/subscribe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn/frame_out.h"
#include "core/check.h"
#include "hub/epoch.h"
#include "hub/subscription.h"

#include "core/banned.h"

#define ASK_BACKOFF_MS 200

static void
subscribe_ack(const struct subscription *sub, const struct sub_request *request,
    int64_t head, int64_t replayed)
{
	const char *epoch = sub->channel->hub->env->epoch;
	char payload[160];

	/* The epoch is a UUID of ours: nothing in it needs escaping. */
	(void)snprintf(payload, sizeof(payload),
	    "{\"epoch\":\"%s\",\"seq\":%" PRId64 ",\"replayed\":%" PRId64 "}", epoch,
	    head, replayed);
	frame_out_ack(
	    sub->conn, request->op, request->id, sub->channel->id.text, payload);
}

static void
subscribe_ack_all(struct subscription *sub, int64_t head, int64_t replayed)
{
	while (sub->requests != NULL) {
		struct sub_request *request = sub->requests;

		subscribe_ack(sub, request, head, replayed);
		sub->requests = request->next;
		free(request);
	}
}

static void
subscribe_add_request(struct subscription *sub, const struct subscribe_request *req)
{
	const struct hub *hub = sub->channel->hub;
	const size_t id = req->id == NULL ? 0 : strlen(req->id) + 1;
	const size_t epoch = req->epoch == NULL ? 0 : strlen(req->epoch) + 1;
	struct sub_request *request = mem_new(1, sizeof(*request) + id + epoch);

	request->op = req->op;
	if (req->id != NULL)
		request->id = memcpy(request->text, req->id, id);
	if (req->epoch != NULL)
		request->epoch = memcpy(request->text + id, req->epoch, epoch);
	request->has_after = req->has_after;
	request->after = req->after;
	request->deadline_ms = hub->env->now_ms + hub->limits.join_timeout_ms;
	if (sub->requests == NULL) {
		sub->requests = request;
		return;
	}
	request->next = sub->requests->next; /* in one step, however many wait */
	sub->requests->next = request;
}

/* Already a cursor: it stays where it is, and what it has had is not repeated. One that
 * is to end with its removal is answered then: the user may be back. */
static void
subscribe_answer_again(struct subscription *sub, const struct subscribe_request *req)
{
	if (!sub->joined) {
		if (req->id != NULL)
			subscribe_add_request(sub, req);
		return;
	}
	subscribe_add_request(sub, req);
	if (sub->stop_at == INT64_MAX)
		subscribe_ack_all(sub, channel_head(sub->channel), 0);
}

enum es_code
subscribe_begin(struct hub *hub, struct conn *c, const struct subscribe_request *req,
    struct es_err *err)
{
	struct channel *ch = channel_find(hub, &c->tenant, &req->channel);
	struct subscription *sub = ch == NULL ? NULL : sub_find(hub, c, ch);

	if (sub != NULL) {
		subscribe_answer_again(sub, req);
		return ES_OK;
	}
	if (c->hub->n_subscriptions >= hub->limits.max_subscriptions)
		return es_fail(err, ES_TOO_MANY_SUBSCRIPTIONS,
		    "%u subscriptions are the most a connection may have",
		    hub->limits.max_subscriptions);
	ch = channel_get(hub, &c->tenant, &req->channel);
	sub = sub_new(c, ch);
	subscribe_add_request(sub, req);
	if (ch->confirmed)
		sub_ask_again(sub);
	return ES_OK;
}

void
subscribe_end(struct hub *hub, struct conn *c, const struct channel_id *channel)
{
	struct channel *ch = channel_find(hub, &c->tenant, channel);
	struct subscription *sub = ch == NULL ? NULL : sub_find(hub, c, ch);

	if (sub != NULL)
		sub_free(sub);
}

/* Where the cursor starts; the gap that follows the answer, if any. */
static int64_t
subscribe_start_of(const struct subscription *sub, const struct sync_channel *row,
    enum gap_reason *out_gap)
{
	const struct hub *hub = sub->channel->hub;
	const struct sub_request *request = sub->requests;

	*out_gap = GAP_REASONS;
	if (!request->has_after)
		return row->head;
	if (request->after > row->head ||
	    (request->epoch != NULL && strcmp(request->epoch, row->epoch) != 0)) {
		*out_gap = GAP_RESET;
		return row->head;
	}
	if (row->head - request->after > hub->limits.replay_limit) {
		*out_gap = GAP_REPLAY_LIMIT;
		return row->head;
	}
	return request->after;
}

static void
subscribe_join(struct subscription *sub, const struct sync_channel *row)
{
	struct channel *ch = sub->channel;
	enum gap_reason gap;
	const int64_t at = subscribe_start_of(sub, row, &gap);
	const int64_t after = sub->requests->after;

	sub->joined = true;
	sub->live_from = row->head;
	subscribe_ack_all(sub, row->head, row->head - at);
	if (gap == GAP_REASONS) {
		sub->at = at;
	} else {
		sub->at = after;
		sub_gap(sub, at, gap);
	}
	if (at < row->head && at >= chan_log_base(ch->log))
		metrics_add(ch->hub->env->metrics, PM_REPLAY_MEMORY, 1);
}

/* Let in, as of the snapshot in which row was read. */
static void
subscribe_admit(
    struct subscription *sub, const struct sync_channel *row, int64_t head_before)
{
	struct channel *ch = sub->channel;
	int64_t stop_at;

	epoch_seen(ch->hub, row->epoch);
	ch->is_private = row->is_private;
	if (row->head >= channel_head(ch)) /* else what was heard is newer */
		ch->archived = row->archived;
	if (ch->log == NULL) {
		ch->log = chan_log_new(ch->hub->logs, row->head);
	} else if (row->head < head_before) {
		channel_reset(ch, row->head); /* the database has gone back */
		if (sub->joined)
			return; /* it was told, and is asked for again if need be */
	}
	sub->clear = row->head;
	if (!removals_find(ch->removals, &sub->conn->user, sub->clear, &stop_at)) {
		sub_ask_again(sub); /* too long ago to tell whether it still holds */
		return;
	}
	sub->stop_at = row->is_private ? stop_at : INT64_MAX;
	if (!sub->joined)
		subscribe_join(sub, row);
	else if (sub->stop_at == INT64_MAX)
		subscribe_ack_all(sub, row->head, 0); /* asked for while it was to end */
	sub_behind(sub);
}

static void
subscribe_judge(struct hub *hub, const struct authorise_item *item,
    const struct sync_channel *row, enum es_code rc)
{
	const struct sync_right *right = &item->right;
	struct conn *c = conn_get(hub->conns, item->conn);
	struct channel *ch = channel_find(hub, &right->tenant, &right->channel);
	struct subscription *sub = c == NULL || ch == NULL ? NULL : sub_find(hub, c, ch);

	if (sub == NULL || sub->state != SUB_ASKED || sub->ticket != item->ticket)
		return;
	if (rc != ES_OK)
		sub_ask_again(sub); /* until its time is over */
	else if (row == NULL)
		sub_fail(sub, ES_NOT_FOUND, "no such channel");
	else
		subscribe_admit(sub, row, item->head_before);
}

/* Rows come in order; an item without one is a no. */
static void
subscribe_authorise_done(struct authorise_ask *ask, enum es_code rc,
    const struct sync_channel rows[], size_t n_rows, const struct es_err *err)
{
	struct hub *hub = ask->hub;
	size_t at = 0;

	(void)err;
	gather_answered(&hub->gather);
	if (rc != ES_OK)
		hub->ask_after_ms = hub->env->now_ms + ASK_BACKOFF_MS;
	for (size_t i = 0; i < ask->n; i++) {
		const bool yes = at < n_rows && rows[at].ord == (int64_t)i;

		subscribe_judge(hub, &ask->items[i], yes ? &rows[at] : NULL, rc);
		at += yes;
	}
	free(ask);
}

/* What the connection wants to know, as far as there is room. */
static void
subscribe_add_items(struct authorise_ask *ask, const struct hub_conn *hc, size_t max)
{
	struct list *l = hc->to_ask.next;

	for (; l != &hc->to_ask && ask->n < max; l = l->next) {
		struct subscription *sub = LIST_ITEM(l, struct subscription, place);
		struct authorise_item *item = &ask->items[ask->n++];

		sub->ticket = ++hc->hub->last_ticket;
		item->right.tenant = hc->conn->tenant;
		item->right.user = hc->conn->user;
		item->right.channel = sub->channel->id;
		item->conn = hc->conn->ref;
		item->ticket = sub->ticket;
		item->head_before = channel_head(sub->channel);
	}
}

static struct authorise_ask *
subscribe_ask_of(struct hub *hub, size_t max)
{
	struct authorise_ask *ask =
	    mem_new(1, sizeof(*ask) + max * sizeof(struct authorise_item));

	ask->hub = hub;
	ask->done = subscribe_authorise_done;
	for (struct list *l = hub->asking.next; l != &hub->asking && ask->n < max;
	     l = l->next)
		subscribe_add_items(ask, LIST_ITEM(l, struct hub_conn, asking), max);
	return ask;
}

/* The first n of those that want to know have asked. */
static void
subscribe_have_asked(struct hub *hub, size_t n)
{
	struct list *l;

	while (n > 0 && (l = list_first(&hub->asking)) != NULL) {
		struct hub_conn *hc = LIST_ITEM(l, struct hub_conn, asking);

		for (; n > 0 && !list_empty(&hc->to_ask); n--)
			sub_place(LIST_ITEM(hc->to_ask.next, struct subscription, place),
			    SUB_ASKED, NULL);
		if (list_empty(&hc->to_ask))
			list_del(&hc->asking);
		else
			list_move_tail(&hub->asking, &hc->asking);
	}
}

void
subscribe_ask(struct hub *hub)
{
	const int64_t now_ms = hub->env->now_ms;
	size_t max;

	if (now_ms < hub->ask_after_ms)
		return;
	while ((max = gather_due(&hub->gather, hub->n_to_ask, now_ms)) > 0) {
		struct authorise_ask *ask = subscribe_ask_of(hub, max);
		const size_t n = ask->n;

		if (!hub->io.authorise(hub->io.ctx, ask)) {
			free(ask);
			return;
		}
		gather_sent(&hub->gather, now_ms);
		subscribe_have_asked(hub, n);
	}
}

void
subscribe_tick(struct hub *hub)
{
	const int64_t now_ms = hub->env->now_ms;

	for (struct list *l = hub->asking.next; l != &hub->asking; l = l->next) {
		struct hub_conn *hc = LIST_ITEM(l, struct hub_conn, asking);
		struct list *next;

		for (struct list *s = hc->to_ask.next; s != &hc->to_ask; s = next) {
			struct subscription *sub =
			    LIST_ITEM(s, struct subscription, place);

			next = s->next;
			if (!sub->joined && now_ms > sub->requests->deadline_ms)
				sub_fail(sub, ES_UNAVAILABLE,
				    "the right to read can't be checked at the moment");
		}
	}
}
