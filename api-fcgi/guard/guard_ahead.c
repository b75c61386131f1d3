#include "guard/guard_ahead.h"

#include "core/clock.h"

#include "core/banned.h"

void
guard_ahead(struct api *api, struct http_req *req)
{
	struct http_res ignored;
	struct es_err err;

	if (req->ahead == NULL || clock_mono_ms() < api->ahead_after_ms)
		return;
	/* req->ahead() needs a tenant and a user. The role is empty, because only the
	 * check of the caller reads it. req->who is cleared below, because the caller is
	 * not known yet. */
	req->who.actor = (struct actor){.tenant = req->claims.tenant,
	    .user = req->claims.user,
	    .role = "",
	    .display_name = ""};
	http_res_init(&ignored, req->arena);
	pg_ahead_begin(api->pg, req->arena);
	IGNORE(req->ahead(api, req, &ignored, &err));
	pg_ahead_end(api->pg);
	req->who = (struct principal){.settings = NULL};
}

void
guard_ahead_pause(struct api *api)
{
	api->ahead_after_ms = clock_mono_ms() + GUARD_AHEAD_PAUSE_MS;
}
