#include "who/ticket_redeem.h"

#include "auth/ticket.h"
#include "core/check.h"
#include "redis/redis_async.h"

#include "core/banned.h"

struct redeem {
	struct who *who;
	struct conn_ref ref;
	ticket_redeemed *done;
};

static enum es_code
ticket_redeem_read(
    const struct redis_value *value, struct token_claims *out, struct es_err *err)
{
	if (value->kind != REDIS_STRING)
		return es_fail(
		    err, ES_UNAUTHENTICATED, "ticket: unknown, used or over 30 s old");
	if (ticket_decode(value->str, value->len, out, err) != ES_OK)
		return es_fail(err, ES_UNAUTHENTICATED, "ticket: unreadable");
	if (out->expires_s <= clock_wall_ms() / 1000)
		return es_fail(err, ES_TOKEN_EXPIRED, "the token has expired");
	return ES_OK;
}

static void
ticket_redeem_on_answer(void *ctx, enum es_code rc, const struct redis_value *value,
    const struct es_err *redis_err)
{
	const struct redeem r = *(struct redeem *)ctx;
	struct token_claims claims = {0};
	struct es_err err = {0};
	struct conn *c;

	(void)redis_err;
	mem_free(ctx);
	c = conn_get(r.who->conns, r.ref);
	if (c == NULL)
		return;
	if (rc == ES_OK)
		rc = ticket_redeem_read(value, &claims, &err);
	else
		rc = es_fail(&err, ES_UNAVAILABLE,
		    "the server cannot check the ticket at the moment; try again");
	r.done(r.who, c, rc, &claims, &err);
}

enum es_code
ticket_redeem(struct who *w, struct conn *c, const char *ticket, ticket_redeemed *done,
    struct es_err *err)
{
	struct redeem *r = mem_new(1, sizeof(*r));
	char key[TICKET_KEY];
	enum es_code rc;

	*r = (struct redeem){.who = w, .ref = c->ref, .done = done};
	ticket_key(ticket, key);
	rc = redis_async_text(
	    w->redis, ticket_redeem_on_answer, r, err, "GETDEL", key, NULL);
	if (rc == ES_OK)
		return ES_OK;
	mem_free(r);
	return es_fail(err, ES_UNAVAILABLE,
	    "the server cannot check the ticket at the moment; try again");
}
