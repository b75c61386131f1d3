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
	c->auth.looking_up = true;
	user_lookups_add(w->lookups,
	    &(struct lookup){
		.ref = c->ref, .claims = *c->auth.claims, .kind = LOOKUP_GREETING});
}

static void
greeting_refuse(struct conn *c, enum es_code code, const char *why)
{
	mem_free(c->auth.token);
	c->auth.token = NULL;
	early_bytes_count(c);
	identity_refuse(c, code, why);
}

/* Keeps the claims until the database answers, because greeting_tick() repeats a look-up
 * that fails. */
static void
greeting_accept(struct who *w, struct conn *c, const struct token_claims *claims)
{
	mem_free(c->auth.token);
	c->auth.token = NULL;
	early_bytes_count(c);
	c->auth.claims = mem_new(1, sizeof(*c->auth.claims));
	*c->auth.claims = *claims;
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

/* When Redis does not answer, the connection keeps the ticket, and greeting_tick() tries
 * it again. */
static void
greeting_redeemed(struct who *w, struct conn *c, enum es_code rc,
    const struct token_claims *claims, const struct es_err *err)
{
	c->auth.redeeming = false;
	if (c->state == CONN_GREETING && rc != ES_UNAVAILABLE)
		greeting_claims(w, c, rc, claims, err->text);
}

static void
greeting_redeem(struct who *w, struct conn *c)
{
	struct es_err err;

	c->auth.redeeming =
	    ticket_redeem(w, c, c->auth.token, greeting_redeemed, &err) == ES_OK;
}

void
greeting_verified(struct who *w, struct conn *c, const struct token_claims *claims,
    const struct es_err *refused)
{
	c->auth.bearer_busy = false;
	if (claims != NULL)
		greeting_accept(w, c, claims);
	else if (identity_unanswered(refused->code))
		conn_close(c, CLOSE_AUTH_TIMEOUT, refused->text);
	else
		greeting_refuse(c, refused->code, refused->text);
}

/* Called once for each token or ticket. */
static void
greeting_verify(struct who *w, struct conn *c)
{
	struct token_claims claims;
	struct es_err err = {0};
	enum es_code rc;

	if (ticket_is(c->auth.token)) {
		greeting_redeem(w, c);
		return;
	}
	rc = identity_verify(w, c, BEARER_GREETING, c->auth.token, &claims, &err);
	c->auth.bearer_busy = rc == ES_BUSY;
	if (c->auth.bearer_busy)
		early_bytes_count(c);
	else
		greeting_claims(w, c, rc, &claims, err.text);
}

void
greeting_begin(struct who *w, struct conn *c)
{
	list_add_tail(&w->greeting, &c->auth.greeting);
	c->auth.greeting_ms = w->env->now_ms;
	user_lookups_count_arrival(w->lookups);
	if (c->auth.token != NULL)
		greeting_verify(w, c);
}

void
greeting_token(struct who *w, struct conn *c, const char *token)
{
	CHECK(c->state == CONN_GREETING && !greeting_is_checking(c));
	c->auth.token = mem_strdup(token);
	early_bytes_count(c);
	greeting_verify(w, c);
}

bool
greeting_is_checking(const struct conn *c)
{
	return c->state == CONN_GREETING &&
	       (c->auth.claims != NULL || c->auth.token != NULL);
}

static void
greeting_finish(void *ctx, struct conn_ref ref, bool allowed)
{
	struct who *w = ctx;
	struct conn *c = conn_get(w->conns, ref);

	if (c == NULL)
		return;
	if (!allowed) {
		c->auth.leased = false;
		conn_close(c, CLOSE_TOO_MANY, "the user has too many connections");
		return;
	}
	list_del(&c->auth.greeting);
	mem_free(c->auth.claims);
	c->auth.claims = NULL;
	c->last_frame_ms = w->env->now_ms;
	conn_set_state(c, CONN_OPEN);
	frame_out_hello(c);
	conn_expiry_watch(&w->expiring, c);
	log_debug("ws.open", CONN_LOG(c), LOG_STR("user", c->user.text));
	conn_on_greeted(c);
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

	c->auth.looking_up = false;
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
	 * verified. A deletion after this query raises the acl_version above the one in
	 * this answer; hub/acl.c then looks the user of the open connection up again. */
	c->auth.bearer_busy =
	    bearers_check_claims(w->bearers, c, BEARER_OPENING, &look->claims);
	if (!c->auth.bearer_busy)
		conn_lease_take(w->redis, c, greeting_finish, w);
}

void
greeting_key_checked(struct who *w, struct conn *c, const struct es_err *refused)
{
	c->auth.bearer_busy = false;
	if (refused == NULL)
		conn_lease_take(w->redis, c, greeting_finish, w);
	else if (identity_unanswered(refused->code))
		conn_close(c, CLOSE_AUTH_TIMEOUT, refused->text);
	else
		identity_refuse(c, refused->code, refused->text);
}

/* The reason for the close: the step of the greeting that took too long. */
static const char *
greeting_late_reason(const struct conn *c)
{
	if (c->auth.bearer_busy)
		return "the server cannot check the token at the moment";
	if (c->auth.token != NULL)
		return "the server cannot check the ticket at the moment";
	if (c->auth.claims == NULL)
		return "no auth frame with a token was received in time";
	return c->auth.leased
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
		struct conn *c = LIST_ITEM(l, struct conn, auth.greeting);

		next = l->next;
		if (c->state != CONN_GREETING)
			list_del(&c->auth.greeting);
		else if (env->now_ms - c->auth.greeting_ms >= env->conf->auth_timeout_ms)
			conn_close(c, CLOSE_AUTH_TIMEOUT, greeting_late_reason(c));
		else if (c->auth.claims != NULL && c->auth.claims->expires_s <= now_s)
			identity_refuse(c, ES_TOKEN_EXPIRED, "the token has expired");
		else if (c->auth.token != NULL && !c->auth.redeeming &&
			 !c->auth.bearer_busy)
			greeting_redeem(w, c);
		else if (c->auth.claims != NULL && !c->auth.looking_up &&
			 !c->auth.bearer_busy && !c->auth.leased)
			greeting_look_up(w, c);
	}
}
