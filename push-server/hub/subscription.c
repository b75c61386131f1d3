#include "hub/subscription.h"

#include <stdlib.h>
#include <string.h>

#include "conn/frame_out.h"
#include "core/check.h"
#include "core/hash.h"
#include "core/pool.h"

#include "core/banned.h"

#define MAY_BECOME(state) (1U << (state))
#define LIVE_STATES \
	(MAY_BECOME(SUB_IDLE) | MAY_BECOME(SUB_PENDING) | MAY_BECOME(SUB_PAGING) | \
	    MAY_BECOME(SUB_TO_ASK))

static const unsigned sub_next[SUB_STATES] = {
    [SUB_WAITING] = MAY_BECOME(SUB_TO_ASK),
    [SUB_TO_ASK] = MAY_BECOME(SUB_ASKED) | MAY_BECOME(SUB_TO_ASK) | MAY_BECOME(SUB_IDLE) |
                   MAY_BECOME(SUB_PENDING),
    [SUB_ASKED] = LIVE_STATES,
    [SUB_IDLE] = LIVE_STATES,
    [SUB_PENDING] = LIVE_STATES,
    [SUB_PAGING] = LIVE_STATES,
};

struct sub_key {
	const struct conn *conn;
	const struct channel *channel;
};

static bool
sub_same(struct table_node *node, const void *key)
{
	const struct subscription *sub = ES_CONTAINER(node, struct subscription, node);
	const struct sub_key *k = key;

	return sub->conn == k->conn && sub->channel == k->channel;
}

struct subscription *
sub_find(const struct hub *hub, const struct conn *c, const struct channel *ch)
{
	const struct sub_key key = {c, ch};
	struct table_node *node = table_find(
	    &hub->subscriptions, hash_bytes(&key, sizeof(key)), sub_same, &key);

	return node == NULL ? NULL : ES_CONTAINER(node, struct subscription, node);
}

struct subscription *
sub_new(struct conn *c, struct channel *ch)
{
	const struct sub_key key = {c, ch};
	struct hub *hub = ch->hub;
	struct subscription *sub = pool_take(hub->subscription_pool);

	sub->conn = c;
	sub->channel = ch;
	sub->state = SUB_WAITING;
	sub->stop_at = INT64_MAX;
	list_init(&sub->place);
	list_add_tail(&ch->joining, &sub->place);
	list_init(&sub->of_channel);
	list_add_tail(&ch->subs, &sub->of_channel);
	list_init(&sub->of_conn);
	list_add_tail(&c->hub->subscriptions, &sub->of_conn);
	table_add(&hub->subscriptions, &sub->node, hash_bytes(&key, sizeof(key)));
	c->hub->n_subscriptions++;
	ch->n_subs++;
	metrics_gauge_add(hub->env->metrics, PM_SUBSCRIPTIONS, 1);
	return sub;
}

void
sub_free(struct subscription *sub)
{
	struct channel *ch = sub->channel;

	ch->hub->n_to_ask -= sub->state == SUB_TO_ASK;
	list_del(&sub->place);
	list_del(&sub->of_channel);
	list_del(&sub->of_conn);
	table_remove(&ch->hub->subscriptions, &sub->node);
	sub->conn->hub->n_subscriptions--;
	ch->n_subs--;
	metrics_gauge_add(ch->hub->env->metrics, PM_SUBSCRIPTIONS, -1);
	sub_request_free(&sub->requests);
	pool_give(ch->hub->subscription_pool, sub);
	channel_on_subscription_freed(ch);
}

void
sub_place(struct subscription *sub, enum sub_state next, struct list *list)
{
	CHECK(sub_next[sub->state] & MAY_BECOME(next));
	CHECK((list == NULL) == (next == SUB_ASKED));
	sub->channel->hub->n_to_ask -= sub->state == SUB_TO_ASK;
	sub->channel->hub->n_to_ask += next == SUB_TO_ASK;
	list_del(&sub->place);
	if (list != NULL)
		list_add_tail(list, &sub->place);
	sub->state = next;
}

bool
sub_members_only(const struct subscription *sub)
{
	return sub->channel->is_private || conn_is_guest(sub->conn);
}

bool
sub_live(const struct subscription *sub)
{
	return sub->joined && sub->state >= SUB_IDLE;
}

void
sub_conn_asks(struct hub_conn *hc)
{
	if (!hc->arrival_counted) {
		hc->arrival_counted = true;
		gather_count_arrival(&hc->hub->gather, hc->hub->env->now_ms);
	}
	if (list_empty(&hc->asking))
		list_add_tail(&hc->hub->asking, &hc->asking);
}

