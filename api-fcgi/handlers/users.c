/* /users: the users of the caller's tenant. user_store.c decides who may change which
 * user. */
#include <string.h>

#include "env/announce.h"
#include "env/create_once.h"
#include "handlers/handlers.h"
#include "http/field_check.h"
#include "http/json_shape.h"
#include "http/paging.h"
#include "http/path_param.h"
#include "store/issuer_store.h"

#include "core/banned.h"

/* Bytes, as many as `sub` may have in the tokens of a tenant's own issuer. */
#define EXTERNAL_ID_MAX ISSUER_SUBJECT_MAX

struct create_input {
	const char *email, *displayName, *role, *externalId;
	bool has_role, has_externalId;
};

static const struct json_field create_fields[] = {
    JSON_FIELD(struct create_input, email, JSON_STRING, true, 0, NAME_BYTES(EMAIL_MAX)),
    JSON_FIELD(struct create_input, displayName, JSON_STRING, true, 0,
	NAME_BYTES(DISPLAY_NAME_MAX)),
    JSON_FIELD_OPT(struct create_input, role, JSON_STRING, 0, 20),
    JSON_FIELD_OPT(struct create_input, externalId, JSON_STRING, 1, EXTERNAL_ID_MAX),
};

struct patch_input {
	const char *email, *displayName, *role, *externalId;
	bool readReceipts;
	bool has_email, has_displayName, has_role, has_externalId, has_readReceipts;
};

static const struct json_field patch_fields[] = {
    JSON_FIELD_OPT(struct patch_input, email, JSON_STRING, 0, NAME_BYTES(EMAIL_MAX)),
    JSON_FIELD_OPT(
	struct patch_input, displayName, JSON_STRING, 0, NAME_BYTES(DISPLAY_NAME_MAX)),
    JSON_FIELD_OPT(struct patch_input, role, JSON_STRING, 0, 20),
    /* "" and null remove the id. */
    JSON_FIELD_CLEAR(struct patch_input, externalId, JSON_STRING, 0, EXTERNAL_ID_MAX),
    JSON_FIELD_OPT(struct patch_input, readReceipts, JSON_BOOL, 0, 0),
};

static void
users_write_user(
    const struct http_req *req, struct http_res *res, int status, const struct user *u)
{
	struct json_write w;

	http_json(res, &w, status);
	jw_object(&w, NULL);
	json_shape_user(&w, u, &req->who.actor);
	jw_object_end(&w);
}

/* Publishes the change. A repeated request publishes it again, because Redis may have
 * lost the first message. */
static void
users_announce(struct api *api, const struct http_req *req, const struct user *u)
{
	const struct control change = {.tenant = req->who.actor.tenant,
	    .user = u->id,
	    .names_user = true,
	    .acl_version = u->acl_version};

	announce_acl(api, req, &change);
}

static void
users_announce_feed(struct api *api, const struct http_req *req, const struct user *u)
{
	if (u->feed != NULL)
		announce_event(api, req, u->feed);
}

/* GET /users/me */
enum es_code
users_me(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	struct user user;

	TRY(user_store_get(api->pg, who, &who->user, req->arena, &user, err));
	users_write_user(req, res, 200, &user);
	return ES_OK;
}

static enum es_code
users_read_word(const struct http_req *req, const char *name, const char *allowed,
    const char **out, struct es_err *err)
{
	struct es_err why;

	*out = query_get(&req->query, name);
	if (field_check_word(name, *out, allowed, &why) == ES_OK)
		return ES_OK;
	return es_fail_field(err, ES_BAD_REQUEST, arena_printf(req->arena, "?%s", name),
	    "must be one of: %s", allowed);
}

/* Reads a parameter that is compared by its key: at least one visible character, no
 * longer than a name. */
static enum es_code
users_read_text(const struct http_req *req, const char *name, size_t max,
    const char **out, struct es_err *err)
{
	struct es_err why;

	*out = query_get(&req->query, name);
	if (field_check_name(name, out, 1, max, req->arena, &why) == ES_OK)
		return ES_OK;
	return es_fail_field(
	    err, ES_BAD_REQUEST, arena_printf(req->arena, "?%s", name), "%s", why.text);
}

