#include "who/conn_auth.h"

#include <stdio.h>
#include <string.h>

#include "conn/frame_out.h"
#include "core/check.h"
#include "store/principal_store.h"
#include "store/tenant_settings.h"
#include "who/conn_expiry.h"
#include "who/conn_lease.h"
#include "who/user_lookups.h"

#include "core/banned.h"

struct conn_auth {
	struct token_rules rules;
	struct token_key keys[2];
	struct loop_env *env;
	struct conns *conns;
	struct redis_async *redis;
	who_epoch *epoch;
	void *ctx;
	struct list greeting; /* oldest first: same time-out for all */
	struct list expiring; /* conn_expiry.c */
	unsigned n_revalidate;
	struct user_lookups *lookups;
};

static void conn_auth_settle(void *ctx, const struct lookup *look,
    const struct principal_answer *answer, struct arena *a);

struct conn_auth *
conn_auth_new(struct conns *conns, struct pg_async *pg, struct redis_async *redis,
    who_epoch *epoch, void *ctx)
{
	struct conn_auth *a = mem_new(1, sizeof(*a));
	const struct conf_auth *conf = &conns->env->conf->auth;

	a->keys[0] = (struct token_key){
	    .kid = "hs1", .alg = TOKEN_HS256, .verify = conf->jwt_secret};
	a->keys[1] = (struct token_key){
	    .kid = "es1", .alg = TOKEN_ES256, .verify = conf->jwt_es256_public_key};
	a->rules = (struct token_rules){
	    .keys = a->keys,
	    .n_keys = conf->jwt_es256_public_key[0] != '\0' ? 2 : 1,
	    .issuer = conf->jwt_issuer,
	    .audience = conf->jwt_audience,
	    .leeway_s = conf->jwt_leeway_s,
	};
	a->env = conns->env;
	a->conns = conns;
	a->redis = redis;
	a->epoch = epoch;
	a->ctx = ctx;
	list_init(&a->greeting);
	list_init(&a->expiring);
	a->lookups = user_lookups_new(conns, pg, conn_auth_settle, a);
	return a;
}

void
conn_auth_free(struct conn_auth **a)
{
	user_lookups_free(&(*a)->lookups);
	mem_free(*a);
	*a = NULL;
}

void
conn_auth_forget(struct conn_auth *a, struct conn *c)
{
	list_del(&c->in.greeting);
	conn_expiry_forget(c);
	conn_lease_drop(a->redis, c);
}

static void
conn_auth_refuse(struct conn *c, enum es_code why, const char *text)
{
	uint16_t code = CLOSE_BAD_TOKEN;

	if (why == ES_TOKEN_EXPIRED)
		code = CLOSE_TOKEN_EXPIRED;
	else if (why == ES_TOKEN_REVOKED)
		code = CLOSE_REVOKED;
	else if (why == ES_TENANT_SUSPENDED)
		code = CLOSE_SUSPENDED;
	metrics_add(c->conns->env->metrics, PM_AUTH_FAILED, 1);
	log_info("ws.refused", LOG_STR("conn", c->id.text), LOG_INT("code", code),
	    LOG_STR("why", text), LOG_STR("address", c->io.address));
	conn_close(c, code, text);
}

/* Names and limits as the database has them now. */
static void
conn_auth_adopt_principal(struct conn_auth *auth, struct conn *c,
    const struct principal *p, struct arena *a, struct tenant_settings *settings)
{
	const struct push_conf *conf = auth->env->conf;
	struct es_err err;

	if (tenant_settings_parse(p->settings, a, settings, &err) != ES_OK)
		*settings = (struct tenant_settings){
		    .user_send_limit = -1, .user_send_window_s = -1};
	mem_free(c->display_name);
	c->display_name = mem_strdup(p->actor.display_name);
	(void)snprintf(c->role, sizeof(c->role), "%s", p->actor.role);
	c->acl_version = p->acl_version;
	c->tenant_rate = p->max_messages_per_second;
	c->user_quota =
	    settings->user_send_limit >= 0 ? settings->user_send_limit : conf->user_send;
	c->user_window_ms =
	    1000 * (settings->user_send_window_s > 0 ? settings->user_send_window_s
						     : conf->user_send_window_s);
	auth->epoch(auth->ctx, p->epoch);
}

