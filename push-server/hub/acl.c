#include "hub/acl.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"
#include "event/control.h"
#include "hub/hub_state.h"

#include "core/banned.h"

/* A tenant that has connections in this worker. */
struct held {
	struct table_node node;
	struct tenant_id tenant;
	int64_t version; /* the newest acl version known of the tenant */
	unsigned n_conns;
};

struct acl {
	acl_moved *moved;
	struct table tenants;
	bool asked;               /* a poll is under way */
	bool again;               /* poll once more after the poll under way */
	int64_t next_ms, good_ms; /* times of the next poll and the last answer */
};

struct acl *
acl_new(acl_moved *moved)
{
	struct acl *acl = mem_new(1, sizeof(*acl));

	acl->moved = moved;
	table_init(&acl->tenants);
	return acl;
}

void
acl_free(struct acl **acl)
{
	struct table_node *node;

	if (*acl == NULL)
		return;
	while ((node = table_next(&(*acl)->tenants, NULL)) != NULL) {
		table_remove(&(*acl)->tenants, node);
		free(ES_CONTAINER(node, struct held, node));
	}
	free(*acl);
	*acl = NULL;
}

static bool
acl_same_tenant(struct table_node *node, const void *key)
{
	return memcmp(&ES_CONTAINER(node, struct held, node)->tenant, key,
		   sizeof(struct tenant_id)) == 0;
}

static struct held *
acl_find(const struct acl *acl, const struct tenant_id *tenant)
{
	struct table_node *node = table_find(
	    &acl->tenants, keyed_hash(tenant, sizeof(*tenant)), acl_same_tenant, tenant);

	return node == NULL ? NULL : ES_CONTAINER(node, struct held, node);
}

static void
acl_move(struct hub *hub, struct held *held, int64_t version)
{
	held->version = version;
	hub->acl->moved(hub, &held->tenant);
}

void
acl_conn_open(struct hub *hub, struct conn *c)
{
	struct acl *acl = hub->acl;
	struct held *held = acl_find(acl, &c->tenant);

	if (held == NULL) {
		held = mem_new(1, sizeof(*held));
		held->tenant = c->tenant;
		held->version = c->acl_version;
		table_add(&acl->tenants, &held->node,
		    keyed_hash(&held->tenant, sizeof(held->tenant)));
	}
	held->n_conns++;
	if (c->acl_version > held->version)
		/* the tenant's other connections were looked up before the change: look
		 * them up again */
		acl_move(hub, held, c->acl_version);
	else if (c->acl_version < held->version)
		hub->io.revalidate_conn(hub->io.ctx, c);
}

void
acl_conn_closed(struct hub *hub, const struct conn *c)
{
	struct held *held = acl_find(hub->acl, &c->tenant);

	CHECK(held != NULL);
	if (--held->n_conns > 0)
		return;
	table_remove(&hub->acl->tenants, &held->node);
	free(held);
}

int64_t
acl_version(const struct hub *hub, const struct tenant_id *tenant)
{
	const struct held *held = acl_find(hub->acl, tenant);

	return held == NULL ? 0 : held->version;
}

void
acl_poll_soon(struct hub *hub)
{
	hub->acl->next_ms = 0;
	hub->acl->again = hub->acl->asked;
}

/* Immediately look up the user or the jti that the hint names. When the hint's version is
 * the known version + 1, only this user or these tokens have changed. A larger step means
 * that a hint was lost: poll, so that all connections of the tenant are looked up. */
static void
acl_take_hint(struct hub *hub, struct held *held, const struct control *hint)
{
	const bool follows = hint->acl_version == held->version + 1;

	const bool names = hint->names_user || hint->jti[0] != '\0';

	if (hint->names_user)
		hub->io.revalidate_user(hub->io.ctx, &hint->tenant, &hint->user);
	else if (names)
		hub->io.revalidate_jti(hub->io.ctx, &hint->tenant, hint->jti);
	if (names && follows)
		held->version = hint->acl_version;
	else if (hint->acl_version > held->version || (hint->acl_version == 0 && !names))
		acl_poll_soon(hub);
}

void
acl_hint(struct hub *hub, const char *json, size_t len)
{
	struct arena *a = arena_new();
	struct control hint;
	struct held *held;
	struct es_err err;

	if (control_decode(json, len, a, &hint, &err) != ES_OK) {
		unreadable_message_seen(&hub->unreadable, hub->env, TOPIC_CONTROL, &err);
		acl_poll_soon(hub); /* a right has changed, but it is unknown whose */
	} else {
		held = acl_find(hub->acl, &hint.tenant);
		if (held != NULL)
			acl_take_hint(hub, held, &hint);
	}
	arena_free(&a);
}

static void
acl_done(struct acl_ask *ask, enum es_code rc, const int64_t versions[])
{
	struct hub *hub = ask->hub;
	struct acl *acl = hub->acl;

	acl->asked = false;
	acl->next_ms = hub->env->now_ms + (acl->again ? 0 : hub->limits.acl_poll_ms);
	acl->again = false;
	if (rc == ES_OK)
		acl->good_ms = hub->env->now_ms;
	for (size_t i = 0; rc == ES_OK && i < ask->n; i++) {
		struct held *held = acl_find(acl, &ask->tenants[i]);

		if (held != NULL && versions[i] != held->version)
			acl_move(hub, held, versions[i]);
	}
	free(ask->tenants);
	free(ask);
}

static void
acl_poll_now(struct hub *hub)
{
	struct acl *acl = hub->acl;
	struct acl_ask *ask = mem_new(1, sizeof(*ask));
	struct table_node *node = NULL;

	ask->hub = hub;
	ask->done = acl_done;
	ask->tenants = mem_new(acl->tenants.n, sizeof(*ask->tenants));
	while ((node = table_next(&acl->tenants, node)) != NULL)
		ask->tenants[ask->n++] = ES_CONTAINER(node, struct held, node)->tenant;
	if (hub->io.acl(hub->io.ctx, ask)) {
		acl->asked = true;
		return;
	}
	free(ask->tenants);
	free(ask);
}

void
acl_tick(struct hub *hub)
{
	struct acl *acl = hub->acl;
	const int64_t now_ms = hub->env->now_ms;

	if (acl->tenants.n == 0 || acl->good_ms == 0)
		acl->good_ms = now_ms; /* no tenant to check: nothing is stale */
	metrics_gauge_set(hub->env->metrics, PM_AUTHZ_STALE,
	    now_ms - acl->good_ms > ACL_STALE_MS ? 1 : 0);
	if (acl->tenants.n > 0 && !acl->asked && now_ms >= acl->next_ms)
		acl_poll_now(hub);
}
