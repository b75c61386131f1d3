/* /admin/tenants: the tenants of the installation. Only the operator key opens these
 * routes. */
#include <string.h>

#include "core/clock.h"
#include "env/announce.h"
#include "env/create_once.h"
#include "handlers/handlers.h"
#include "http/field_check.h"
#include "http/json_shape.h"
#include "http/paging.h"
#include "http/path_param.h"
#include "store/tenant_admin.h"
#include "store/tenant_settings.h"
#include "store/token_store.h"

#include "core/banned.h"

#define LIMIT_MAX    1000000
#define SETTINGS_MAX TENANT_SETTINGS_BYTES_MAX

struct create_input {
	const char *name, *adminEmail, *adminDisplayName, *settings;
	int64_t maxChannels, maxMessagesPerSecond;
	bool has_settings, has_maxChannels, has_maxMessagesPerSecond;
};

static const struct json_field create_fields[] = {
    JSON_FIELD(
	struct create_input, name, JSON_STRING, true, 0, NAME_BYTES(TENANT_NAME_MAX)),
    JSON_FIELD(
	struct create_input, adminEmail, JSON_STRING, true, 0, NAME_BYTES(EMAIL_MAX)),
    JSON_FIELD(struct create_input, adminDisplayName, JSON_STRING, true, 0,
	NAME_BYTES(DISPLAY_NAME_MAX)),
    JSON_FIELD_OPT(struct create_input, settings, JSON_RAW, 2, SETTINGS_MAX),
    JSON_FIELD_CLEAR(struct create_input, maxChannels, JSON_INT, 0, LIMIT_MAX),
    JSON_FIELD_CLEAR(struct create_input, maxMessagesPerSecond, JSON_INT, 0, LIMIT_MAX),
};

struct patch_input {
	const char *name, *settings;
	int64_t maxChannels, maxMessagesPerSecond;
	bool has_name, has_settings, has_maxChannels, has_maxMessagesPerSecond;
};

static const struct json_field patch_fields[] = {
    JSON_FIELD_OPT(struct patch_input, name, JSON_STRING, 0, NAME_BYTES(TENANT_NAME_MAX)),
    JSON_FIELD_OPT(struct patch_input, settings, JSON_RAW, 2, SETTINGS_MAX),
    JSON_FIELD_CLEAR(struct patch_input, maxChannels, JSON_INT, 0, LIMIT_MAX),
    JSON_FIELD_CLEAR(struct patch_input, maxMessagesPerSecond, JSON_INT, 0, LIMIT_MAX),
};

/* Checks *settings and replaces it by the form that is stored. NULL (absent) stays NULL.
 */
static enum es_code
tenants_read_settings(
    const struct http_req *req, bool by_owner, const char **settings, struct es_err *err)
{
	if (*settings == NULL)
		return ES_OK;
	if (**settings == '{')
		return tenant_settings_from_client(
		    *settings, by_owner, req->arena, req->faults, settings, err);
	http_body_note(
	    req, es_fail_field(err, ES_INVALID, "settings", "must be an object"), err);
	return ES_OK;
}

/* Returns the limit that the request sets; null means no limit. Returns -1 when the field
 * is absent: PATCH then keeps the old limit, and POST takes the default. */
static int64_t
tenants_limit_or_none(bool present, int64_t n)
{
	return present ? n : -1;
}

static void
tenants_announce(struct api *api, const struct http_req *req, const struct tenant *t)
{
	const struct control change = {.tenant = t->id, .acl_version = t->acl_version};

	announce_acl(api, req, &change);
}

static void
tenants_write_tenant(
    const struct http_req *req, struct http_res *res, const struct tenant *t)
{
	struct json_write w;

	http_json(res, &w, 200);
	jw_object(&w, NULL);
	json_shape_tenant(&w, t, req->arena);
	jw_object_end(&w);
}

static void
tenants_write_created(const struct http_req *req, struct http_res *res,
    const struct tenant *t, const struct tenant_admin *admin, const char *token,
    int64_t expires_ms)
{
	struct json_write w;

	http_json(res, &w, 201);
	jw_object(&w, NULL);
	json_shape_tenant(&w, t, req->arena);
	jw_object(&w, "admin");
	jw_string(&w, "userId", admin->id.text);
	jw_string(&w, "email", admin->email);
	jw_string(&w, "displayName", admin->display_name);
	jw_object_end(&w);
	jw_string(&w, "token", token);
	json_shape_time(&w, "tokenExpiresAt", expires_ms);
	jw_object_end(&w);
}

static enum es_code
tenants_find_made(struct api *api, const struct http_req *req, const struct tenant_id *id,
    struct tenant *out, struct tenant_admin *admin)
{
	struct es_err ignored;

	TRY(tenant_store_get(api->pg, id, req->arena, out, &ignored));
	return tenant_admin_first(api->pg, id, req->arena, admin, &ignored);
}

static enum es_code
tenants_make_once(struct api *api, const struct http_req *req, struct http_res *res,
    struct tenant_new *make, struct tenant *out, struct tenant_admin *admin,
    struct es_err *err)
{
	struct create_once once;
	enum es_code rc;

	TRY(create_once_begin(api, req, "tenants", &once, err));
	memcpy(make->id.text, once.id.text, sizeof(make->id.text));
	if (once.seen_before &&
	    create_once_replays(tenants_find_made(api, req, &make->id, out, admin), res))
		return ES_OK;
	*admin = (struct tenant_admin){
	    .email = make->admin_email, .display_name = make->admin_display_name};
	rc = tenant_store_create(api->pg, make, req->arena, out, &admin->id, err);
	if (rc != ES_OK && once.has_key &&
	    create_once_replays(tenants_find_made(api, req, &make->id, out, admin), res))
		return ES_OK;
	return rc;
}

