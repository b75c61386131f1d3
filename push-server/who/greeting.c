#include "who/greeting.h"

#include <string.h>

#include "auth/ticket.h"
#include "conn/early_bytes.h"
#include "conn/frame_out.h"
#include "core/check.h"
#include "who/conn_expiry.h"
#include "who/conn_lease.h"
#include "who/identity.h"
#include "who/ticket_redeem.h"

#include "core/banned.h"

static void
greeting_look_up(struct who *w, struct conn *c)
{
	c->who.looking_up = true;
	user_lookups_add(w->lookups,
	    &(struct lookup){
		.ref = c->ref, .claims = *c->who.claims, .kind = LOOKUP_GREETING});
}

static void
greeting_refuse(struct conn *c, enum es_code code, const char *why)
{
	mem_free(c->who.token);
	c->who.token = NULL;
	early_bytes_count(c);
	identity_refuse(c, code, why);
}

/* The claims are kept until the database answers, however long that takes, and look-ups
 * are repeated with them. */
static void
greeting_accept(struct who *w, struct conn *c, const struct token_claims *claims)
{
	mem_free(c->who.token);
	c->who.token = NULL;
	early_bytes_count(c);
	c->who.claims = mem_new(1, sizeof(*c->who.claims));
	*c->who.claims = *claims;
	greeting_look_up(w, c);
}

static void
greeting_claims(struct who *w, struct conn *c, enum es_code rc,
    const struct token_claims *claims, const char *why)
{
	if (rc == ES_OK)
		greeting_accept(w, c, claims);
	else
		greeting_refuse(c, rc, why);
}

/* Without an answer of Redis the ticket stays, and the tick tries it again. */
static void
greeting_redeemed(struct who *w, struct conn *c, enum es_code rc,
    const struct token_claims *claims, const struct es_err *err)
{
	c->who.redeeming = false;
	if (c->state == CONN_GREETING && rc != ES_UNAVAILABLE)
		greeting_claims(w, c, rc, claims, err->text);
}

static void
greeting_redeem(struct who *w, struct conn *c)
{
	struct es_err err;

	c->who.redeeming =
	    ticket_redeem(w, c, c->who.token, greeting_redeemed, &err) == ES_OK;
}

void
greeting_verified(struct who *w, struct conn *c, const struct token_claims *claims,
    const struct es_err *refused)
{
	c->who.bearing = false;
	if (claims != NULL)
		greeting_accept(w, c, claims);
	else if (identity_unanswered(refused->code))
		conn_close(c, CLOSE_AUTH_TIMEOUT, refused->text);
	else
		greeting_refuse(c, refused->code, refused->text);
}

/* A token is verified once, and a ticket is taken once. */
static void
greeting_verify(struct who *w, struct conn *c)
{
	struct token_claims claims;
	struct es_err err = {0};
	enum es_code rc;

	if (ticket_is(c->who.token)) {
		greeting_redeem(w, c);
		return;
	}
	rc = identity_verify(w, c, BEARER_GREETING, c->who.token, &claims, &err);
	c->who.bearing = rc == ES_BUSY;
	if (c->who.bearing)
		early_bytes_count(c);
	else
		greeting_claims(w, c, rc, &claims, err.text);
}

void
greeting_begin(struct who *w, struct conn *c)
{
	list_add_tail(&w->greeting, &c->who.greeting);
	c->who.greeting_ms = w->env->now_ms;
	user_lookups_came(w->lookups);
	if (c->who.token != NULL)
		greeting_verify(w, c);
}

void
greeting_token(struct who *w, struct conn *c, const char *token)
{
	CHECK(c->state == CONN_GREETING && !greeting_is_checking(c));
	c->who.token = mem_strdup(token);
	early_bytes_count(c);
	greeting_verify(w, c);
}

bool
greeting_is_checking(const struct conn *c)
{
	return c->state == CONN_GREETING &&
	       (c->who.claims != NULL || c->who.token != NULL);
}

