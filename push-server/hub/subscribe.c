#include "hub/subscribe.h"

#include <string.h>

#include "core/check.h"
#include "hub/applicant.h"
#include "hub/epoch.h"
#include "hub/sub_answer.h"

#include "core/banned.h"

static int64_t
subscribe_deadline(const struct hub *hub)
{
	return hub->env->now_ms + hub->limits.join_timeout_ms;
}

/* Subscribe to a channel that this worker holds for another reader already. Redis has
 * confirmed its topic, or will do so. */
static void
subscribe_to_held(struct channel *ch, struct conn *c, const struct subscribe_request *req)
{
	struct subscription *sub;

	ch = channel_find_or_add(ch->hub, &c->tenant, &req->channel);
	sub = sub_new(c, ch);
	sub_request_add(&sub->requests, req, subscribe_deadline(ch->hub));
	if (ch->confirmed)
		sub_ask(sub);
}

enum es_code
subscribe_begin(struct hub *hub, struct conn *c, const struct subscribe_request *req,
    struct es_err *err)
{
	struct channel *ch = channel_find(hub, &c->tenant, &req->channel);
	struct subscription *sub = ch == NULL ? NULL : sub_find(hub, c, ch);
	struct applicant *a = sub != NULL ? NULL : applicant_find(hub, c, &req->channel);

	if (sub != NULL) {
		sub_answer_again(sub, req, subscribe_deadline(hub));
		return ES_OK;
	}
	if (a != NULL) {
		sub_request_add(&a->requests, req, subscribe_deadline(hub));
		return ES_OK;
	}
	if (c->hub->n_subscriptions + c->hub->n_applicants >=
	    hub->limits.max_subscriptions)
		return es_fail(err, ES_TOO_MANY_SUBSCRIPTIONS,
		    "a connection may have at most %u subscriptions",
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

/* The database has confirmed the right to read. row is its answer, from one snapshot. */
static void
subscribe_admit(
    struct subscription *sub, const struct rights_row *row, int64_t head_before)
{
	struct channel *ch = sub->channel;
	struct removal removal;
	int64_t deleted_at;

	epoch_seen(ch->hub, row->epoch);
	if (row->head >= channel_change_seqs_get(ch->change_seqs)
			     .visibility_at) /* else row is outdated */
		ch->is_private = row->is_private;
	if (row->head >= channel_head(ch)) { /* else row is older than the log's head */
		ch->archived = row->archived;
		ch->admins_post = row->admins_post;
	}
	if (ch->log == NULL) {
		ch->log = chan_log_new(ch->hub->logs, row->head);
	} else if (row->head < head_before) {
		channel_reset(ch, row->head); /* the database was restored */
		if (sub->joined)
			return; /* channel_reset() has sent the subscription's gap */
	}
	if (ch->is_private && !row->is_private) {
		sub_ask_again(sub); /* the channel became private after row was read */
		return;
	}
	sub->clear = row->head;
	if (!removals_find(ch->removals, &sub->conn->user, sub->clear,
		!sub_members_only(sub), &removal)) {
		sub_ask_again(sub); /* a later removal may have been evicted */
		return;
	}
	if (conn_is_guest(sub->conn) && row->acl_version < sub->conn->acl_version) {
		sub_ask_again(sub); /* row may be older than the user's role of guest */
		return;
	}
	sub_stop(sub, removal.seq, sub_end_of(&removal));
	deleted_at = channel_change_seqs_get(ch->change_seqs).deleted_at;
	if (deleted_at > sub->clear && deleted_at < sub->stop_at)
		/* the deletion came after row was read */
		sub_stop(sub, deleted_at, SUB_END_DELETED);
	if (sub_answer_row(sub, row, sub->ask_id))
		sub_set_pending(sub);
	else
		sub_ask(sub);
}

void
subscribe_check_rights_again(struct conn *c)
{
	struct list *next;

	if (c->hub == NULL)
		return;
	for (struct list *l = c->hub->subscriptions.next; l != &c->hub->subscriptions;
	     l = next) {
		struct subscription *sub = LIST_ITEM(l, struct subscription, of_conn);

		next = l->next;
		if (sub->joined)
			sub_ask_again(sub);
	}
}

/* Turn an applicant that may read into a subscription. Do not use the head of the
 * applicant's answer; subscribe.h gives the reason. */
static void
subscribe_promote_applicant(struct hub *hub, struct applicant *a)
{
	struct conn *c = a->conn;
	struct channel *ch = channel_find_or_add(hub, &c->tenant, &a->channel);
	struct subscription *sub = sub_new(c, ch);

	sub->requests = a->requests;
	a->requests = NULL;
	applicant_free(a);
	if (ch->confirmed) /* the worker holds the channel for another reader */
		sub_ask(sub);
}

static void
subscribe_judge_applicant(
    struct hub *hub, struct applicant *a, const struct rights_row *row, enum es_code rc)
{
	struct conn *c = a->conn;

	if (rc != ES_OK) {
		applicant_ask_again(a); /* applicant_tick() refuses it at the deadline */
	} else if (row == NULL) {
		applicant_fail(a, ES_NOT_FOUND, "no such channel");
		hub->io.refused(hub->io.ctx, c);
	} else {
		subscribe_promote_applicant(hub, a);
	}
}

static void
subscribe_judge_sub(struct subscription *sub, const struct authorise_item *item,
    const struct rights_row *row, enum es_code rc)
{
	struct hub *hub = sub->channel->hub;
	struct conn *c = sub->conn;

	if (rc != ES_OK) {
		sub_ask(sub); /* rights_ask_tick() refuses its requests at the deadline */
	} else if (row == NULL) {
		sub_fail(sub, ES_NOT_FOUND, "no such channel");
		hub->io.refused(hub->io.ctx, c);
	} else {
		subscribe_admit(sub, row, item->head_before);
	}
}

void
subscribe_judge(struct hub *hub, const struct authorise_item *item,
    const struct rights_row *row, enum es_code rc)
{
	const struct rights_key *right = &item->right;
	struct conn *c = conn_get(hub->conns, item->conn);
	struct channel *ch = channel_find(hub, &right->tenant, &right->channel);
	struct subscription *sub = c == NULL || ch == NULL ? NULL : sub_find(hub, c, ch);
	struct applicant *a =
	    c == NULL || sub != NULL ? NULL : applicant_find(hub, c, &right->channel);

	if (sub != NULL && sub->state == SUB_ASKED && sub->ask_id == item->ask_id)
		subscribe_judge_sub(sub, item, row, rc);
	else if (a != NULL && a->asked && a->ask_id == item->ask_id)
		subscribe_judge_applicant(hub, a, row, rc);
}