void
sub_ask(struct subscription *sub)
{
	struct hub_conn *hc = sub->conn->hub;

	sub_place(sub, SUB_TO_ASK, &hc->to_ask);
	sub_conn_asks(hc);
}

void
sub_ask_again(struct subscription *sub)
{
	const struct hub *hub = sub->channel->hub;

	if (sub->joined && !sub->unconfirmed) {
		const struct subscribe_request wait = {.op = "subscribe"};
		const int64_t deadline_ms =
		    hub->env->now_ms + hub->limits.join_timeout_ms;

		sub_request_add(&sub->requests, &wait, deadline_ms)->internal = true;
		sub->unconfirmed = true;
	}
	sub_ask(sub);
}

void
sub_set_pending(struct subscription *sub)
{
	struct hub_conn *hc = sub->conn->hub;

	sub_place(sub, SUB_PENDING, &hc->pending);
	if (list_empty(&hc->ready))
		list_add_tail(&hc->hub->ready, &hc->ready);
}

_Static_assert(PM_GAPS_LAST - PM_GAPS == GAP_SLOW, "a row for each reason");

void
sub_gap(struct subscription *sub, int64_t to, enum gap_reason reason)
{
	int64_t from = reason == GAP_RESET ? 1 : sub->at + 1;

	if (from > to)
		from = to;
	frame_out_gap(sub->conn, &sub->channel->id, from, to, reason);
	metrics_add(sub->channel->hub->env->metrics, PM_GAPS + reason, 1);
	sub->at = to;
}

void
sub_stop(struct subscription *sub, int64_t at, enum sub_end end)
{
	sub->stop_at = at;
	sub->end = (uint8_t)end;
}

enum sub_end
sub_end_of(const struct removal *removal)
{
	if (removal->seq == INT64_MAX)
		return SUB_END_NONE;
	if (removal->banned)
		return SUB_END_BANNED;
	return removal->left ? SUB_END_LEFT : SUB_END_REMOVED;
}

static const char *const sub_end_codes[SUB_ENDS] = {
    [SUB_END_NONE] = "no_access",
    [SUB_END_LEFT] = "left",
    [SUB_END_REMOVED] = "removed",
    [SUB_END_BANNED] = "banned",
    [SUB_END_DELETED] = "channel_deleted",
    [SUB_END_PRIVATE] = "became_private",
    [SUB_END_REFUSED] = "no_access",
};
_Static_assert(PM_UNSUBSCRIBED_LAST - PM_UNSUBSCRIBED == SUB_END_REFUSED - SUB_END_LEFT,
    "a row for each reason");

/* The frame comes after the last event of the channel, because control frames that are
 * queued after a write follow it. */
static void
sub_tell_end(const struct subscription *sub, enum sub_end end)
{
	frame_out_unsubscribed(sub->conn, &sub->channel->id, sub_end_codes[end]);
	metrics_add(sub->channel->hub->env->metrics,
	    PM_UNSUBSCRIBED + (unsigned)(end - SUB_END_LEFT), 1);
}

/* The database does not let the reader read any more. */
static enum sub_end
sub_why_refused(const struct subscription *sub)
{
	const struct channel_change_seqs changes =
	    channel_change_seqs_get(sub->channel->change_seqs);

	if (sub->end != SUB_END_NONE)
		return sub->end;
	if (changes.deleted_at > 0)
		return SUB_END_DELETED;
	if (sub->channel->is_private && changes.visibility_at > sub->clear)
		return SUB_END_PRIVATE;
	return SUB_END_REFUSED;
}

void
sub_fail(struct subscription *sub, enum es_code code, const char *text)
{
	struct sub_request unasked = {.op = "subscribe"};

	sub_request_drop_internal(&sub->requests);
	sub_request_refuse(sub->requests != NULL ? sub->requests : &unasked, sub->conn,
	    &sub->channel->id, code, text);
	if (sub->joined || sub->end != SUB_END_NONE)
		sub_tell_end(sub, sub_why_refused(sub));
	sub_free(sub);
}

void
sub_removal_delivered(struct subscription *sub)
{
	struct sub_request *request = sub->requests;
	const struct hub *hub = sub->channel->hub;

	if (request == NULL) {
		sub_tell_end(sub, sub->end);
		sub_free(sub);
		return;
	}
	sub->joined = false;
	/* without `after` the cursor stays */
	if (!request->has_after && request->newest == 0) {
		request->has_after = true;
		request->after = sub->stop_at;
		request->epoch = NULL;
	}
	request->deadline_ms = hub->env->now_ms + hub->limits.join_timeout_ms;
	sub->stop_at = INT64_MAX;
	sub_ask(sub);
}