static void
greeting_finish(void *ctx, struct conn_ref ref, bool allowed)
{
	struct who *w = ctx;
	struct conn *c = conn_get(w->conns, ref);

	if (c == NULL)
		return;
	if (!allowed) {
		c->who.leased = false;
		conn_close(c, CLOSE_TOO_MANY, "the user has too many connections");
		return;
	}
	list_del(&c->who.greeting);
	mem_free(c->who.claims);
	c->who.claims = NULL;
	c->last_frame_ms = w->env->now_ms;
	conn_set_state(c, CONN_OPEN);
	frame_out_hello(c);
	conn_expiry_watch(&w->expiring, c);
	log_debug("ws.open", CONN_LOG(c), LOG_STR("user", c->user.text));
	conn_greeted(c);
}

static bool
greeting_origin_allowed(const struct conn *c, const struct tenant_settings *settings)
{
	if (c->io.origin == NULL)
		return true;
	for (size_t i = 0; i < settings->n_origins; i++)
		if (strcmp(settings->allowed_origins[i], c->io.origin) == 0)
			return true;
	return false;
}

void
greeting_answer(struct who *w, struct conn *c, const struct lookup *look,
    const struct principal_answer *answer, struct arena *a)
{
	struct tenant_settings settings;

	c->who.looking_up = false;
	if (c->state != CONN_GREETING || identity_unanswered(answer->rc))
		/* greeting_tick() repeats the look-up until the greeting times out */
		return;
	if (answer->rc != ES_OK) {
		identity_refuse(c, answer->rc, answer->err.text);
		return;
	}
	identity_adopt_principal(w, c, &answer->principal, a, &settings);
	identity_adopt_claims(c, &look->claims);
	if (!greeting_origin_allowed(c, &settings)) {
		conn_close(c, CLOSE_ORIGIN, "the tenant does not allow this origin");
		return;
	}
	/* The key may have been deleted since the ticket was made, or since the token was
	 * verified. A deletion after this question has raised the acl_version beyond
	 * that of the answer here, so hub/acl.c has the open connection looked up. */
	c->who.bearing =
	    bearers_check_claims(w->bearers, c, BEARER_OPENING, &look->claims);
	if (!c->who.bearing)
		conn_lease_take(w->redis, c, greeting_finish, w);
}

void
greeting_key_checked(struct who *w, struct conn *c, const struct es_err *refused)
{
	c->who.bearing = false;
	if (refused == NULL)
		conn_lease_take(w->redis, c, greeting_finish, w);
	else if (identity_unanswered(refused->code))
		conn_close(c, CLOSE_AUTH_TIMEOUT, refused->text);
	else
		identity_refuse(c, refused->code, refused->text);
}

/* The reason for the close: the step of the greeting that took too long. */
static const char *
greeting_late(const struct conn *c)
{
	if (c->who.bearing)
		return "the server cannot check the token at the moment";
	if (c->who.token != NULL)
		return "the server cannot check the ticket at the moment";
	if (c->who.claims == NULL)
		return "no auth frame with a token was received in time";
	return c->who.leased
	           ? "the server cannot count the user's connections at the moment"
	           : "the server cannot check the token at the moment";
}

void
greeting_tick(struct who *w)
{
	const struct loop_env *env = w->env;
	const int64_t now_s = clock_wall_ms() / 1000;
	struct list *next;

	for (struct list *l = w->greeting.next; l != &w->greeting; l = next) {
		struct conn *c = LIST_ITEM(l, struct conn, who.greeting);

		next = l->next;
		if (c->state != CONN_GREETING)
			list_del(&c->who.greeting);
		else if (env->now_ms - c->who.greeting_ms >= env->conf->auth_timeout_ms)
			conn_close(c, CLOSE_AUTH_TIMEOUT, greeting_late(c));
		else if (c->who.claims != NULL && c->who.claims->expires_s <= now_s)
			identity_refuse(c, ES_TOKEN_EXPIRED, "the token has expired");
		else if (c->who.token != NULL && !c->who.redeeming && !c->who.bearing)
			greeting_redeem(w, c);
		else if (c->who.claims != NULL && !c->who.looking_up && !c->who.bearing &&
			 !c->who.leased)
			greeting_look_up(w, c);
	}
}
