#include "hub/authz.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"
#include "hub/acl.h"
#include "hub/subscription.h"

#include "core/banned.h"

struct authz_key {
	struct tenant_id tenant;
	struct user_id user;
	struct channel_id channel;
};

/* A yes. A no is never remembered: the next moment may bring the right. */
struct grant {
	struct table_node node;
	struct list by_age;
	struct authz_key key;
	bool archived;
	int64_t version; /* of the tenant's acl, as of the snapshot of the answer */
	int64_t since_ms;
};

/* Somebody waits: for the database, or (known) for the end of the turn. */
struct waiter {
	struct list place;
	authz_done *done;
	void *ctx;
	enum es_code rc;
};

struct authz {
	struct table grants;
	struct list by_age; /* oldest first */
	struct list known;  /* waiters whose answer is there */
};

struct authz *
authz_new(void)
{
	struct authz *az = mem_new(1, sizeof(*az));

	table_init(&az->grants);
	list_init(&az->by_age);
	list_init(&az->known);
	return az;
}

static void
authz_grant_free(struct authz *az, struct grant *g)
{
	table_remove(&az->grants, &g->node);
	list_del(&g->by_age);
	free(g);
}

void
authz_free(struct authz **az)
{
	struct list *l;

	if (*az == NULL)
		return;
	while (!list_empty(&(*az)->by_age))
		authz_grant_free(
		    *az, LIST_ITEM((*az)->by_age.next, struct grant, by_age));
	while ((l = list_pop(&(*az)->known)) != NULL)
		free(LIST_ITEM(l, struct waiter, place));
	free(*az);
	*az = NULL;
}

static bool
authz_same_grant(struct table_node *node, const void *key)
{
	return memcmp(&ES_CONTAINER(node, struct grant, node)->key, key,
		   sizeof(struct authz_key)) == 0;
}

static struct grant *
authz_find(const struct authz *az, const struct authz_key *key)
{
	struct table_node *node =
	    table_find(&az->grants, keyed_hash(key, sizeof(*key)), authz_same_grant, key);

	return node == NULL ? NULL : ES_CONTAINER(node, struct grant, node);
}

static void
authz_remember(
    struct hub *hub, const struct authz_key *key, const struct sync_channel *row)
{
	struct authz *az = hub->authz;
	struct grant *g = authz_find(az, key);

	if (g != NULL)
		authz_grant_free(az, g);
	if (az->grants.n >= hub->limits.rights_max)
		authz_grant_free(az, LIST_ITEM(az->by_age.next, struct grant, by_age));
	g = mem_new(1, sizeof(*g));
	g->key = *key;
	g->archived = row->archived;
	g->version = row->acl_version;
	g->since_ms = hub->env->now_ms;
	list_add_tail(&az->by_age, &g->by_age);
	table_add(&az->grants, &g->node, keyed_hash(key, sizeof(*key)));
}

static void
authz_answer(struct waiter *w)
{
	struct es_err err = {.code = w->rc};

	if (w->rc != ES_OK)
		(void)es_fail(&err, w->rc, "%s",
		    w->rc == ES_NOT_FOUND ? "no such channel"
		    : w->rc == ES_CHANNEL_ARCHIVED
			? "the channel is archived"
			: "the right to send can't be checked at the moment");
	w->done(w->ctx, w->rc, &err);
	free(w);
}

static void
authz_authorise_done(struct authorise_ask *ask, enum es_code rc,
    const struct sync_channel rows[], size_t n_rows, const struct es_err *err)
{
	struct waiter *w = ask->ctx;
	const struct sync_right *right = &ask->items[0].right;
	const struct authz_key key = {right->tenant, right->user, right->channel};

	(void)err;
	if (rc != ES_OK) {
		w->rc = ES_UNAVAILABLE;
	} else if (n_rows == 0) {
		w->rc = ES_NOT_FOUND;
	} else {
		w->rc = rows[0].archived ? ES_CHANNEL_ARCHIVED : ES_OK;
		authz_remember(ask->hub, &key, &rows[0]);
	}
	authz_answer(w);
	free(ask);
}

/* A live subscription is a yes that every removal takes back. */
static bool
authz_subscribed(struct hub *hub, const struct conn *c, const struct channel_id *channel,
    bool *out_archived)
{
	struct channel *ch = channel_find(hub, &c->tenant, channel);
	struct subscription *sub = ch == NULL ? NULL : sub_find(hub, c, ch);

	if (sub == NULL || !sub_live(sub) || sub->stop_at != INT64_MAX)
		return false;
	*out_archived = ch->archived;
	return true;
}

static bool
authz_from_memory(struct hub *hub, const struct conn *c, const struct channel_id *channel,
    bool *out_archived)
{
	const struct authz_key key = {c->tenant, c->user, *channel};
	const struct grant *g;

	if (authz_subscribed(hub, c, channel, out_archived))
		return true;
	g = authz_find(hub->authz, &key);
	if (g == NULL || hub->env->now_ms - g->since_ms > hub->limits.rights_keep_ms ||
	    g->version < acl_version(hub, &c->tenant))
		return false;
	*out_archived = g->archived;
	return true;
}

void
authz_check(struct hub *hub, const struct conn *c, const struct channel_id *channel,
    authz_done *done, void *ctx)
{
	struct waiter *waiter = mem_new(1, sizeof(*waiter));
	struct authorise_ask *ask;
	bool archived;

	waiter->done = done;
	waiter->ctx = ctx;
	list_init(&waiter->place);
	if (authz_from_memory(hub, c, channel, &archived)) {
		waiter->rc = archived ? ES_CHANNEL_ARCHIVED : ES_OK;
		list_add_tail(&hub->authz->known, &waiter->place);
		return;
	}
	ask = mem_new(1, sizeof(*ask) + sizeof(ask->items[0]));
	ask->hub = hub;
	ask->n = 1;
	ask->items[0].right = (struct sync_right){c->tenant, c->user, *channel};
	ask->ctx = waiter;
	ask->done = authz_authorise_done;
	if (hub->io.authorise(hub->io.ctx, ask))
		return;
	free(ask);
	waiter->rc = ES_UNAVAILABLE;
	list_add_tail(&hub->authz->known, &waiter->place);
}

void
authz_turn(struct hub *hub)
{
	struct authz *az = hub->authz;
	struct list now, *l;

	list_init(&now);
	list_splice_tail(
	    &now, &az->known); /* what an answer asks for is of the next turn */
	while ((l = list_pop(&now)) != NULL)
		authz_answer(LIST_ITEM(l, struct waiter, place));
	while (!list_empty(&az->by_age)) {
		struct grant *g = LIST_ITEM(az->by_age.next, struct grant, by_age);

		if (hub->env->now_ms - g->since_ms <= hub->limits.rights_keep_ms)
			break;
		authz_grant_free(az, g);
	}
}

void
authz_forget_channel(struct authz *az, const struct channel_id *channel)
{
	struct list *next;

	for (struct list *l = az->by_age.next; l != &az->by_age; l = next) {
		struct grant *g = LIST_ITEM(l, struct grant, by_age);

		next = l->next;
		if (strcmp(g->key.channel.text, channel->text) == 0)
			authz_grant_free(az, g);
	}
}

void
authz_forget_tenant(struct authz *az, const struct tenant_id *tenant)
{
	struct list *next;

	for (struct list *l = az->by_age.next; l != &az->by_age; l = next) {
		struct grant *g = LIST_ITEM(l, struct grant, by_age);

		next = l->next;
		if (strcmp(g->key.tenant.text, tenant->text) == 0)
			authz_grant_free(az, g);
	}
}
