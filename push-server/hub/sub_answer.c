#include "hub/sub_answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "conn/frame_out.h"
#include "core/check.h"
#include "event/feed.h"

#include "core/banned.h"

/* The effect of a request on its subscription. */
struct outcome_of {
	int64_t at;          /* new position of the cursor */
	enum gap_reason gap; /* a gap up to `at`; GAP_REASONS: no gap */
};

static struct outcome_of
sub_answer_plan(const struct subscription *sub, const struct sub_request *r, int64_t head,
    const char *epoch)
{
	const int64_t limit = sub->channel->hub->limits.replay_limit;

	if (r->newest > 0) {
		const int64_t n = r->newest < limit ? r->newest : limit;

		return (struct outcome_of){head > n ? head - n : 0, GAP_REASONS};
	}
	if (!r->has_after)
		return (struct outcome_of){sub->at, GAP_REASONS};
	if (r->after > head || (r->epoch != NULL && strcmp(r->epoch, epoch) != 0))
		return (struct outcome_of){head, GAP_RESET};
	if (head - r->after > limit)
		return (struct outcome_of){head, GAP_REPLAY_LIMIT};
	return (struct outcome_of){r->after, GAP_REASONS};
}

static void
sub_answer_ack(const struct subscription *sub, const struct sub_request *r, int64_t head,
    int64_t replayed)
{
	const char *epoch = sub->channel->hub->env->epoch;
	char payload[160];

	/* The epoch is a UUID that EchoStream has made, so it needs no escaping. */
	(void)snprintf(payload, sizeof(payload),
	    "{\"epoch\":\"%s\",\"seq\":%" PRId64 ",\"replayed\":%" PRId64 "}", epoch,
	    head, replayed);
	frame_out_ack(sub->conn, r->op, r->id,
	    feed_channel_name(&sub->channel->id, &sub->conn->tenant, &sub->conn->user),
	    payload);
}

/* Answer the first request and move the cursor. */
static void
sub_answer_first(struct subscription *sub, const struct outcome_of *outcome, int64_t head)
{
	struct sub_request *r = sub->requests;
	const struct channel *ch = sub->channel;
	const bool moves = r->has_after || r->newest > 0;
	const int64_t replayed = moves ? head - outcome->at : 0;

	sub_answer_ack(sub, r, head, replayed);
	sub_request_succeeded(r, head, replayed);
	if (outcome->gap != GAP_REASONS) {
		sub->at = r->after; /* the gap begins after this number */
		sub_gap(sub, outcome->at, outcome->gap);
	} else if (moves) {
		if (outcome->at < sub->at)
			sub->live_from = head;
		sub->at = outcome->at;
		if (sub->at < head && sub->at >= chan_log_base(ch->log))
			metrics_add(ch->hub->env->metrics, PM_REPLAY_MEMORY, 1);
	}
	sub_request_drop(&sub->requests);
}

/* Returns true when the worker can answer from the log: no gap is needed, and the worker
 * has seen every event that the cursor skips. */
static bool
sub_answer_knows(const struct subscription *sub, const struct outcome_of *outcome)
{
	const struct channel *ch = sub->channel;

	return outcome->gap == GAP_REASONS &&
	       (outcome->at <= sub->at || sub->at >= chan_log_base(ch->log));
}

void
sub_answer_again(
    struct subscription *sub, const struct subscribe_request *req, int64_t deadline_ms)
{
	const bool free_to_move =
	    sub_live(sub) && sub->stop_at == INT64_MAX && sub->requests == NULL;
	struct sub_request *r = sub_request_add(&sub->requests, req, deadline_ms);
	int64_t head = channel_head(sub->channel);
	struct outcome_of outcome;

	if (!free_to_move) {
		if (sub->state == SUB_ASKED)
			r->ask_id = sub->ask_id;
		return;
	}
	if (head < sub->at)
		head = sub->at; /* an answer of the database was ahead of the log */
	outcome = sub_answer_plan(sub, r, head, sub->channel->hub->env->epoch);
	if (!sub_answer_knows(sub, &outcome)) {
		sub_ask(sub);
		return;
	}
	sub_answer_first(sub, &outcome, head);
	if (sub->at < head)
		sub_set_pending(sub);
}

/* Returns true when the outcome is a reset, but the database's snapshot may be older than
 * the request. The client may know a newer event or epoch, e.g. from REST, so that the
 * reset would be wrong. */
static bool
sub_answer_is_older(const struct subscription *sub, const struct outcome_of *outcome,
    int64_t head, uint64_t ask_id)
{
	const struct sub_request *r = sub->requests;

	if (outcome->gap != GAP_RESET)
		return false;
	return r->ask_id == ask_id ||
	       (r->after > head && r->after <= channel_head(sub->channel));
}

bool
sub_answer_row(struct subscription *sub, const struct rights_row *row, uint64_t ask_id)
{
	sub_request_drop_internal(&sub->requests);
	sub->unconfirmed = false;
	if (sub->joined && sub->stop_at != INT64_MAX)
		return true; /* sub_removal_delivered() asks again when the removal is
		                delivered */
	if (!sub->joined)
		sub->at = sub->live_from = row->head;
	while (sub->requests != NULL) {
		const struct outcome_of outcome =
		    sub_answer_plan(sub, sub->requests, row->head, row->epoch);

		if (sub_answer_is_older(sub, &outcome, row->head, ask_id))
			return false;
		sub->joined = sub->channel->entered = true;
		sub_answer_first(sub, &outcome, row->head);
	}
	return true;
}

void
sub_answer_late(struct subscription *sub)
{
	const int64_t now_ms = sub->channel->hub->env->now_ms;

	while (sub->requests != NULL && now_ms > sub->requests->deadline_ms) {
		struct sub_request *late = sub->requests;
		struct es_err err;

		(void)es_fail(&err, ES_UNAVAILABLE, "%s",
		    late->internal
			? "the channel's events wait until the server has checked "
			  "the right to read"
			: "the server cannot check the right to read at the "
			  "moment; try again");
		sub_request_refuse_one(late, sub->conn, &sub->channel->id, &err);
		sub_request_drop(&sub->requests);
	}
	if (sub->requests == NULL && !sub->unconfirmed)
		sub_set_pending(sub);
}
