/* /tenant: the caller's own tenant. Its owner may change which web apps may use it. Only
 * the operator may change the rest, under /admin. */
#include "env/announce.h"
#include "handlers/handlers.h"
#include "http/json_shape.h"
#include "store/tenant_settings.h"

#include "core/banned.h"

struct patch_input {
	const char *settings;
};

static const struct json_field patch_fields[] = {
    JSON_FIELD(
	struct patch_input, settings, JSON_RAW, true, 2, TENANT_SETTINGS_BYTES_MAX),
};

static void
tenant_own_write_tenant(
    const struct http_req *req, struct http_res *res, const struct tenant *tenant)
{
	struct json_write w;

	http_json(res, &w, 200);
	jw_object(&w, NULL);
	json_shape_tenant(&w, tenant, req->arena);
	jw_object_end(&w);
}

/* GET /tenant */
enum es_code
tenant_own_get(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct tenant tenant;

	TRY(tenant_store_get(api->pg, &req->who.actor.tenant, req->arena, &tenant, err));
	tenant_own_write_tenant(req, res, &tenant);
	return ES_OK;
}

static enum es_code
tenant_own_read_settings(
    const struct http_req *req, const char **settings, struct es_err *err)
{
	struct patch_input in = {0};

	TRY(http_body_begin(req, patch_fields, ES_COUNT(patch_fields), &in, err));
	if (in.settings != NULL && in.settings[0] == '{')
		TRY(tenant_settings_from_client(
		    in.settings, true, req->arena, req->faults, settings, err));
	else if (in.settings != NULL)
		http_body_note(req,
		    es_fail_field(err, ES_INVALID, "settings", "must be an object"), err);
	return http_body_end(req, err);
}

/* PATCH /tenant */
enum es_code
tenant_own_patch(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct tenant_patch patch = {.max_channels = -1, .max_messages_per_second = -1};
	struct tenant tenant;

	TRY(tenant_own_read_settings(req, &patch.settings, err));
	TRY(tenant_store_patch(
	    api->pg, &req->who.actor.tenant, &patch, req->arena, &tenant, err));
	announce_acl(api, req,
	    &(const struct control){
		.tenant = tenant.id, .acl_version = tenant.acl_version});
	tenant_own_write_tenant(req, res, &tenant);
	return ES_OK;
}