/* Checks the filters: one of email (exact), externalId (exact) and q (start of the name).
 * E-mails and external ids are for admins. */
static enum es_code
users_check_filter(
    const struct http_req *req, const struct user_filter *f, struct es_err *err)
{
	const bool many =
	    (f->email != NULL) + (f->external_id != NULL) + (f->name_prefix != NULL) > 1;

	if (f->external_id != NULL &&
	    (f->external_id[0] == '\0' || strlen(f->external_id) > EXTERNAL_ID_MAX))
		return es_fail_field(err, ES_BAD_REQUEST, "?externalId",
		    "must be 1 to %d bytes", EXTERNAL_ID_MAX);
	if (many)
		return es_fail_field(err, ES_BAD_REQUEST,
		    f->name_prefix != NULL ? "?q" : "?externalId",
		    "use only one of email, externalId and q");
	if ((f->email == NULL && f->external_id == NULL) ||
	    actor_is_admin(&req->who.actor))
		return ES_OK;
	return es_fail_field(err, ES_FORBIDDEN,
	    f->email != NULL ? "?email" : "?externalId",
	    "only an owner or admin may filter by e-mail or external id");
}

/* Reads ?email= ?externalId= ?q= ?role= ?status= */
static enum es_code
users_read_filter(const struct http_req *req, struct user_filter *out, struct es_err *err)
{
	out->external_id = query_get(&req->query, "externalId");
	TRY(users_read_text(req, "email", EMAIL_MAX, &out->email, err));
	TRY(users_read_text(req, "q", DISPLAY_NAME_MAX, &out->name_prefix, err));
	TRY(users_read_word(req, "role", USER_ROLES, &out->role, err));
	TRY(users_read_word(req, "status", USER_STATUSES, &out->status, err));
	return users_check_filter(req, out, err);
}

/* The filters, undecoded, for the link to the next page. */
static const char *
users_filter_query(const struct http_req *req)
{
	static const char *const names[] = {
	    "email=", "externalId=", "q=", "role=", "status="};
	struct text kept;

	text_init(&kept, req->arena, URI_MAX);
	for (const char *s = req->uri.query; *s != '\0'; s += strspn(s, "&")) {
		const size_t len = strcspn(s, "&");

		for (size_t i = 0; i < ES_COUNT(names); i++)
			if (strncmp(s, names[i], strlen(names[i])) == 0)
				text_addf(&kept, "%s%.*s", kept.len > 0 ? "&" : "",
				    (int)len, s);
		s += len;
	}
	return kept.len > 0 ? kept.data : NULL;
}