/* POST /admin/tenants. Creates the tenant, its first admin, and a token for that admin.
 */
enum es_code
tenants_create(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const int64_t now_s = clock_wall_ms() / 1000, ttl_s = api->conf->auth.token_ttl_s;
	struct create_input in = {
	    .maxChannels = TENANT_NO_LIMIT, .maxMessagesPerSecond = TENANT_NO_LIMIT};
	struct tenant_admin admin = {0};
	struct tenant tenant;
	const char *token;
	int64_t issue_s;

	TRY(http_body_begin(req, create_fields, ES_COUNT(create_fields), &in, err));
	http_body_note(req,
	    field_check_name("name", &in.name, 1, TENANT_NAME_MAX, req->arena, err), err);
	http_body_note(
	    req, field_check_email("adminEmail", &in.adminEmail, req->arena, err), err);
	http_body_note(req,
	    field_check_name("adminDisplayName", &in.adminDisplayName, 1,
		DISPLAY_NAME_MAX, req->arena, err),
	    err);
	TRY(tenants_read_settings(req, false, &in.settings, err));
	TRY(http_body_end(req, err));
	struct tenant_new make = {.name = in.name,
	    .max_channels = tenants_limit_or_none(in.has_maxChannels, in.maxChannels),
	    .max_messages_per_second = tenants_limit_or_none(
		in.has_maxMessagesPerSecond, in.maxMessagesPerSecond),
	    .settings = in.settings,
	    .admin_email = in.adminEmail,
	    .admin_display_name = in.adminDisplayName};

	TRY(tenants_make_once(api, req, res, &make, &tenant, &admin, err));
	TRY(token_store_issue_s(
	    api->pg, &tenant.id, &admin.id, req->arena, &issue_s, err));
	TRY(token_mint(&api->tokens, &tenant.id, &admin.id, issue_s,
	    now_s + ttl_s - issue_s, req->arena, &token, err));
	tenants_write_created(req, res, &tenant, &admin, token, (now_s + ttl_s) * 1000);
	http_header(res, "Location",
	    arena_printf(req->arena, "/api/v1/admin/tenants/%s", tenant.id.text));
	return ES_OK;
}

/* GET /admin/tenants */
enum es_code
tenants_list(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	static const struct paging_list list = {"tenants", "", ""};
	struct tenant_page page;
	struct tenant_id after;
	struct json_write w;
	int64_t limit;

	TRY(paging_limit(req, &limit, err));
	TRY(paging_cursor(req, &list, after.text, err));
	TRY(tenant_store_list(api->pg, after.text[0] == '\0' ? NULL : &after, limit,
	    req->arena, &page, err));
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	jw_array(&w, "tenants");
	for (size_t i = 0; i < page.n; i++) {
		jw_object(&w, NULL);
		json_shape_tenant(&w, &page.items[i], req->arena);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	paging_next(req, res, &w, &list,
	    page.more ? page.items[page.n - 1].id.text : NULL, limit, NULL);
	jw_object_end(&w);
	return ES_OK;
}

/* GET /admin/tenants/{tenantId} */
enum es_code
tenants_get(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct tenant_id id;
	struct tenant tenant;

	TRY(path_param_tenant(req, 0, &id, err));
	TRY(tenant_store_get(api->pg, &id, req->arena, &tenant, err));
	tenants_write_tenant(req, res, &tenant);
	return ES_OK;
}

/* PATCH /admin/tenants/{tenantId} */
enum es_code
tenants_patch(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct patch_input in = {
	    .maxChannels = TENANT_NO_LIMIT, .maxMessagesPerSecond = TENANT_NO_LIMIT};
	struct tenant_id id;
	struct tenant tenant;

	TRY(path_param_tenant(req, 0, &id, err));
	TRY(http_body_begin(req, patch_fields, ES_COUNT(patch_fields), &in, err));
	http_body_note(req,
	    field_check_name("name", &in.name, 1, TENANT_NAME_MAX, req->arena, err), err);
	TRY(tenants_read_settings(req, false, &in.settings, err));
	TRY(http_body_end(req, err));
	const struct tenant_patch patch = {.name = in.name,
	    .max_channels = tenants_limit_or_none(in.has_maxChannels, in.maxChannels),
	    .max_messages_per_second = tenants_limit_or_none(
		in.has_maxMessagesPerSecond, in.maxMessagesPerSecond),
	    .settings = in.settings};

	TRY(tenant_store_patch(api->pg, &id, &patch, req->arena, &tenant, err));
	tenants_announce(api, req, &tenant);
	tenants_write_tenant(req, res, &tenant);
	return ES_OK;
}

/* POST /admin/tenants/{tenantId}/suspend */
enum es_code
tenants_suspend(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct tenant_id id;
	struct tenant tenant;

	TRY(path_param_tenant(req, 0, &id, err));
	TRY(tenant_store_suspend(api->pg, &id, req->arena, &tenant, err));
	tenants_announce(api, req, &tenant);
	announce_tenant_offline(api, req, &id);
	tenants_write_tenant(req, res, &tenant);
	return ES_OK;
}

/* POST /admin/tenants/{tenantId}/resume */
enum es_code
tenants_resume(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct tenant_id id;
	struct tenant tenant;

	TRY(path_param_tenant(req, 0, &id, err));
	TRY(tenant_store_resume(api->pg, &id, req->arena, &tenant, err));
	tenants_announce(api, req, &tenant);
	tenants_write_tenant(req, res, &tenant);
	return ES_OK;
}
