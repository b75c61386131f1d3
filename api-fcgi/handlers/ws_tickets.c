/* POST /ws/tickets: creates a ticket that opens one WebSocket, so that no URL contains a
 * token. */
#include <string.h>

#include "auth/ticket.h"
#include "core/clock.h"
#include "guard/call_limit.h"
#include "handlers/handlers.h"
#include "http/json_shape.h"
#include "store/api_key_store.h"
#include "store/token_store.h"

#include "core/banned.h"

/* Fills the claims of a ticket for an API key. push-server closes the connection when the
 * key expires or is revoked, and after ES_TOKEN_TTL_S at the latest. */
static enum es_code
ws_tickets_claims_of_key(struct api *api, const struct http_req *req, int64_t now_s,
    struct token_claims *out, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	const int64_t key_s = req->key.expires_ms / 1000;

	*out = (struct token_claims){.tenant = who->tenant,
	    .user = who->user,
	    .expires_s = now_s + api->conf->auth.token_ttl_s};
	if (key_s != 0 && key_s < out->expires_s)
		out->expires_s = key_s;
	api_key_store_jti(&req->key.id, out->jti);
	return token_store_issue_s(
	    api->pg, &who->tenant, &who->user, req->arena, &out->issued_s, err);
}

static enum es_code
ws_tickets_store(struct api *api, const struct http_req *req, const char *ticket,
    const struct token_claims *claims, struct es_err *err)
{
	char key[TICKET_KEY];
	struct redis_value reply;
	struct text value;

	ticket_key(ticket, key);
	text_init(&value, req->arena, TICKET_CLAIMS);
	ticket_encode(claims, &value);
	if (value.overflow)
		return es_fail(err, ES_INTERNAL, "the claims of a ticket are too long");
	return redis_text(api->redis, req->arena, &reply, err, "SET", key, value.data,
	    "PX", arena_printf(req->arena, "%d", TICKET_TTL_MS), NULL);
}

/* POST /ws/tickets */
enum es_code
ws_tickets_create(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const int64_t now_ms = clock_wall_ms();
	struct token_claims claims = req->claims;
	char *ticket = arena_alloc(req->arena, TICKET_TEXT);
	struct json_write w;

	TRY(call_limit_charge(api, req, "user-ticket", api->conf->ticket_rate, res, err));
	if (req->key.id.text[0] != '\0')
		TRY(ws_tickets_claims_of_key(api, req, now_ms / 1000, &claims, err));
	ticket_new(ticket);
	TRY(ws_tickets_store(api, req, ticket, &claims, err));
	http_json(res, &w, 201);
	jw_object(&w, NULL);
	jw_string(&w, "ticket", ticket);
	json_shape_time(&w, "expiresAt", now_ms + TICKET_TTL_MS);
	jw_object_end(&w);
	return ES_OK;
}
