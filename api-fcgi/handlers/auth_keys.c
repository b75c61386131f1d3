/* /auth-keys: the keys with which a tenant's own issuers sign tokens. */
#include <string.h>

#include "auth/token_pubkey.h"
#include "env/announce.h"
#include "guard/jwks_fetch.h"
#include "handlers/handlers.h"
#include "http/json_shape.h"
#include "store/auth_key_store.h"

#include "core/banned.h"

#define SECRET_MAX 1024 /* bytes */
#define PEM_MAX    4096 /* bytes */
#define URL_MAX    1000 /* bytes */

struct input {
	const char *kid, *alg, *issuer, *audience, *secret, *publicKey, *jwksUrl;
	bool provision, allowOwners;
	bool has_audience, has_secret, has_publicKey, has_jwksUrl, has_provision,
	    has_allowOwners;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct input, kid, JSON_STRING, true, 1, ISSUER_KID_MAX),
    JSON_FIELD(struct input, alg, JSON_STRING, true, 1, 16),
    JSON_FIELD(struct input, issuer, JSON_STRING, true, 1, ISSUER_NAME_MAX),
    JSON_FIELD_OPT(struct input, audience, JSON_STRING, 1, ISSUER_NAME_MAX),
    JSON_FIELD_OPT(struct input, secret, JSON_STRING, ISSUER_SECRET_MIN, SECRET_MAX),
    JSON_FIELD_OPT(struct input, publicKey, JSON_STRING, 1, PEM_MAX),
    JSON_FIELD_OPT(struct input, jwksUrl, JSON_STRING, 1, URL_MAX),
    JSON_FIELD_OPT(struct input, provision, JSON_BOOL, 0, 0),
    JSON_FIELD_OPT(struct input, allowOwners, JSON_BOOL, 0, 0),
};

/* A kid is a segment of a path, so it has only characters that need no escape there. */
static enum es_code
auth_keys_check_kid(const char *kid, struct es_err *err)
{
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-._~:@=+";

	if (kid[strspn(kid, allowed)] == '\0' && strcmp(kid, ".") != 0 &&
	    strcmp(kid, "..") != 0)
		return ES_OK;
	return es_fail_field(err, ES_INVALID, "kid",
	    "must have only letters, digits and - . _ ~ : @ = +, and not be . or ..");
}

/* Refuses the issuer of the installation: only the installation's own keys may sign
 * tokens with that issuer. */
static enum es_code
auth_keys_check_issuer(struct api *api, const char *issuer, struct es_err *err)
{
	if (strcmp(issuer, api->conf->auth.jwt_issuer) == 0)
		return es_fail_field(err, ES_INVALID, "issuer",
		    "is the issuer of EchoStream's own tokens; use another name");
	return ES_OK;
}

static enum es_code
auth_keys_check_public_key(enum token_alg alg, const char *pem, struct es_err *err)
{
	struct token_pubkey *key = NULL;
	struct es_err why = {0};

	if (token_pubkey_new(alg, pem, &key, &why) != ES_OK)
		return es_fail_field(err, ES_INVALID, "publicKey", "%s", why.text);
	token_pubkey_free(&key);
	return ES_OK;
}

/* Checks that there is exactly one form of key, and that it fits the algorithm. */
static enum es_code
auth_keys_check_key_form(const struct input *in, enum token_alg alg, struct es_err *err)
{
	const bool symmetric = alg == TOKEN_HS256;
	const int forms = in->has_secret + in->has_publicKey + in->has_jwksUrl;

	if (symmetric && (!in->has_secret || forms != 1))
		return es_fail_field(
		    err, ES_INVALID, "secret", "HS256 needs a secret, and no other key");
	if (!symmetric && in->has_secret)
		return es_fail_field(
		    err, ES_INVALID, "secret", "only HS256 takes a secret");
	if (!symmetric && forms != 1)
		return es_fail_field(err, ES_INVALID, "publicKey",
		    "missing key: send either publicKey or jwksUrl");
	return ES_OK;
}

static enum es_code
auth_keys_check_input(struct api *api, const struct input *in, struct arena *a,
    const char **out_jwks, struct es_err *err)
{
	enum token_alg alg;

	TRY(auth_keys_check_kid(in->kid, err));
	TRY(auth_keys_check_issuer(api, in->issuer, err));
	if (!token_alg_parse(in->alg, &alg))
		return es_fail_field(
		    err, ES_INVALID, "alg", "must be one of HS256, RS256, ES256, EdDSA");
	TRY(auth_keys_check_key_form(in, alg, err));
	if (in->has_publicKey)
		return auth_keys_check_public_key(alg, in->publicKey, err);
	if (in->has_jwksUrl)
		return jwks_fetch(api->conf, in->jwksUrl, alg, a, out_jwks, err);
	return ES_OK;
}

static void
auth_keys_write_key(struct json_write *w, const struct auth_key *k)
{
	jw_object(w, NULL);
	jw_string(w, "kid", k->kid);
	jw_string(w, "alg", k->alg);
	jw_string(w, "issuer", k->issuer);
	jw_string(w, "audience", k->audience);
	jw_string(w, "publicKey", k->public_key);
	jw_string(w, "jwksUrl", k->jwks_url);
	jw_string(w, "jwksError", k->jwks_error);
	json_shape_time(w, "jwksFetchedAt", k->jwks_fetched_ms);
	jw_bool(w, "provision", k->provision);
	jw_bool(w, "allowOwners", k->owners);
	json_shape_time(w, "createdAt", k->created_ms);
	jw_object_end(w);
}

/* GET /auth-keys */
enum es_code
auth_keys_list(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct auth_key *keys;
	struct json_write w;
	size_t n;

	TRY(auth_key_store_list(api->pg, &req->who.actor, req->arena, &keys, &n, err));
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	jw_array(&w, "authKeys");
	for (size_t i = 0; i < n; i++)
		auth_keys_write_key(&w, &keys[i]);
	jw_array_end(&w);
	jw_object_end(&w);
	return ES_OK;
}

/* POST /auth-keys */
enum es_code
auth_keys_create(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct input in = {0};
	const char *jwks = NULL;
	struct auth_key key;
	struct json_write w;

	TRY(http_body(req, fields, ES_COUNT(fields), &in, err));
	TRY(auth_keys_check_input(api, &in, req->arena, &jwks, err));
	const struct auth_key_new make = {
	    .kid = in.kid,
	    .alg = in.alg,
	    .issuer = in.issuer,
	    .audience = in.audience,
	    .secret = in.secret,
	    .public_key = in.publicKey,
	    .jwks_url = in.jwksUrl,
	    .jwks = jwks,
	    .provision = in.provision,
	    .owners = in.allowOwners,
	};

	TRY(auth_key_store_create(
	    api->pg, &req->who.actor, &make, req->arena, &key, err));
	http_json(res, &w, 201);
	auth_keys_write_key(&w, &key);
	http_header(
	    res, "Location", arena_printf(req->arena, "/api/v1/auth-keys/%s", key.kid));
	return ES_OK;
}

/* DELETE /auth-keys/{kid} */
enum es_code
auth_keys_delete(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct control change = {.tenant = req->who.actor.tenant};

	TRY(auth_key_store_delete(api->pg, &req->who.actor, req->params[0], req->arena,
	    &change.acl_version, err));
	announce_acl(api, req, &change);
	res->status = 204;
	return ES_OK;
}
