/* /presence: reads the statuses that push-server keeps in Redis, and sets the status that
 * the caller chooses. */
#include <string.h>

#include "handlers/handlers.h"
#include "presence/presence_keys.h"
#include "store/user_store.h"

#include "core/banned.h"

#define USERS_MAX 500
/* Maximum number of ids in the URL: more would exceed URI_MAX. */
#define QUERY_USERS_MAX 100

struct input {
	const char *status;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct input, status, JSON_STRING, true, 0, 20),
};

struct query_input {
	const struct json_list *userIds;
};

static const struct json_field query_fields[] = {
    JSON_FIELD(struct query_input, userIds, JSON_ARRAY, true, 1, USERS_MAX),
};

static enum es_code
presence_fail_ids(struct es_err *err, const char *why)
{
	return es_fail_field(err, ES_BAD_REQUEST, "?userIds", "%s", why);
}

/* Reads ?userIds=a,b,c, 1 to QUERY_USERS_MAX ids. */
static enum es_code
presence_read_query_ids(const struct http_req *req, struct user_id out[QUERY_USERS_MAX],
    size_t *n, struct es_err *err)
{
	const char *s = query_get(&req->query, "userIds");
	struct es_err ignored;

	*n = 0;
	if (s == NULL || *s == '\0')
		return presence_fail_ids(err, "expected user ids separated by commas");
	for (;;) {
		const size_t len = strcspn(s, ",");

		if (*n == QUERY_USERS_MAX)
			return es_fail_field(err, ES_BAD_REQUEST, "?userIds",
			    "at most %d ids; POST /api/v1/presence/query takes %d",
			    QUERY_USERS_MAX, USERS_MAX);
		if (user_id_parse(arena_memdup(req->arena, s, len), &out[*n], &ignored) !=
		    ES_OK)
			return presence_fail_ids(err,
			    "contains a malformed user id; expected user "
			    "ids separated by commas");
		(*n)++;
		if (s[len] == '\0')
			return ES_OK;
		s += len + 1;
	}
}

static bool
presence_contains(const struct user_id *id, const struct user_id known[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(known[i].text, id->text) == 0)
			return true;
	return false;
}

/* Answers with the status of the ids that are users of the tenant, in the order of the
 * request. */
static enum es_code
presence_write_statuses(struct api *api, const struct http_req *req,
    const struct user_id asked[], size_t n_asked, struct http_res *res,
    struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	enum presence_status seen[USERS_MAX];
	struct user_id *known;
	struct json_write w;
	size_t n_known;

	TRY(user_store_known(
	    api->pg, who, asked, n_asked, req->arena, &known, &n_known, err));
	TRY(presence_get(
	    api->redis, &who->tenant, asked, n_asked, req->arena, seen, err));
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	jw_array(&w, "users");
	for (size_t i = 0; i < n_asked; i++) {
		if (!presence_contains(&asked[i], known, n_known))
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

/* GET /presence */
enum es_code
presence_list(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct user_id asked[QUERY_USERS_MAX];
	size_t n;

	TRY(presence_read_query_ids(req, asked, &n, err));
	return presence_write_statuses(api, req, asked, n, res, err);
}

/* POST /presence/query. Like GET /presence, for more ids than fit into a URL. */
enum es_code
presence_query(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct user_id asked[USERS_MAX];
	struct query_input in = {0};
	struct es_err ignored;
	const char *text;

	TRY(http_body(req, query_fields, ES_COUNT(query_fields), &in, err));
	for (size_t i = 0; i < in.userIds->n; i++)
		if (json_bind_text(in.userIds->items[i], req->arena, &text, &ignored) !=
			ES_OK ||
		    user_id_parse(text, &asked[i], &ignored) != ES_OK)
			return es_fail_field(err, ES_INVALID,
			    arena_printf(req->arena, "userIds/%zu", i),
			    "must be the id of a user");
	return presence_write_statuses(api, req, asked, in.userIds->n, res, err);
}

/* PUT /presence. Sets the caller's status, which other users see. */
enum es_code
presence_put_own(
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
