/* POST /auth/revoke: revokes one token (jti), or all tokens of a user. */
#include <string.h>

#include "core/clock.h"
#include "env/announce.h"
#include "guard/call_limit.h"
#include "handlers/handlers.h"
#include "http/json_shape.h"
#include "store/token_store.h"

#include "core/banned.h"

#define JTI_MAX 63 /* bytes, as in token_parse.c */

/* How long the store keeps a revoked jti when the request has no expiresAt: the longest
 * lifetime of a token that EchoStream mints. */
#define KEEP_DEFAULT_MS (INT64_C(31536000) * 1000)
#define KEEP_MAX_MS     (10 * KEEP_DEFAULT_MS)

struct input {
	const char *jti, *userId, *expiresAt;
	bool has_jti, has_userId, has_expiresAt;
};

static const struct json_field fields[] = {
    JSON_FIELD_OPT(struct input, jti, JSON_STRING, 1, JTI_MAX),
    JSON_FIELD_OPT(struct input, userId, JSON_UUID, 1, 64),
    JSON_FIELD_OPT(struct input, expiresAt, JSON_STRING, 1, ES_TIME_TEXT),
};

static enum es_code
auth_revoke_read_expiry(const struct input *in, int64_t *out_ms, struct es_err *err)
{
	const int64_t now_ms = clock_wall_ms();
	int64_t end_ms = now_ms + KEEP_DEFAULT_MS;

	if (in->has_expiresAt && !clock_parse(in->expiresAt, &end_ms))
		return es_fail_field(err, ES_INVALID, "expiresAt",
		    "must be a time such as 2026-01-02T03:04:05Z");
	if (end_ms > now_ms + KEEP_MAX_MS)
		return es_fail_field(
		    err, ES_INVALID, "expiresAt", "must be at most ten years from now");
	*out_ms = end_ms;
	return ES_OK;
}

/* Publishes the revocation, so that push-server immediately checks the tokens of the
 * user's connections, or of the connections with the jti. */
static void
auth_revoke_announce(struct api *api, const struct http_req *req,
    const struct user_id *user, const char *jti, int64_t version)
{
	struct control change = {.tenant = req->who.actor.tenant, .acl_version = version};

	if (user != NULL) {
		change.user = *user;
		change.names_user = true;
	} else {
		memcpy(change.jti, jti, strlen(jti) + 1);
	}
	announce_acl(api, req, &change);
}

static enum es_code
auth_revoke_jti(struct api *api, const struct http_req *req, const struct input *in,
    const struct user_id *user, struct http_res *res, struct es_err *err)
{
	struct token_jti revoke = {.jti = in->jti,
	    .user = user,
	    .max = user != NULL ? api->conf->revoked_tokens : TOKEN_STORE_TENANT_MAX};
	struct token_revocation done;
	struct json_write w;

	TRY(auth_revoke_read_expiry(in, &revoke.expires_ms, err));
	TRY(token_store_revoke_jti(
	    api->pg, &req->who.actor, &revoke, req->arena, &done, err));
	auth_revoke_announce(api, req, user, in->jti, done.acl_version);
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	jw_string(&w, "jti", in->jti);
	jw_string(&w, "userId", user != NULL ? user->text : NULL);
	json_shape_time(&w, "expiresAt", revoke.expires_ms);
	jw_object_end(&w);
	return ES_OK;
}

/* For the tokens of other signers than EchoStream: the lowest iat that is still valid
 * after the revocation. A signer's clock may be ahead by the leeway, so a token with a
 * lower iat may be older than the revocation (token_issued_s). */
static int64_t
auth_revoke_next_iat(const struct api *api, int64_t valid_after_ms)
{
	return valid_after_ms / 1000 + api->conf->auth.jwt_leeway_s + 1;
}

static enum es_code
auth_revoke_user(struct api *api, const struct http_req *req, const struct user_id *user,
    struct http_res *res, struct es_err *err)
{
	struct token_revocation done;
	struct json_write w;

	TRY(token_store_revoke_user(
	    api->pg, &req->who.actor, user, clock_wall_ms(), req->arena, &done, err));
	auth_revoke_announce(api, req, user, NULL, done.acl_version);
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	jw_string(&w, "userId", user->text);
	json_shape_time(&w, "tokensValidAfter", done.valid_after_ms);
	jw_int(&w, "nextIat", auth_revoke_next_iat(api, done.valid_after_ms));
	jw_object_end(&w);
	return ES_OK;
}

/* Finds the owner of the token to revoke. A caller that is not an admin can revoke only a
 * token of its own. Returns false when an admin gives a jti without userId, and the jti
 * is not that of the admin's own token: the revocation then holds for every user of the
 * tenant. */
static bool
auth_revoke_find_owner(
    const struct http_req *req, const struct input *in, struct user_id *user)
{
	if (in->has_userId)
		return true;
	if (actor_is_admin(&req->who.actor) && strcmp(in->jti, req->claims.jti) != 0)
		return false;
	*user = req->who.actor.user;
	return true;
}

/* POST /auth/revoke */
enum es_code
auth_revoke(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct input in = {0};
	struct user_id named = {""};

	TRY(call_limit_charge(api, req, "user-auth", api->conf->auth_rate, res, err));
	TRY(http_body(req, fields, ES_COUNT(fields), &in, err));
	if (!in.has_jti && !in.has_userId)
		return es_fail_field(err, ES_INVALID, "userId",
		    "give userId (all tokens of the user), jti (one token), or both");
	if (in.has_expiresAt && !in.has_jti)
		return es_fail_field(
		    err, ES_INVALID, "expiresAt", "is only allowed together with jti");
	if (in.has_userId)
		TRY(user_id_parse(in.userId, &named, err));
	if (in.has_jti)
		return auth_revoke_jti(api, req, &in,
		    auth_revoke_find_owner(req, &in, &named) ? &named : NULL, res, err);
	return auth_revoke_user(api, req, &named, res, err);
}
