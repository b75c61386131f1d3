#include "hub/authz.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/gather.h"
#include "crypto/keyed_hash.h"
#include "hub/acl.h"
#include "hub/grants.h"
#include "hub/subscription.h"

#include "core/banned.h"

/* A waiting caller of authz_check(). A waiter on authz->known waits for the end of the
 * turn; any other waiter waits for the answer to a question. */
struct waiter {
	struct list place;
	authz_done *done;
	void *ctx;
	enum es_code rc;
};

/* A right that the worker asks the database for, and the waiters for the answer. */
struct question {
	struct table_node node; /* in unasked */
	struct list place;      /* on to_ask, then on a batch */
	struct rights_key right;
	struct list waiters; /* empty: the question only renews a grant */
	int64_t asked_ms;
};

/* The questions of one statement, in the order of its items. */
struct batch {
	struct list questions;
};

struct authz {
	struct grants *grants;
	struct gather gather;
	/* Questions not sent yet. Waiters join only these: the answer to a question under
	 * way may be older than a change of the right. */
	struct table unasked;
	struct list to_ask;
	struct list known; /* waiters whose answer is known without the database */
};

struct authz *
authz_new(const struct hub_limits *limits)
{
	struct authz *az = mem_new(1, sizeof(*az));
	/* Gather only briefly, because a client's message waits for the answer. */
	const struct gather_limits gather = {
	    .batch = limits->lookup_batch, .hurried = true};

	az->grants = grants_new(limits->rights_max, limits->rights_keep_ms);
	gather_init(&az->gather, &gather);
	table_init(&az->unasked);
	list_init(&az->to_ask);
	list_init(&az->known);
	return az;
}

static void
authz_drop(struct list *waiters)
{
	struct list *l;

	while ((l = list_pop(waiters)) != NULL)
		free(LIST_ITEM(l, struct waiter, place));
}

void
authz_free(struct authz **az)
{
	struct list *l;

	if (*az == NULL)
		return;
	while ((l = list_pop(&(*az)->to_ask)) != NULL) {
		struct question *q = LIST_ITEM(l, struct question, place);

		table_remove(&(*az)->unasked, &q->node);
		authz_drop(&q->waiters);
		free(q);
	}
	authz_drop(&(*az)->known);
	grants_free(&(*az)->grants);
	free(*az);
	*az = NULL;
}

static void
authz_answer(struct waiter *w)
{
	struct es_err err = {.code = w->rc};

	if (w->rc != ES_OK)
		(void)es_fail(&err, w->rc, "%s",
		    w->rc == ES_NOT_FOUND          ? "no such channel"
		    : w->rc == ES_CHANNEL_ARCHIVED ? "the channel is archived"
		    : w->rc == ES_FORBIDDEN
			? "only owners and admins of the channel or of the tenant "
			  "may post in it"
			: "the server cannot check the right to send at the moment; "
			  "try again");
	w->done(w->ctx, w->rc, &err);
	free(w);
}

/* Answers the waiters and frees the question, which must be on no list and in no table:
 * a waiter's callback may call authz_check() again. */
static void
authz_finish(struct question *q, enum es_code rc)
{
	struct list *l;

	while ((l = list_pop(&q->waiters)) != NULL) {
		struct waiter *w = LIST_ITEM(l, struct waiter, place);

		w->rc = rc;
		authz_answer(w);
	}
	free(q);
}

static enum es_code
authz_judge(struct hub *hub, const struct question *q, const struct rights_row *row,
    enum es_code rc)
{
	if (rc != ES_OK)
		return ES_UNAVAILABLE;
	if (list_empty(&q->waiters)) {
		grants_renew(hub->authz->grants, &q->right,
		    row != NULL && row->may_post ? row : NULL, q->asked_ms,
		    hub->env->now_ms);
		return ES_OK;
	}
	if (row == NULL)
		return ES_NOT_FOUND;
	if (!row->may_post)
		return ES_FORBIDDEN;
	grants_add(hub->authz->grants, &q->right, row, hub->env->now_ms);
	return row->archived ? ES_CHANNEL_ARCHIVED : ES_OK;
}

/* Rows come in the order of the questions. A question without a row means that the user
 * may not read the channel. */
static void
authz_authorise_done(struct authorise_ask *ask, enum es_code rc,
    const struct rights_row rows[], size_t n_rows, const struct es_err *err)
{
	struct hub *hub = ask->hub;
	struct batch *batch = ask->ctx;
	size_t at = 0;

	(void)err;
	gather_answered(&hub->authz->gather);
	for (size_t i = 0; i < ask->n; i++) {
		struct question *q =
		    LIST_ITEM(list_pop(&batch->questions), struct question, place);
		const bool yes =
		    rows != NULL && at < n_rows && rows[at].ord == (int64_t)i;

		authz_finish(q, authz_judge(hub, q, yes ? &rows[at] : NULL, rc));
		at += yes;
	}
	free(batch);
	free(ask);
}

