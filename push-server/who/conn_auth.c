#include "who/conn_auth.h"

#include <stdio.h>
#include <string.h>

#include "conn/frame_out.h"
#include "conn/ping_wheel.h"
#include "core/check.h"
#include "frames/frames.h"
#include "store/principal_store.h"
#include "store/tenant_settings.h"
#include "who/conn_expiry.h"
#include "who/conn_lease.h"
#include "who/user_lookups.h"
#include "worker/worker.h"

#include "core/banned.h"

struct conn_auth {
	struct token_rules rules;
	struct token_key keys[2];
	struct conn_list greeting; /* oldest first: same time-out for all */
	unsigned n_revalidate;
	struct user_lookups *lookups;
};

static void conn_auth_settle(struct worker *w, const struct lookup *look,
    const struct principal_answer *answer, struct arena *a);

struct conn_auth *
conn_auth_new(struct worker *w)
{
	struct conn_auth *a = mem_new(1, sizeof(*a));
	const struct conf_auth *conf = &w->conf->auth;

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
	TAILQ_INIT(&a->greeting);
	a->lookups = user_lookups_new(w, conn_auth_settle);
	return a;
}

void
conn_auth_free(struct conn_auth **a)
{
	user_lookups_free(&(*a)->lookups);
	mem_free(*a);
	*a = NULL;
}

static void
conn_auth_leave_greeting(struct conn *c)
{
	if (!c->in.on_greeting)
		return;
	TAILQ_REMOVE(&c->worker->auth->greeting, c, in.greeting);
	c->in.on_greeting = false;
}

void
conn_auth_forget(struct conn *c)
{
	conn_auth_leave_greeting(c);
	conn_expiry_forget(c);
	conn_lease_drop(c);
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
	metrics_add(c->worker->metrics, PM_AUTH_FAILED, 1);
	log_info("ws.refused", LOG_STR("conn", c->id.text), LOG_INT("code", code),
	    LOG_STR("why", text), LOG_STR("address", c->io.address));
	conn_close(c, code, text);
}

/* Names and limits as the database has them now. */
static void
conn_auth_adopt_principal(struct conn *c, const struct principal *p, struct arena *a,
    struct tenant_settings *settings)
{
	const struct push_conf *conf = c->worker->conf;
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
	hub_epoch(c->worker, p->epoch);
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
conn_auth_greet(struct worker *w, struct conn_ref ref, bool allowed)
{
	struct conn *c = conn_get(w, ref);

	if (c == NULL)
		return;
	if (!allowed) {
		c->in.leased = false;
		conn_close(c, CLOSE_TOO_MANY, "too many connections of this user");
		return;
	}
	conn_auth_leave_greeting(c);
	c->last_frame_ms = w->now_ms;
	conn_set_state(c, CONN_OPEN);
	frame_out_hello(c);
	ping_wheel_add(w->wheel, c);
	conn_expiry_watch(c);
	c->io.hub_knows = true;
	hub_conn_open(c);
	log_debug("ws.open", CONN_LOG(c), LOG_STR("user", c->user.text));
	frames_resume(w, c);
}

static void
conn_auth_answer_fresh(
    struct conn *c, const struct lookup *look, enum es_code rc, const struct es_err *err)
{
	char *id = c->in.auth_id;

	c->in.auth_id = NULL;
	if (rc == ES_OK) {
		conn_auth_adopt_claims(c, &look->claims);
		c->in.expiry_told = false;
		conn_expiry_watch(c);
		frame_out_ack(c, "auth", id, NULL, NULL);
	} else {
		frame_out_error(c, "auth", id, NULL, err);
	}
	mem_free(id);
}

static void
conn_auth_answer_first(
    struct conn *c, const struct lookup *look, const struct tenant_settings *settings)
{
	conn_auth_adopt_claims(c, &look->claims);
	mem_free(c->in.token);
	c->in.token = NULL;
	if (!conn_auth_origin_allowed(c, settings)) {
		conn_close(c, CLOSE_ORIGIN, "this origin is not the tenant's");
		return;
	}
	conn_lease_take(c, conn_auth_greet);
}

static void
conn_auth_settle(struct worker *w, const struct lookup *look,
    const struct principal_answer *answer, struct arena *a)
{
	struct conn *c = conn_get(w, look->ref);
	const enum es_code rc = answer->rc;
	struct tenant_settings settings;

	if (c == NULL)
		return;
	c->in.auth_busy = false;
	if (rc == ES_OK)
		conn_auth_adopt_principal(c, &answer->principal, a, &settings);
	if (look->fresh) {
		conn_auth_answer_fresh(c, look, rc, &answer->err);
	} else if (rc == ES_UNAVAILABLE || rc == ES_INTERNAL) {
		/* Asked again by the tick; greeting ends by its time-out. */
		if (c->state == CONN_OPEN)
			c->in.revalidate = true, w->auth->n_revalidate++;
	} else if (rc != ES_OK) {
		conn_auth_refuse(c, rc, answer->err.text);
	} else if (c->state == CONN_GREETING) {
		conn_auth_answer_first(c, look, &settings);
	}
}

void
conn_auth_turn(struct worker *w)
{
	user_lookups_turn(w->auth->lookups);
}

static void
conn_auth_look_up(struct conn *c, const struct token_claims *claims, bool fresh)
{
	c->in.auth_busy = true;
	user_lookups_add(c->worker->auth->lookups,
	    &(struct lookup){.ref = c->ref, .claims = *claims, .fresh = fresh});
}

static enum es_code
conn_auth_verify(
    struct conn *c, const char *token, struct token_claims *out, struct es_err *err)
{
	const int64_t now_s = clock_wall_ms() / 1000;