static void
conn_auth_adopt_claims(struct conn *c, const struct token_claims *claims)
{
	c->tenant = claims->tenant;
	c->user = claims->user;
	c->expires_s = claims->expires_s;
	c->in.issued_s = claims->issued_s;
	mem_free(c->in.jti);
	c->in.jti = mem_strdup(claims->jti);
}

static bool
conn_auth_origin_allowed(const struct conn *c, const struct tenant_settings *settings)
{
	if (c->io.origin == NULL)
		return true;
	for (size_t i = 0; i < settings->n_origins; i++)
		if (strcmp(settings->allowed_origins[i], c->io.origin) == 0)
			return true;
	return false;
}

static void
conn_auth_greet(void *ctx, struct conn_ref ref, bool allowed)
{
	struct conn_auth *auth = ctx;
	struct conn *c = conn_get(auth->conns, ref);

	if (c == NULL)
		return;
	if (!allowed) {
		c->in.leased = false;
		conn_close(c, CLOSE_TOO_MANY, "too many connections of this user");
		return;
	}
	list_del(&c->in.greeting);
	c->last_frame_ms = auth->env->now_ms;
	conn_set_state(c, CONN_OPEN);
	frame_out_hello(c);
	conn_expiry_watch(&auth->expiring, c);
	log_debug("ws.open", CONN_LOG(c), LOG_STR("user", c->user.text));
	conn_greeted(c);
}

static void
conn_auth_answer_fresh(struct conn_auth *auth, struct conn *c, const struct lookup *look,
    enum es_code rc, const struct es_err *err)
{
	char *id = c->in.auth_id;

	c->in.auth_id = NULL;
	if (rc == ES_OK) {
		conn_auth_adopt_claims(c, &look->claims);
		c->in.expiry_told = false;
		conn_expiry_watch(&auth->expiring, c);
		frame_out_ack(c, "auth", id, NULL, NULL);
	} else {
		frame_out_error(c, "auth", id, NULL, err);
	}
	mem_free(id);
}

static void
conn_auth_answer_first(struct conn_auth *auth, struct conn *c, const struct lookup *look,
    const struct tenant_settings *settings)
{
	conn_auth_adopt_claims(c, &look->claims);
	mem_free(c->in.token);
	c->in.token = NULL;
	if (!conn_auth_origin_allowed(c, settings)) {
		conn_close(c, CLOSE_ORIGIN, "this origin is not the tenant's");
		return;
	}
	conn_lease_take(auth->redis, c, conn_auth_greet, auth);
}

static void
conn_auth_settle(void *ctx, const struct lookup *look,
    const struct principal_answer *answer, struct arena *a)
{
	struct conn_auth *auth = ctx;
	struct conn *c = conn_get(auth->conns, look->ref);
	const enum es_code rc = answer->rc;
	struct tenant_settings settings;

	if (c == NULL)
		return;
	c->in.auth_busy = false;
	if (rc == ES_OK)
		conn_auth_adopt_principal(auth, c, &answer->principal, a, &settings);
	if (look->fresh) {
		conn_auth_answer_fresh(auth, c, look, rc, &answer->err);
	} else if (rc == ES_UNAVAILABLE || rc == ES_INTERNAL) {
		/* Asked again by the tick; greeting ends by its time-out. */
		if (c->state == CONN_OPEN)
			c->in.revalidate = true, auth->n_revalidate++;
	} else if (rc != ES_OK) {
		conn_auth_refuse(c, rc, answer->err.text);
	} else if (c->state == CONN_GREETING) {
		conn_auth_answer_first(auth, c, look, &settings);
	}
}

void
conn_auth_turn(struct conn_auth *auth)
{
	user_lookups_turn(auth->lookups);
}

static void
conn_auth_look_up(
    struct conn_auth *auth, struct conn *c, const struct token_claims *claims, bool fresh)
{
	c->in.auth_busy = true;
	user_lookups_add(auth->lookups,
	    &(struct lookup){.ref = c->ref, .claims = *claims, .fresh = fresh});
}

static enum es_code
conn_auth_verify(struct conn_auth *auth, const char *token, struct token_claims *out,
    struct es_err *err)
{
	const int64_t now_s = clock_wall_ms() / 1000;

	TRY(token_verify(&auth->rules, token, now_s, out, err));
	/* Leeway is for single requests; a socket lives no longer than its token. */
	if (out->expires_s <= now_s)
		return es_fail(err, ES_TOKEN_EXPIRED, "token expired");
	return ES_OK;
}

