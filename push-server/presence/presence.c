#include "presence/presence.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "presence/presence_frame.h"
#include "presence/presence_tenant.h"
#include "presence/presence_users.h"

#include "core/banned.h"

#define SWEEP_USERS 500 /* users of dead workers removed in one sweep */

const struct presence_limits presence_limits_default = {
    .hold_ms = 15000, .idle_ms = 300000};

struct presence *
presence_new(struct loop_env *env, struct conns *conns,
    const struct presence_limits *limits, const struct presence_io *io)
{
	struct presence *p = mem_new(1, sizeof(*p));

	p->env = env;
	p->conns = conns;
	p->limits = *limits;
	p->io = *io;
	table_init(&p->users);
	table_init(&p->tenants);
	list_init(&p->dirty);
	list_init(&p->leaving);
	list_init(&p->all_tenants);
	list_init(&p->all_users);
	list_init(&p->to_list);
	list_init(&p->snapshots);
	list_init(&p->late);
	return p;
}

void
presence_free(struct presence **p)
{
	if (*p == NULL)
		return;
	CHECK(list_empty(&(*p)->all_tenants));
	presence_users_fini(*p);
	free(*p);
	*p = NULL;
}

void
presence_conn_open(struct presence *p, struct conn *c)
{
	struct presence_conn *pc = mem_new(1, sizeof(*pc));

	pc->conn = c;
	list_init(&pc->of_user);
	list_init(&pc->of_tenant);
	list_init(&pc->watches);
	list_init(&pc->snapshot);
	c->presence = pc;
	presence_users_join(p, pc);
	presence_tenant_join(p, pc);
}

void
presence_conn_closed(struct presence *p, struct conn *c)
{
	struct presence_conn *pc = c->presence;

	presence_tenant_leave(p, pc);
	presence_users_leave(p, pc);
	free(pc);
	c->presence = NULL;
}

void
presence_choose(struct presence *p, struct conn *c, enum presence_status status)
{
	(void)p;
	presence_users_choose(c->presence, status);
}

/* "es:t:" tenant ":p" */
static bool
presence_parse_topic(const char *topic, struct tenant_id *out)
{
	static const char prefix[] = "es:t:";
	const size_t at = sizeof(prefix) - 1, id = ES_UUID_TEXT - 1;
	char text[ES_UUID_TEXT] = {0};
	struct es_err err;

	if (strlen(topic) != at + id + 2 || memcmp(topic, prefix, at) != 0 ||
	    strcmp(topic + at + id, ":p") != 0)
		return false;
	memcpy(text, topic + at, id);
	memset(out, 0, sizeof(*out));
	return tenant_id_parse(text, out, &err) == ES_OK;
}

bool
presence_owns(const char *topic)
{
	struct tenant_id tenant;

	return presence_parse_topic(topic, &tenant);
}

void
presence_message(struct presence *p, const char *topic, const char *data, size_t len)
{
	struct tenant_id tenant;
	struct presence_tenant *pt = presence_parse_topic(topic, &tenant)
	                                 ? presence_tenant_find(p, &tenant)
	                                 : NULL;

	if (pt != NULL)
		presence_tenant_message(pt, data, len);
}

void
presence_subscribed(struct presence *p, const char *topic)
{
	struct tenant_id tenant;
	struct presence_tenant *pt = presence_parse_topic(topic, &tenant)
	                                 ? presence_tenant_find(p, &tenant)
	                                 : NULL;

	if (pt == NULL)
		return;
	/* If a list under way was asked for before this subscription, ask again at the
	 * next tick. */
	pt->again_ms = 0;
	presence_tenant_list(pt); /* the worker misses no change from here on */
}

void
presence_user_gone(
    struct presence *p, const struct tenant_id *tenant, const struct user_id *user)
{
	presence_users_gone(p, tenant, user);
}

void
presence_redis_state(struct presence *p, bool up)
{
	p->lease_ms = 0;
	if (up)
		presence_tenant_list_all(p);
}

static void
presence_on_lease(
    void *ctx, enum es_code rc, const struct redis_value *v, const struct es_err *err)
{
	struct presence *p = ctx;

	(void)err;
	if (rc == ES_OK && v->kind == REDIS_INT && v->num == 0)
		/* The lease had expired, so another worker may have removed the statuses
		 * of this worker. */
		presence_users_store_again(p);
}

static void
presence_renew(struct presence *p)
{
	struct presence_call call;

	presence_lease_call(&call, &p->env->id);
	IGNORE(p->io.redis(
	    p->io.ctx, call.script, call.argc, call.argv, presence_on_lease, p));
	presence_sweep_call(&call, SWEEP_USERS);
	IGNORE(p->io.redis(p->io.ctx, call.script, call.argc, call.argv, NULL, NULL));
}

void
presence_turn(struct presence *p)
{
	presence_users_store(p);
	presence_tenant_turn(p);
	presence_frame_turn(p);
}

void
presence_tick(struct presence *p)
{
	const int64_t now_ms = p->env->now_ms;

	if (now_ms >= p->lease_ms) {
		p->lease_ms = now_ms + PRESENCE_RENEW_MS;
		presence_renew(p);
	}
	presence_users_tick(p);
	presence_tenant_tick(p);
	presence_frame_tick(p);
}
