#include "who/fresh_token.h"

#include <string.h>

#include "auth/ticket.h"
#include "conn/frame_out.h"
#include "core/check.h"
#include "who/conn_expiry.h"
#include "who/identity.h"
#include "who/ticket_redeem.h"

#include "core/banned.h"

static enum es_code
fresh_token_look_up(
    struct who *w, struct conn *c, const struct token_claims *claims, struct es_err *err)
{
	if (strcmp(claims->tenant.text, c->tenant.text) != 0 ||
	    strcmp(claims->user.text, c->user.text) != 0)
		return es_fail(err, ES_FORBIDDEN,
		    "the token belongs to another user than this connection");
	user_lookups_add(w->lookups,
	    &(struct lookup){
		.ref = c->ref, .claims = *claims, .kind = LOOKUP_FRESH_TOKEN});
	return ES_OK;
}

static void
fresh_token_refuse(struct conn *c, const struct es_err *why)
{
	char *id = c->auth.fresh_id;

	c->auth.fresh_id = NULL;
	c->auth.fresh_busy = false;
	frame_out_error(c, "auth", id, NULL, why);
	mem_free(id);
}

/* Looks the user up; fresh_token_answer() takes the answer. */
static void
fresh_token_accept(struct who *w, struct conn *c, const struct token_claims *claims)
{
	struct es_err why;

	if (fresh_token_look_up(w, c, claims, &why) != ES_OK)
		fresh_token_refuse(c, &why);
}

static void
fresh_token_redeemed(struct who *w, struct conn *c, enum es_code rc,
    const struct token_claims *claims, const struct es_err *err)
{
	if (rc != ES_OK)
		fresh_token_refuse(c, err);
	else if (!bearers_check_claims(w->bearers, c, BEARER_FRESH, claims))
		fresh_token_accept(w, c, claims);
}

enum es_code
fresh_token_begin(
    struct who *w, struct conn *c, const char *token, const char *id, struct es_err *err)
{
	struct token_claims claims;

	if (c->auth.fresh_busy)
		return es_fail(err, ES_BUSY,
		    "the server is still checking the token of an earlier auth frame");
	if (ticket_is(token)) {
		TRY(ticket_redeem(w, c, token, fresh_token_redeemed, err));
	} else {
		const enum es_code rc =
		    identity_verify(w, c, BEARER_FRESH, token, &claims, err);

		if (rc != ES_OK && rc != ES_BUSY)
			return rc;
		if (rc == ES_OK)
			TRY(fresh_token_look_up(w, c, &claims, err));
	}
	c->auth.fresh_busy = true;
	c->auth.fresh_id = id != NULL ? mem_strdup(id) : NULL;
	return ES_OK;
}

void
fresh_token_verified(struct who *w, struct conn *c, const struct token_claims *claims,
    const struct es_err *refused)
{
	if (claims != NULL)
		fresh_token_accept(w, c, claims);
	else if (refused->code == ES_TOKEN_REVOKED) /* its key was deleted */
		identity_refuse(c, refused->code, refused->text);
	else
		fresh_token_refuse(c, refused);
}

/* An answer that refuses the user closes the socket, even if the old token is still
 * valid. Otherwise a deactivated user could keep the socket by sending one token after
 * the other. */
void
fresh_token_answer(struct who *w, struct conn *c, const struct lookup *look,
    const struct principal_answer *answer, struct arena *a)
{
	char *id = c->auth.fresh_id;
	struct tenant_settings settings;

	c->auth.fresh_id = NULL;
	c->auth.fresh_busy = false;
	if (answer->rc == ES_OK) {
		identity_adopt_principal(w, c, &answer->principal, a, &settings);
		identity_adopt_claims(c, &look->claims);
		(void)bearers_check_claims(w->bearers, c, BEARER_KEY, &look->claims);
		c->auth.expiry_notified = false;
		conn_expiry_watch(&w->expiring, c);
		frame_out_ack(c, "auth", id, NULL, NULL);
	} else if (identity_unanswered(answer->rc)) {
		frame_out_error(c, "auth", id, NULL, &answer->err);
	} else {
		identity_on_refused(w, c, answer);
	}
	mem_free(id);
}
