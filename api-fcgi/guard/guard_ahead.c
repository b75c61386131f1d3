#include "guard/guard_ahead.h"

#include "core/clock.h"

#include "core/banned.h"

/* jti NULL: notes no principal_store_get(). */
static void
guard_ahead_note(struct api *api, struct http_req *req, const struct tenant_id *tenant,
    const struct user_id *user, const char *jti)
{
	struct http_res ignored;
	struct es_err err;

	if (req->ahead == NULL || clock_mono_ms() < api->ahead_after_ms)
		return;
	/* req->ahead() needs a tenant and a user. The role is empty, because only the
	 * check of the caller reads it. req->who is cleared below, because the caller is
	 * not known yet. */
	req->who.actor = (struct actor){
	    .tenant = *tenant, .user = *user, .role = "", .display_name = ""};
	http_res_init(&ignored, req->arena);
	pg_ahead_begin(api->pg, req->arena);
	if (jti != NULL) {
		struct principal none;

		IGNORE(principal_store_get(
		    api->pg, tenant, user, jti, 0, req->arena, &none, &err));
	}
	IGNORE(req->ahead(api, req, &ignored, &err));
	pg_ahead_end(api->pg);
	req->ahead = NULL; /* a second call would drop what the first one has noted */
	req->who = (struct principal){.settings = NULL};
}

void
guard_ahead(struct api *api, struct http_req *req, const struct tenant_id *tenant,
    const struct user_id *user)
{
	guard_ahead_note(api, req, tenant, user, NULL);
}

void
guard_ahead_principal(struct api *api, struct http_req *req,
    const struct tenant_id *tenant, const struct user_id *user, const char *jti)
{
	guard_ahead_note(api, req, tenant, user, jti);
}

void
guard_ahead_pause(struct api *api)
{
	api->ahead_after_ms = clock_mono_ms() + GUARD_AHEAD_PAUSE_MS;
}
