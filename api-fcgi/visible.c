#include "visible.h"

#include "store/sync_store.h"

#include "core/banned.h"

enum es_code
visible_for_writing(struct api *api, const struct http_req *req,
    const struct channel_id *channel, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	const char *const *params =
	    sync_store_authorise_params(req->arena, &who->tenant, &who->user, channel, 1);
	struct sync_channel found;
	struct pg_rows rows;

	TRY(pg_run(api->pg, &who->tenant, &sync_store_authorise, params, req->arena,
	    &rows, err));
	if (!pg_next(&rows, req->arena, &found))
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	if (found.archived)
		return es_fail(err, ES_CHANNEL_ARCHIVED, "the channel is archived");
	return ES_OK;
}