	TRY(token_verify(&c->worker->auth->rules, token, now_s, out, err));
	/* Leeway is for single requests; a socket lives no longer than its token. */
	if (out->expires_s <= now_s)
		return es_fail(err, ES_TOKEN_EXPIRED, "token expired");
	return ES_OK;
}

static void
conn_auth_try_token(struct conn *c)
{
	struct token_claims claims;
	struct es_err err = {0};
	const enum es_code rc = conn_auth_verify(c, c->in.token, &claims, &err);

	if (rc != ES_OK) {
		conn_auth_refuse(c, rc, err.text);
		return;
	}
	conn_auth_look_up(c, &claims, false);
}

void
conn_auth_begin(struct conn *c)
{
	TAILQ_INSERT_TAIL(&c->worker->auth->greeting, c, in.greeting);
	c->in.on_greeting = true;
	c->in.greeting_ms = c->worker->now_ms;
	user_lookups_came(c->worker->auth->lookups);
	if (c->in.token != NULL)
		conn_auth_try_token(c);
}

enum es_code
conn_auth_token(struct conn *c, const char *token, const char *id, struct es_err *err)
{
	struct token_claims claims;

	if (c->state == CONN_GREETING) { /* only while there is no token: see frames.c */
		c->in.token = mem_strdup(token);
		conn_auth_try_token(c);
		return ES_OK; /* hello is the answer, or a close */
	}
	if (c->in.auth_id != NULL || c->in.auth_busy)
		return es_fail(err, ES_BUSY, "another token is being checked");
	TRY(conn_auth_verify(c, token, &claims, err));
	if (strcmp(claims.tenant.text, c->tenant.text) != 0 ||
	    strcmp(claims.user.text, c->user.text) != 0)
		return es_fail(err, ES_FORBIDDEN, "the token is of another user");
	conn_auth_look_up(c, &claims, true);
	c->in.auth_id = id != NULL ? mem_strdup(id) : NULL;
	return ES_OK;
}

void
conn_auth_visit(struct conn *c)
{
	conn_expiry_watch(c);
	conn_lease_renew(c);
}

static void
conn_auth_tick_greeting(struct worker *w)
{
	struct conn *c, *next;

	CONN_FOREACH_SAFE(c, &w->auth->greeting, in.greeting, next)
	{
		if (c->state != CONN_GREETING) {
			conn_auth_leave_greeting(c);
		} else if (w->now_ms - c->in.greeting_ms >= w->conf->auth_timeout_ms) {
			conn_close(c, CLOSE_AUTH_TIMEOUT,
			    c->in.token == NULL ? "no token was sent"
						: "the token can't be checked now");
		} else if (c->in.token != NULL && !c->in.auth_busy) {
			conn_auth_try_token(c);
		}
	}
}

/* The claims in force have been verified; only the database is asked again. */
static void
conn_auth_tick_revalidate(struct worker *w)
{
	int64_t burst = w->conf->lookup_batch; /* one statement a second */
	struct conn *c;

	if (w->auth->n_revalidate == 0)
		return;
	w->auth->n_revalidate = 0;
	TAILQ_FOREACH(c, &w->conns.all, io.all)
	{
		struct token_claims claims = {0};

		if (!c->in.revalidate || c->state != CONN_OPEN)
			continue;
		if (burst == 0 || c->in.auth_busy) {
			w->auth->n_revalidate++;
			continue;
		}
		burst--;
		claims.tenant = c->tenant;
		claims.user = c->user;
		claims.expires_s = c->expires_s;
		claims.issued_s = c->in.issued_s;
		(void)snprintf(claims.jti, sizeof(claims.jti), "%s", c->in.jti);
		c->in.revalidate = false;
		conn_auth_look_up(c, &claims, false);
	}
}

void
conn_auth_tick(struct worker *w)
{
	conn_auth_tick_greeting(w);
	conn_expiry_tick(w);
	conn_auth_tick_revalidate(w);
}

void
worker_revalidate(struct worker *w, const struct tenant_id *tenant)
{
	struct conn *c;

	TAILQ_FOREACH(c, &w->conns.all, io.all)
	{
		if (c->state != CONN_OPEN || strcmp(c->tenant.text, tenant->text) != 0)
			continue;
		c->in.revalidate = true;
		w->auth->n_revalidate++;
	}
}
