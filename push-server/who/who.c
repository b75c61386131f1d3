#include "who/who.h"

#include "auth/token_es256.h"
#include "core/check.h"
#include "who/conn_expiry.h"
#include "who/conn_lease.h"
#include "who/fresh_token.h"
#include "who/greeting.h"
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
			revalidate_dropped(w);
		break;
	}
}

static enum es_code
who_init_rules(struct who *w, struct es_err *err)
{
	const struct conf_auth *conf = &w->env->conf->auth;
	const bool es256 = conf->jwt_es256_public_key[0] != '\0';

	if (es256)
		TRY(token_es256_new(conf->jwt_es256_public_key, &w->es256, err));
	w->keys[0] = (struct token_key){
	    .kid = "hs1", .alg = TOKEN_HS256, .verify = conf->jwt_secret};
	w->keys[1] = (struct token_key){.kid = "es1",
	    .alg = TOKEN_ES256,
	    .verify = conf->jwt_es256_public_key,
	    .parsed = w->es256};
	w->rules = (struct token_rules){
	    .keys = w->keys,
	    .n_keys = es256 ? 2 : 1,
	    .issuer = conf->jwt_issuer,
	    .audience = conf->jwt_audience,
	    .leeway_s = conf->jwt_leeway_s,
	};
	return ES_OK;
}

enum es_code
who_new(struct conns *conns, struct pg_async *pg, struct redis_async *redis,
    const struct who_events *events, struct who **out, struct es_err *err)
{
	struct who *w = mem_new(1, sizeof(*w));
	enum es_code rc;

	w->env = conns->env;
	w->conns = conns;
	w->redis = redis;
	w->events = *events;
	list_init(&w->greeting);
	list_init(&w->expiring);
	list_init(&w->first);
	list_init(&w->line);
	table_init(&w->marks.table);
	rc = who_init_rules(w, err);
	if (rc != ES_OK) {
		mem_free(w);
		return rc;
	}
	w->lookups = user_lookups_new(conns, pg, who_on_user, w);
	*out = w;
	return ES_OK;
}

void
who_free(struct who **w)
{
	if (*w == NULL)
		return;
	user_lookups_free(&(*w)->lookups);
	user_marks_clear(&(*w)->marks);
	token_es256_free(&(*w)->es256);
	mem_free(*w);
	*w = NULL;
}

void
who_turn(struct who *w)
{
	revalidate_turn(w);
	user_lookups_turn(w->lookups);
}

void
who_tick(struct who *w)
{
	greeting_tick(w);
	conn_expiry_tick(&w->expiring);
}

void
who_beat(struct who *w, struct conn *c)
{
	conn_expiry_watch(&w->expiring, c);
	conn_lease_renew(w->redis, c);
}

void
who_forget(struct who *w, struct conn *c)
{
	list_del(&c->who.greeting);
	list_del(&c->who.revalidate);
	conn_expiry_forget(c);
	conn_lease_drop(w->redis, c);
	mem_free(c->who.token);
	mem_free(c->who.claims);
	mem_free(c->who.fresh_id);
	mem_free(c->who.jti);
}