static void
conn_auth_try_token(struct conn_auth *auth, struct conn *c)
{
	struct token_claims claims;
	struct es_err err = {0};
	const enum es_code rc = conn_auth_verify(auth, c->in.token, &claims, &err);

	if (rc != ES_OK) {
		conn_auth_refuse(c, rc, err.text);
		return;
	}
	conn_auth_look_up(auth, c, &claims, false);
}

void
conn_auth_begin(struct conn_auth *auth, struct conn *c)
{
	list_add_tail(&auth->greeting, &c->in.greeting);
	c->in.greeting_ms = auth->env->now_ms;
	user_lookups_came(auth->lookups);
	if (c->in.token != NULL)
		conn_auth_try_token(auth, c);
}

enum es_code
conn_auth_token(struct conn_auth *auth, struct conn *c, const char *token, const char *id,
    struct es_err *err)
{
	struct token_claims claims;

	if (c->state == CONN_GREETING) { /* only while there is no token: see frames.c */
		c->in.token = mem_strdup(token);
		conn_auth_try_token(auth, c);
		return ES_OK; /* hello is the answer, or a close */
	}
	if (c->in.auth_id != NULL || c->in.auth_busy)
		return es_fail(err, ES_BUSY, "another token is being checked");
	TRY(conn_auth_verify(auth, token, &claims, err));
	if (strcmp(claims.tenant.text, c->tenant.text) != 0 ||
	    strcmp(claims.user.text, c->user.text) != 0)
		return es_fail(err, ES_FORBIDDEN, "the token is of another user");
	conn_auth_look_up(auth, c, &claims, true);
	c->in.auth_id = id != NULL ? mem_strdup(id) : NULL;
	return ES_OK;
}

void
conn_auth_beat(struct conn_auth *auth, struct conn *c)
{
	conn_expiry_watch(&auth->expiring, c);
	conn_lease_renew(auth->redis, c);
}

static void
conn_auth_tick_greeting(struct conn_auth *auth)
{
	const struct loop_env *env = auth->env;
	struct list *next;

	for (struct list *l = auth->greeting.next; l != &auth->greeting; l = next) {
		struct conn *c = LIST_ITEM(l, struct conn, in.greeting);

		next = l->next;
		if (c->state != CONN_GREETING) {
			list_del(&c->in.greeting);
		} else if (env->now_ms - c->in.greeting_ms >=
			   env->conf->auth_timeout_ms) {
			conn_close(c, CLOSE_AUTH_TIMEOUT,
			    c->in.token == NULL ? "no token was sent"
						: "the token can't be checked now");
		} else if (c->in.token != NULL && !c->in.auth_busy) {
			conn_auth_try_token(auth, c);
		}
	}
}

/* The claims in force have been verified; only the database is asked again. */
static void
conn_auth_tick_revalidate(struct conn_auth *auth)
{
	int64_t burst = auth->env->conf->lookup_batch; /* one statement a second */
	struct list *all = &auth->conns->all;

	if (auth->n_revalidate == 0)
		return;
	auth->n_revalidate = 0;
	for (struct list *l = all->next; l != all; l = l->next) {
		struct conn *c = LIST_ITEM(l, struct conn, io.all);
		struct token_claims claims = {0};

		if (!c->in.revalidate || c->state != CONN_OPEN)
			continue;
		if (burst == 0 || c->in.auth_busy) {
			auth->n_revalidate++;
			continue;
		}
		burst--;
		claims.tenant = c->tenant;
		claims.user = c->user;
		claims.expires_s = c->expires_s;
		claims.issued_s = c->in.issued_s;
		(void)snprintf(claims.jti, sizeof(claims.jti), "%s", c->in.jti);
		c->in.revalidate = false;
		conn_auth_look_up(auth, c, &claims, false);
	}
}

void
conn_auth_tick(struct conn_auth *auth)
{
	conn_auth_tick_greeting(auth);
	conn_expiry_tick(&auth->expiring);
	conn_auth_tick_revalidate(auth);
}

void
conn_auth_revalidate(struct conn_auth *auth, const struct tenant_id *tenant)
{
	struct list *all = &auth->conns->all;

	for (struct list *l = all->next; l != all; l = l->next) {
		struct conn *c = LIST_ITEM(l, struct conn, io.all);

		if (c->state != CONN_OPEN || strcmp(c->tenant.text, tenant->text) != 0)
			continue;
		c->in.revalidate = true;
		auth->n_revalidate++;
	}
}