/* GET /users */
enum es_code
users_list(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	const char *query = users_filter_query(req);
	const struct paging_list list = {
	    "users", who->tenant.text, query != NULL ? query : ""};
	struct user_filter filter = {0};
	struct user_page page;
	struct user_id after;
	struct json_write w;
	int64_t limit;

	TRY(paging_limit(req, &limit, err));
	TRY(paging_cursor(req, &list, after.text, err));
	TRY(users_read_filter(req, &filter, err));
	TRY(user_store_list(api->pg, who, &filter, after.text[0] == '\0' ? NULL : &after,
	    limit, req->arena, &page, err));
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	jw_array(&w, "users");
	for (size_t i = 0; i < page.n; i++) {
		jw_object(&w, NULL);
		json_shape_user(&w, &page.items[i], who);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	paging_next(req, res, &w, &list,
	    page.more ? page.items[page.n - 1].id.text : NULL, limit, query);
	jw_object_end(&w);
	return ES_OK;
}

static enum es_code
users_make_once(struct api *api, const struct http_req *req, struct http_res *res,
    struct user_new *make, struct user *out, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	struct create_once once;
	struct es_err ignored;
	enum es_code rc;

	TRY(create_once_begin(api, req, "users", &once, err));
	memcpy(make->id.text, once.id.text, sizeof(make->id.text));
	if (once.seen_before &&
	    create_once_replays(
		user_store_get(api->pg, who, &make->id, req->arena, out, &ignored), res))
		return ES_OK;
	rc = user_store_create(api->pg, who, make, req->arena, out, err);
	if (rc != ES_OK && once.has_key &&
	    create_once_replays(
		user_store_get(api->pg, who, &make->id, req->arena, out, &ignored), res))
		return ES_OK;
	return rc;
}

/* POST /users */
enum es_code
users_create(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct create_input in = {0};
	struct user user;

	TRY(http_body_begin(req, create_fields, ES_COUNT(create_fields), &in, err));
	http_body_note(req, field_check_email("email", &in.email, req->arena, err), err);
	http_body_note(req,
	    field_check_name(
		"displayName", &in.displayName, 1, DISPLAY_NAME_MAX, req->arena, err),
	    err);
	http_body_note(req, field_check_word("role", in.role, USER_ROLES, err), err);
	TRY(http_body_end(req, err));
	struct user_new make = {.email = in.email,
	    .display_name = in.displayName,
	    .role = in.role,
	    .external_id = in.externalId};

	TRY(users_make_once(api, req, res, &make, &user, err));
	users_announce_feed(api, req, &user);
	users_write_user(req, res, 201, &user);
	http_header(
	    res, "Location", arena_printf(req->arena, "/api/v1/users/%s", user.id.text));
	return ES_OK;
}

/* GET /users/{userId} */
enum es_code
users_get(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct user_id id;
	struct user user;

	TRY(path_param_user(req, 0, &id, err));
	TRY(user_store_get(api->pg, &req->who.actor, &id, req->arena, &user, err));
	users_write_user(req, res, 200, &user);
	return ES_OK;
}

/* PATCH /users/{userId} */
enum es_code
users_patch(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct patch_input in = {0};
	struct user_id id;
	struct user user;

	TRY(path_param_user(req, 0, &id, err));
	TRY(http_body_begin(req, patch_fields, ES_COUNT(patch_fields), &in, err));
	http_body_note(req, field_check_email("email", &in.email, req->arena, err), err);
	http_body_note(req,
	    field_check_name(
		"displayName", &in.displayName, 1, DISPLAY_NAME_MAX, req->arena, err),
	    err);
	http_body_note(req, field_check_word("role", in.role, USER_ROLES, err), err);
	TRY(http_body_end(req, err));
	const struct user_patch patch = {.email = in.email,
	    .display_name = in.displayName,
	    .role = in.role,
	    .external_id =
		in.has_externalId && in.externalId == NULL ? "" : in.externalId,
	    .read_receipts = in.has_readReceipts ? &in.readReceipts : NULL};

	TRY(user_store_patch(
	    api->pg, &req->who.actor, &id, &patch, req->arena, &user, err));
	users_announce_feed(api, req, &user);
	if (in.role != NULL || in.displayName != NULL || in.has_readReceipts)
		users_announce(api, req, &user);
	users_write_user(req, res, 200, &user);
	return ES_OK;
}

/* POST /users/{userId}/deactivate */
enum es_code
users_deactivate(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct user_id id;
	struct user user;

	TRY(path_param_user(req, 0, &id, err));
	TRY(user_store_deactivate(api->pg, &req->who.actor, &id, req->arena, &user, err));
	users_announce_feed(api, req, &user);
	announce_events(api, req, &user.handed_on);
	users_announce(api, req, &user);
	announce_user_offline(api, req, &id);
	users_write_user(req, res, 200, &user);
	return ES_OK;
}

/* POST /users/{userId}/reactivate */
enum es_code
users_reactivate(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct user_id id;
	struct user user;

	TRY(path_param_user(req, 0, &id, err));
	TRY(user_store_reactivate(api->pg, &req->who.actor, &id, req->arena, &user, err));
	users_announce_feed(api, req, &user);
	users_announce(api, req, &user);
	users_write_user(req, res, 200, &user);
	return ES_OK;
}

/* DELETE /users/{userId} */
enum es_code
users_delete(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct user_id id;
	struct user user;

	TRY(path_param_user(req, 0, &id, err));
	TRY(user_store_delete(api->pg, &req->who.actor, &id, req->arena, &user, err));
	users_announce_feed(api, req, &user);
	announce_events(api, req, &user.handed_on);
	users_announce(api, req, &user);
	announce_user_offline(api, req, &id);
	res->status = 204;
	return ES_OK;
}
