/* /users/{userId}/tokens: mints tokens for the users of a tenant, on behalf of its
 * admins. */
#include <string.h>

#include "core/clock.h"
#include "handlers/handlers.h"
#include "http/json_shape.h"
#include "http/path_param.h"
#include "store/token_store.h"

#include "core/banned.h"

struct input {
	int64_t ttlSeconds;
	bool has_ttlSeconds;
};

static const struct json_field fields[] = {
    JSON_FIELD_OPT(struct input, ttlSeconds, JSON_INT, 1, 31536000),
};

/* A token of an owner would give an owner's rights to the admin that minted it. */
static enum es_code
user_tokens_check_may_mint(
    const struct actor *who, const struct user *user, struct es_err *err)
{
	if (strcmp(user->role, "owner") == 0 && !actor_is_owner(who))
		return es_fail(
		    err, ES_FORBIDDEN, "only an owner may mint a token for an owner");
	if (strcmp(user->status, "deleted") == 0)
		return es_fail(err, ES_CONFLICT, "the user is deleted");
	if (strcmp(user->status, "active") != 0)
		return es_fail(err, ES_CONFLICT, "the user is deactivated");
	return ES_OK;
}

/* POST /users/{userId}/tokens */
enum es_code
user_tokens_create(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const int64_t now_s = clock_wall_ms() / 1000,
		      longest_s = api->conf->auth.token_ttl_s;
	int64_t issue_s, end_s;
	const struct actor *who = &req->who.actor;
	struct input in = {.ttlSeconds = longest_s};
	struct json_write w;
	struct user_id id;
	struct user user;
	const char *token;

	TRY(path_param_user(req, 0, &id, err));
	if (req->body_len > 0)
		TRY(http_body(req, fields, ES_COUNT(fields), &in, err));
	TRY(user_store_get(api->pg, who, &id, req->arena, &user, err));
	TRY(user_tokens_check_may_mint(who, &user, err));
	if (in.ttlSeconds > longest_s)
		return es_fail_field(err, ES_INVALID, "ttlSeconds",
		    "must be at most %lld, the limit of this installation",
		    (long long)longest_s);
	end_s = now_s + in.ttlSeconds;
	TRY(token_store_issue_s(
	    api->pg, &who->tenant, &user.id, req->arena, &issue_s, err));
	TRY(token_mint(&api->tokens, &who->tenant, &user.id, issue_s, end_s - issue_s,
	    req->arena, &token, err));
	http_json(res, &w, 201);
	jw_object(&w, NULL);
	jw_string(&w, "userId", user.id.text);
	jw_string(&w, "token", token);
	json_shape_time(&w, "tokenExpiresAt", end_s * 1000);
	jw_object_end(&w);
	return ES_OK;
}
