#include "guard/channel_access.h"

#include "store/reader_store.h"

#include "core/banned.h"

enum es_code
channel_access_check_post(struct api *api, const struct http_req *req,
    const struct channel_id *channel, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	const struct rights_key right = {who->tenant, who->user, *channel};
	struct rights_row found;
	struct pg_rows rows;

	TRY(pg_run(api->pg, NULL, &reader_store_rights,
	    reader_store_rights_params(req->arena, &right, 1), req->arena, &rows, err));
	if (!pg_next(&rows, req->arena, &found))
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	if (found.archived)
		return es_fail(err, ES_CHANNEL_ARCHIVED, "the channel is archived");
	if (!found.may_post)
		return es_fail(err, ES_FORBIDDEN,
		    "only owners and admins of the channel or of the tenant "
		    "may post in it");
	return ES_OK;
}
