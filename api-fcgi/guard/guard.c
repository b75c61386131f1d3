#include "guard/guard.h"

#include <string.h>
#include <strings.h>

#include "auth/ticket.h"
#include "crypto/digest.h"
#include "guard/bearer.h"
#include "guard/guard_ahead.h"
#include "guard/guard_key.h"
#include "guard/request_limits.h"
#include "store/api_key_text.h"

#include "core/banned.h"

/* The characters of b64token, RFC 6750 section 2.1. The comma, which joins two headers of
 * the same name, is not among them. */
static const char token_chars[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";

enum es_code
guard_bearer(const char *authorization, const char **out, struct es_err *err)
{
	const char *token;

	if (authorization == NULL)
		return es_fail(err, ES_UNAUTHENTICATED,
		    "missing header: Authorization: Bearer TOKEN");
	if (strncasecmp(authorization, "Bearer ", 7) != 0)
		return es_fail(err, ES_UNAUTHENTICATED,
		    "the Authorization header must use the scheme Bearer");
	token = authorization + 7;
	token += strspn(token, " ");
	if (*token == '\0' || token[strspn(token, token_chars)] != '\0')
		return es_fail(err, ES_UNAUTHENTICATED,
		    "the Authorization header must hold one token: Bearer TOKEN");
	*out = token;
	return ES_OK;
}

/* Charges ahead only where every user of the tenant is allowed: a charge of a request
 * that the route's scope refuses would have to be given back. */
static enum es_code
guard_check_token(struct api *api, const struct http_route *route, struct http_req *req,
    const char *token, struct es_err *err)
{
	const struct token_claims *claims = &req->claims;

	TRY(bearer_verify(api, req, token, err));
	guard_ahead(api, req, &claims->tenant, &claims->user);
	if (route->scope == SCOPE_USER)
		request_limits_begin(api, req, req->kind);
	TRY(principal_store_get(api->pg, &claims->tenant, &claims->user, claims->jti,
	    claims->issued_s, req->arena, &req->who, err));
	if (req->headers.on_behalf_of != NULL)
		return es_fail_field(err, ES_FORBIDDEN, ":X-On-Behalf-Of",
		    "only an API key may act for another user");
	return ES_OK;
}

static enum es_code
guard_check_caller(struct api *api, const struct http_route *route, struct http_req *req,
    const char *bearer, struct es_err *err)
{
	if (ticket_is(bearer))
		return es_fail(err, ES_UNAUTHENTICATED,
		    "a ticket opens a WebSocket and nothing else; use a token or an "
		    "API key here");
	if (strncasecmp(bearer, API_KEY_PREFIX, strlen(API_KEY_PREFIX)) == 0 &&
	    !api_key_text_is(bearer))
		return es_fail(err, ES_UNAUTHENTICATED,
		    "an API key begins with " API_KEY_PREFIX ", in lower case");
	if (api_key_text_is(bearer))
		return guard_key_check(api, route, req, bearer, err);
	return guard_check_token(api, route, req, bearer, err);
}

/* Compares bearer with both keys, even when the old key matches, so that the time taken
 * reveals nothing about either key. */
static bool
guard_is_operator_key(const struct api_conf *conf, const char *bearer)
{
	const char *old = conf->operator_key_old;
	const bool is_old = old[0] != '\0' && digest_equal(bearer, old);

	return digest_equal(bearer, conf->operator_key) || is_old;
}

/* Answers 403 and not 401 to a valid token or API key of a tenant: the caller is known,
 * but is not the operator. */
static enum es_code
guard_check_operator(struct api *api, const struct http_route *route,
    struct http_req *req, const char *bearer, struct es_err *err)
{
	if (guard_is_operator_key(api->conf, bearer))
		return ES_OK;
	TRY(guard_check_caller(api, route, req, bearer, err));
	return es_fail(err, ES_FORBIDDEN, "only the operator key may do this");
}

enum es_code
guard_check(struct api *api, const struct http_route *route, struct http_req *req,
    struct es_err *err)
{
	const enum http_scope scope = route->scope;
	const char *bearer;

	if (scope == SCOPE_PUBLIC)
		return ES_OK;
	TRY(guard_bearer(req->headers.authorization, &bearer, err));
	if (scope == SCOPE_OPERATOR)
		return guard_check_operator(api, route, req, bearer, err);
	TRY(guard_check_caller(api, route, req, bearer, err));
	if (scope == SCOPE_ADMIN && !actor_is_admin(&req->who.actor))
		return es_fail(err, ES_FORBIDDEN,
		    "only an owner or admin of the tenant may do this");
	if (scope == SCOPE_OWNER && !actor_is_owner(&req->who.actor))
		return es_fail(
		    err, ES_FORBIDDEN, "only an owner of the tenant may do this");
	if (scope == SCOPE_MEMBER && strcmp(req->who.actor.role, "guest") == 0)
		return es_fail(err, ES_FORBIDDEN, "guests may not do this");
	return ES_OK;
}
