#include "hub/subscribe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn/frame_out.h"
#include "core/check.h"
#include "hub/applicant.h"
#include "hub/epoch.h"
#include "hub/subscription.h"

#include "core/banned.h"

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

static int64_t
subscribe_deadline(const struct hub *hub)
{
	return hub->env->now_ms + hub->limits.join_timeout_ms;
}

/* Already a cursor: it stays where it is, and what it has had is not repeated. One that
 * is to end with its removal is answered then: the user may be back. */
static void
subscribe_answer_again(struct subscription *sub, const struct subscribe_request *req)
{
	const int64_t deadline_ms = subscribe_deadline(sub->channel->hub);

	if (!sub->joined) {
		if (req->id != NULL)
			sub_request_add(&sub->requests, req, deadline_ms);
		return;
	}
	sub_request_add(&sub->requests, req, deadline_ms);
	if (sub->stop_at == INT64_MAX)
		subscribe_ack_all(sub, channel_head(sub->channel), 0);
}

/* The worker holds the channel: the topic exists, or is on its way for another reader
 * whom the database has let in. */
static void
subscribe_to_held(struct channel *ch, struct conn *c, const struct subscribe_request *req)
{
	struct subscription *sub;

	ch = channel_get(ch->hub, &c->tenant, &req->channel);
	sub = sub_new(c, ch);
	sub_request_add(&sub->requests, req, subscribe_deadline(ch->hub));
	if (ch->confirmed)
		sub_ask_again(sub);
}

enum es_code
subscribe_begin(struct hub *hub, struct conn *c, const struct subscribe_request *req,
    struct es_err *err)
{
	struct channel *ch = channel_find(hub, &c->tenant, &req->channel);
	struct subscription *sub = ch == NULL ? NULL : sub_find(hub, c, ch);
	struct applicant *a = sub != NULL ? NULL : applicant_find(hub, c, &req->channel);

	if (sub != NULL) {
		subscribe_answer_again(sub, req);
		return ES_OK;
	}
	if (a != NULL) {
		if (req->id != NULL)
			sub_request_add(&a->requests, req, subscribe_deadline(hub));
		return ES_OK;
	}
	if (c->hub->n_subscriptions + c->hub->n_applicants >=
	    hub->limits.max_subscriptions)
		return es_fail(err, ES_TOO_MANY_SUBSCRIPTIONS,
		    "%u subscriptions are the most a connection may have",
		    hub->limits.max_subscriptions);
	if (ch != NULL)
		subscribe_to_held(ch, c, req);
	else
		applicant_new(hub, c, req);
	return ES_OK;
}

void
subscribe_end(struct hub *hub, struct conn *c, const struct channel_id *channel)
{
	struct channel *ch = channel_find(hub, &c->tenant, channel);
	struct subscription *sub = ch == NULL ? NULL : sub_find(hub, c, ch);
	struct applicant *a = applicant_find(hub, c, channel);

	if (sub != NULL)
		sub_free(sub);
	if (a != NULL)
		applicant_free(a);
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

	ch->entered = true;
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

/* The first answer was a yes: what was read with it is not used, see subscribe.h. */
static void
subscribe_take_in(struct hub *hub, struct applicant *a)
{
	struct conn *c = a->conn;
	struct channel *ch = channel_get(hub, &c->tenant, &a->channel);
	struct subscription *sub = sub_new(c, ch);

	sub->requests = a->requests;
	a->requests = NULL;
	applicant_free(a);
	if (ch->confirmed) /* another applicant was faster */
		sub_ask_again(sub);
}

static void
subscribe_judge_applicant(
    struct hub *hub, struct applicant *a, const struct sync_channel *row, enum es_code rc)
{
	struct conn *c = a->conn;

	if (rc != ES_OK) {
		applicant_ask_again(a); /* until its deadline */
	} else if (row == NULL) {
		applicant_fail(a, ES_NOT_FOUND, "no such channel");
		hub->io.refused(hub->io.ctx, c);
	} else {
		subscribe_take_in(hub, a);
	}
}

static void
subscribe_judge_sub(struct subscription *sub, const struct authorise_item *item,
    const struct sync_channel *row, enum es_code rc)
{
	struct hub *hub = sub->channel->hub;
	struct conn *c = sub->conn;

	if (rc != ES_OK) {
		sub_ask_again(sub); /* until its deadline */
	} else if (row == NULL) {
		sub_fail(sub, ES_NOT_FOUND, "no such channel");
		hub->io.refused(hub->io.ctx, c);
	} else {
		subscribe_admit(sub, row, item->head_before);
	}
}

void
subscribe_judge(struct hub *hub, const struct authorise_item *item,
    const struct sync_channel *row, enum es_code rc)
{
	const struct sync_right *right = &item->right;
	struct conn *c = conn_get(hub->conns, item->conn);
	struct channel *ch = channel_find(hub, &right->tenant, &right->channel);
	struct subscription *sub = c == NULL || ch == NULL ? NULL : sub_find(hub, c, ch);
	struct applicant *a =
	    c == NULL || sub != NULL ? NULL : applicant_find(hub, c, &right->channel);

	if (sub != NULL && sub->state == SUB_ASKED && sub->ticket == item->ticket)
		subscribe_judge_sub(sub, item, row, rc);
	else if (a != NULL && a->asked && a->ticket == item->ticket)
		subscribe_judge_applicant(hub, a, row, rc);
}
