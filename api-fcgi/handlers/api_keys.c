/* /api-keys: the API keys of a tenant, for the tenant's own servers. */
#include <string.h>

#include "core/clock.h"
#include "env/announce.h"
#include "env/create_once.h"
#include "guard/call_limit.h"
#include "handlers/handlers.h"
#include "http/field_check.h"
#include "http/json_shape.h"
#include "http/paging.h"
#include "http/path_param.h"
#include "store/api_key_store.h"

#include "core/banned.h"

#define NAME_MAX_CHARS 200

struct input {
	const char *name, *botUserId, *expiresAt;
	const struct json_list *scopes;
	bool has_botUserId, has_expiresAt;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct input, name, JSON_STRING, true, 0, 4L * NAME_MAX_CHARS),
    JSON_FIELD(struct input, scopes, JSON_ARRAY, true, 1, KEY_SCOPES),
    JSON_FIELD_OPT(struct input, botUserId, JSON_UUID, 1, 64),
    JSON_FIELD_OPT(struct input, expiresAt, JSON_STRING, 1, ES_TIME_TEXT),
};

static enum es_code
api_keys_read_scopes(const struct http_req *req, const struct json_list *list,
    unsigned *out, struct es_err *err)
{
	unsigned set = 0;

	for (size_t i = 0; list != NULL && i < list->n; i++) {
		struct es_err odd;
		const char *name = "";
		unsigned scope = 0;

		if (json_bind_text(list->items[i], req->arena, &name, &odd) == ES_OK)
			scope = key_scope_of(name, strlen(name));
		if (scope == 0)
			return es_fail_field(err, ES_INVALID, "scopes",
			    "each must be one of: " KEY_SCOPE_LIST);
		set |= scope;
	}
	*out = set;
	return ES_OK;
}

static enum es_code
api_keys_read_expiry(const struct input *in, int64_t *out_ms, struct es_err *err)
{
	int64_t end_ms = 0;

	if (in->has_expiresAt && !clock_parse(in->expiresAt, &end_ms))
		return es_fail_field(err, ES_INVALID, "expiresAt",
		    "must be a time such as 2026-01-02T03:04:05Z");
	if (in->has_expiresAt && end_ms <= clock_wall_ms())
		return es_fail_field(
		    err, ES_INVALID, "expiresAt", "must be in the future");
	*out_ms = end_ms;
	return ES_OK;
}

static void
api_keys_write_scopes(struct json_write *w, const char *names, struct arena *a)
{
	jw_array(w, "scopes");
	for (const char *s = names; *s != '\0'; s += strspn(s, " ")) {
		const size_t len = strcspn(s, " ");

		jw_string(w, NULL, arena_memdup(a, s, len));
		s += len;
	}
	jw_array_end(w);
}

static const char *
api_keys_id_or_null(const struct user_id *id)
{
	return id->text[0] != '\0' ? id->text : NULL;
}

static void
api_keys_write_key(struct json_write *w, const struct api_key *key, struct arena *a)
{
	jw_string(w, "keyId", key->id.text);
	jw_string(w, "name", key->name);
	jw_string(w, "hint", key->hint);
	api_keys_write_scopes(w, key->scopes, a);
	jw_string(w, "botUserId", api_keys_id_or_null(&key->bot_user));
	jw_string(w, "createdBy", api_keys_id_or_null(&key->created_by));
	json_shape_time(w, "createdAt", key->created_ms);
	json_shape_time(w, "expiresAt", key->expires_ms);
	json_shape_time(w, "lastUsedAt", key->last_used_ms);
}

static enum es_code
api_keys_read_input(const struct http_req *req, struct api_key_new *out,
    struct user_id *bot, struct es_err *err)
{
	struct input in = {0};

