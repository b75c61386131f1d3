/* Who is there: read from what the push servers keep in Redis. */
#include <string.h>

#include "handlers/handlers.h"
#include "presence/presence_keys.h"
#include "store/user_store.h"

#include "core/banned.h"

#define USERS_MAX 500

struct input {
	const char *status;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct input, status, JSON_STRING, true, 0, 20),
};

static enum es_code
bad_ids(struct es_err *err, const char *why)
{
	return es_fail_field(err, ES_BAD_REQUEST, "?userIds", "%s", why);
}

/* ?userIds=a,b,c: 1 to USERS_MAX. */
static enum es_code
read_ids(const struct http_req *req, struct user_id out[USERS_MAX], size_t *n,
    struct es_err *err)
{
	const char *s = query_get(&req->query, "userIds");
	struct es_err ignored;

	*n = 0;
	if (s == NULL || *s == '\0')
		return bad_ids(err, "ids with a comma between are needed");
	for (;;) {
		const size_t len = strcspn(s, ",");

		if (*n == USERS_MAX)
			return bad_ids(err, "at most 500 ids");
		if (user_id_parse(arena_memdup(req->arena, s, len), &out[*n], &ignored) !=
		    ES_OK)
			return bad_ids(err, "an id is malformed");
		(*n)++;
		if (s[len] == '\0')
			return ES_OK;
		s += len + 1;
	}
}

static bool
is_among(const struct user_id *id, const struct user_id known[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(known[i].text, id->text) == 0)
			return true;
	return false;
}

/* GET /presence - those of the ids that are users of the tenant, in the order asked. */
enum es_code
presence_list(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	enum presence_status seen[USERS_MAX];
	struct user_id asked[USERS_MAX], *known;
	size_t n_asked, n_known;
	struct json_write w;

	TRY(read_ids(req, asked, &n_asked, err));
	TRY(user_store_known(
	    api->pg, who, asked, n_asked, req->arena, &known, &n_known, err));
	TRY(presence_get(
	    api->redis, &who->tenant, asked, n_asked, req->arena, seen, err));
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	jw_array(&w, "users");
	for (size_t i = 0; i < n_asked; i++) {
		if (!is_among(&asked[i], known, n_known))
			continue;
		jw_object(&w, NULL);
		jw_string(&w, "userId", asked[i].text);
		jw_string(&w, "status", presence_name(seen[i]));
		jw_object_end(&w);
	}
	jw_array_end(&w);
	jw_object_end(&w);
	return ES_OK;
}

/* PUT /presence - how the caller wants to be seen. */
enum es_code
presence_choose(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	enum presence_status status;
	struct input in = {0};

	TRY(http_body(req, fields, ES_COUNT(fields), &in, err));
	if (!presence_parse(in.status, &status))
		return es_fail_field(
		    err, ES_INVALID, "status", "must be one of: online idle offline");
	TRY(presence_put(api->redis, &who->tenant, &who->user, status, req->arena, err));
	res->status = 204;
	return ES_OK;
}
