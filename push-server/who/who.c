#include "who/who.h"

#include "auth/token_keyring.h"
#include "core/check.h"
#include "who/bearers.h"
#include "who/conn_expiry.h"
#include "who/conn_lease.h"
#include "who/fresh_token.h"
#include "who/greeting.h"
#include "who/identity.h"
#include "who/revalidate.h"
#include "who/user_lookups.h"
#include "who/who_state.h"

#include "core/banned.h"

static void
who_on_user(void *ctx, const struct lookup *look, const struct principal_answer *answer,
    struct arena *a)
{
	struct who *w = ctx;
	struct conn *c = conn_get(w->conns, look->ref);

	switch (look->kind) {
	case LOOKUP_GREETING:
		if (c != NULL)
			greeting_answer(w, c, look, answer, a);
		break;
	case LOOKUP_FRESH_TOKEN:
		if (c != NULL)
			fresh_token_answer(w, c, look, answer, a);
		break;
	case LOOKUP_REVALIDATION:
		if (c != NULL)
			revalidate_answer(w, c, look, answer, a);
		else
			revalidate_on_dropped(w);
		break;
	}
}

static void
who_on_bearer(void *ctx, struct conn *c, enum bearer_kind kind,
    const struct token_claims *claims, const struct es_err *refused)
{
	struct who *w = ctx;

	switch (kind) {
	case BEARER_GREETING:
		if (c->state == CONN_GREETING)
			greeting_verified(w, c, claims, refused);
		break;
	case BEARER_OPENING:
		if (c->state == CONN_GREETING)
			greeting_key_checked(w, c, claims == NULL ? refused : NULL);
		break;
	case BEARER_FRESH:
		if (c->state == CONN_OPEN)
			fresh_token_verified(w, c, claims, refused);
		break;
	case BEARER_KEY:
		identity_refuse(c, refused->code, refused->text);
		break;
	}
}

enum es_code
who_set_keys(struct who *w, const struct conf_auth *conf, struct es_err *err)
{
	struct token_keyring *fresh = NULL;

	TRY(token_keyring_new(conf, &fresh, err));
	token_keyring_free(&w->keyring);
	w->keyring = fresh;
	w->rules = *token_keyring_rules(fresh);
	return ES_OK;
}

enum es_code
who_new(struct conns *conns, struct pg_async *pg, struct redis_async *redis,
    const struct who_events *events, struct who **out, struct es_err *err)
{
	struct who *w = mem_new(1, sizeof(*w));

	w->env = conns->env;
	w->conns = conns;
	w->redis = redis;
	w->events = *events;
	list_init(&w->greeting);
	list_init(&w->expiring);
	list_init(&w->first);
	list_init(&w->queue);
	table_init(&w->marks.table);
	if (who_set_keys(w, &w->env->conf->auth, err) != ES_OK) {
		mem_free(w);
		return ES_INVALID;
	}
	w->bearers = bearers_new(conns, pg, who_on_bearer, w);
	w->lookups = user_lookups_new(conns, pg, who_on_user, w);
	*out = w;
	return ES_OK;
}

void
who_free(struct who **w)
{
	if (*w == NULL)
		return;
	bearers_free(&(*w)->bearers);
	user_lookups_free(&(*w)->lookups);
	user_marks_clear(&(*w)->marks);
	token_keyring_free(&(*w)->keyring);
	mem_free(*w);
	*w = NULL;
}

void
who_turn(struct who *w)
{
	revalidate_turn(w);
	bearers_turn(w->bearers);
	user_lookups_turn(w->lookups);
}

void
who_tick(struct who *w)
{
	greeting_tick(w);
	conn_expiry_tick(&w->expiring);
}

void
who_ping_interval(struct who *w, struct conn *c)
{
	conn_expiry_watch(&w->expiring, c);
	conn_lease_renew(w->redis, c);
}

void
who_forget(struct who *w, struct conn *c)
{
	list_del(&c->auth.greeting);
	list_del(&c->auth.revalidate);
	conn_expiry_forget(c);
	conn_lease_drop(w->redis, c);
	mem_free(c->auth.token);
	mem_free(c->auth.claims);
	mem_free(c->auth.fresh_id);
	mem_free(c->auth.jti);
	mem_free(c->auth.key);
}