/* Makes one statement of the first n questions. */
static struct authorise_ask *
authz_make_ask(struct hub *hub, size_t n)
{
	struct authz *az = hub->authz;
	struct authorise_ask *ask =
	    mem_new(1, sizeof(*ask) + n * sizeof(struct authorise_item));
	struct batch *batch = mem_new(1, sizeof(*batch));

	list_init(&batch->questions);
	ask->hub = hub;
	ask->ctx = batch;
	ask->done = authz_authorise_done;
	for (; ask->n < n; ask->n++) {
		struct question *q =
		    LIST_ITEM(list_pop(&az->to_ask), struct question, place);

		table_remove(&az->unasked, &q->node);
		list_add_tail(&batch->questions, &q->place);
		ask->items[ask->n].right = q->right;
	}
	return ask;
}

static void
authz_ask(struct hub *hub)
{
	struct authz *az = hub->authz;
	size_t n;

	while ((n = gather_due(&az->gather, az->unasked.n, hub->env->now_ms)) > 0) {
		struct authorise_ask *ask = authz_make_ask(hub, n);

		gather_sent(&az->gather, hub->env->now_ms);
		if (!hub->io.authorise(hub->io.ctx, ask))
			authz_authorise_done(ask, ES_UNAVAILABLE, NULL, 0, NULL);
	}
	loop_env_wake(hub->env, gather_due_ms(&az->gather));
}

/* A live subscription proves the right to read: a removal of the member sets its
 * stop_at. */
static bool
authz_subscribed(struct hub *hub, const struct conn *c, const struct channel_id *channel,
    bool *out_archived)
{
	struct channel *ch = channel_find(hub, &c->tenant, channel);
	struct subscription *sub = ch == NULL ? NULL : sub_find(hub, c, ch);

	if (sub == NULL || !sub_live(sub) || sub->stop_at != INT64_MAX || ch->admins_post)
		return false;
	*out_archived = ch->archived;
	return true;
}

static bool
authz_from_memory(struct hub *hub, const struct conn *c, const struct rights_key *right,
    bool *out_archived)
{
	return authz_subscribed(hub, c, &right->channel, out_archived) ||
	       grants_find(hub->authz->grants, right, acl_version(hub, &c->tenant),
		   hub->env->now_ms, out_archived);
}

static bool
authz_same_question(struct table_node *node, const void *key)
{
	return memcmp(&ES_CONTAINER(node, struct question, node)->right, key,
		   sizeof(struct rights_key)) == 0;
}

static struct question *
authz_question(struct hub *hub, const struct rights_key *right)
{
	struct authz *az = hub->authz;
	const uint64_t hash = keyed_hash(right, sizeof(*right));
	struct table_node *node =
	    table_find(&az->unasked, hash, authz_same_question, right);
	struct question *q;

	if (node != NULL)
		return ES_CONTAINER(node, struct question, node);
	q = mem_new(1, sizeof(*q));
	q->right = *right;
	q->asked_ms = hub->env->now_ms;
	list_init(&q->waiters);
	list_init(&q->place);
	list_add_tail(&az->to_ask, &q->place);
	table_add(&az->unasked, &q->node, hash);
	return q;
}

void
authz_check(struct hub *hub, const struct conn *c, const struct channel_id *channel,
    authz_done *done, void *ctx)
{
	const struct rights_key right = {c->tenant, c->user, *channel};
	struct waiter *waiter = mem_new(1, sizeof(*waiter));
	bool archived;

	waiter->done = done;
	waiter->ctx = ctx;
	list_init(&waiter->place);
	if (authz_from_memory(hub, c, &right, &archived)) {
		waiter->rc = archived ? ES_CHANNEL_ARCHIVED : ES_OK;
		list_add_tail(&hub->authz->known, &waiter->place);
		return;
	}
	list_add_tail(&authz_question(hub, &right)->waiters, &waiter->place);
}

bool
authz_turn(struct hub *hub)
{
	struct authz *az = hub->authz;
	struct list now, *l;

	authz_ask(hub);
	list_init(&now);
	list_splice_tail(&now, &az->known);
	while ((l = list_pop(&now)) != NULL)
		authz_answer(LIST_ITEM(l, struct waiter, place));
	authz_ask(hub); /* for questions that the callbacks have added */
	grants_expire(az->grants, hub->env->now_ms);
	return !list_empty(&az->known);
}

static void
authz_renew(void *ctx, const struct rights_key *right)
{
	(void)authz_question(ctx, right);
}

void
authz_tick(struct hub *hub)
{
	grants_each_to_renew(hub->authz->grants, hub->env->now_ms, authz_renew, hub);
}

void
authz_forget_channel(struct authz *az, const struct channel_id *channel)
{
	grants_forget_channel(az->grants, channel);
}

void
authz_forget_tenant(struct authz *az, const struct tenant_id *tenant)
{
	grants_forget_tenant(az->grants, tenant);
}
