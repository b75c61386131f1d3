#include "guard/channel_access.h"

#include "store/reader_store.h"

#include "core/banned.h"

enum es_code
channel_access_check_post(struct api *api, const struct http_req *req,
    const struct channel_id *channel, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	const char *const params[] = {who->tenant.text, who->user.text, channel->text};
	struct post_right found;
	struct pg_rows rows;

	TRY(pg_run(api->pg, &who->tenant, &reader_store_post_right, params, req->arena,
	    &rows, err));
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