	TRY(http_body_begin(req, fields, ES_COUNT(fields), &in, err));
	http_body_note(req,
	    field_check_name("name", &in.name, 1, NAME_MAX_CHARS, req->arena, err), err);
	http_body_note(req, api_keys_read_scopes(req, in.scopes, &out->scopes, err), err);
	http_body_note(req, api_keys_read_expiry(&in, &out->expires_ms, err), err);
	if (in.has_botUserId && user_id_parse(in.botUserId, bot, err) != ES_OK)
		http_body_note(req,
		    es_fail_field(err, ES_INVALID, "botUserId",
			"must be the id of an active user with the role bot"),
		    err);
	TRY(http_body_end(req, err));
	out->name = in.name;
	out->bot = in.has_botUserId ? bot : NULL;
	return ES_OK;
}

/* A repeated request must not create a second key. Its answer can't contain the first
 * key, because the text of a key is stored nowhere. So the function refuses the request,
 * and the error names the id of the first key. */
static enum es_code
api_keys_make_once(struct api *api, const struct http_req *req, struct api_key_new *make,
    struct api_key *out, struct es_err *err)
{
	struct create_once once;
	enum es_code rc;

	TRY(create_once_begin(api, req, "api-keys", &once, err));
	make->id = once.id;
	rc = api_key_store_create(api->pg, &req->who.actor, make, req->arena, out, err);
	if (rc != ES_OK && once.has_key && strcmp(err->sqlstate, "23505") == 0)
		return es_fail_field(err, ES_CONFLICT, ":Idempotency-Key",
		    "was used to create the API key %s, whose text is shown only once; "
		    "revoke that key and send another Idempotency-Key",
		    once.id.text);
	return rc;
}

/* POST /api-keys */
enum es_code
api_keys_create(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	char text[API_KEY_TEXT];
	struct api_key_new make = {.key = text, .max = api->conf->api_keys};
	struct user_id bot;
	struct api_key key;
	struct json_write w;

	TRY(call_limit_charge(api, req, "user-auth", api->conf->auth_rate, res, err));
	TRY(api_keys_read_input(req, &make, &bot, err));
	api_key_text_new(text);
	TRY(api_keys_make_once(api, req, &make, &key, err));
	http_json(res, &w, 201);
	jw_object(&w, NULL);
	api_keys_write_key(&w, &key, req->arena);
	jw_string(&w, "key", text);
	jw_object_end(&w);
	http_header(res, "Location",
	    arena_printf(req->arena, "/api/v1/api-keys/%s", key.id.text));
	return ES_OK;
}

/* GET /api-keys */
enum es_code
api_keys_list(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	const struct paging_list list = {"api-keys", who->tenant.text, ""};
	char after[ES_UUID_TEXT];
	struct api_key_page page;
	struct json_write w;
	int64_t limit;

	TRY(paging_limit(req, &limit, err));
	TRY(paging_cursor(req, &list, after, err));
	TRY(api_key_store_list(api->pg, who, after[0] == '\0' ? NULL : after, limit,
	    req->arena, &page, err));
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	jw_array(&w, "keys");
	for (size_t i = 0; i < page.n; i++) {
		jw_object(&w, NULL);
		api_keys_write_key(&w, &page.items[i], req->arena);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	paging_next(req, res, &w, &list,
	    page.more ? page.items[page.n - 1].id.text : NULL, limit, NULL);
	jw_object_end(&w);
	return ES_OK;
}

/* DELETE /api-keys/{keyId} */
enum es_code
api_keys_revoke(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const int64_t until_ms =
	    clock_wall_ms() + api->conf->auth.token_ttl_s * INT64_C(1000);
	struct control change = {.tenant = req->who.actor.tenant};
	struct api_key key;
	struct uuid id;

	TRY(call_limit_charge(api, req, "user-auth", api->conf->auth_rate, res, err));
	TRY(path_param_key(req, 0, &id, err));
	TRY(api_key_store_revoke(
	    api->pg, &req->who.actor, &id, until_ms, req->arena, &key, err));
	change.acl_version = key.acl_version;
	api_key_store_jti(&id, change.jti);
	announce_acl(api, req, &change);
	res->status = 204;
	return ES_OK;
}
