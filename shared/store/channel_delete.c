/* Deletion of a channel. From the commit on no request finds the channel.
 * batch_store_purge_channels() deletes its messages, events and members later. */
#include <string.h>

#include "store/channel_store.h"
#include "store/feed_store.h"
#include "store/idempotency_store.h"
#include "store/store_private.h"

#include "core/banned.h"

/* The caller locks the tenant's row before this statement deletes the channel's row. A
 * creation of a channel with the same name locks in that order, too: it holds the
 * tenant's row and waits for the name. A trigger decrements the tenant's channel
 * count. */
static const struct pg_stmt delete_stmt = {
    .name = "channel_delete",
    .sql = "WITH purge AS (INSERT INTO deleted_channels (tenant_id, channel_id,"
	   " deleted_by) VALUES ($1, $2, $3)),"
	   " keys AS (UPDATE idempotency_keys SET resource_id = '" IDEMPOTENCY_DELETED "'"
	   " WHERE tenant_id = $1 AND resource_id = $2),"
	   " bans AS (DELETE FROM channel_bans WHERE tenant_id = $1 AND channel_id = $2),"
	   " head AS (DELETE FROM channel_heads WHERE tenant_id = $1 AND channel_id = $2)"
	   " DELETE FROM channels WHERE tenant_id = $1 AND id = $2",
    .n_params = 3,
};

static enum es_code
channel_delete_locked(struct pg *pg, const struct actor *who, const struct channel_id *id,
    struct arena *a, struct event *event, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, id->text, who->user.text};
	struct channel_state now;
	struct pg_rows rows;

	TRY(store_lock_named_channel(pg, who, id, a, &now, err));
	if (!actor_is_owner(who) && (now.role == NULL || strcmp(now.role, "owner") != 0))
		return es_fail(err, ES_FORBIDDEN,
		    "only an owner of the channel or the tenant may do this");
	TRY(store_number_event(
	    pg, who, id, EVENT_CHANNEL_DELETED, "{\"deleted\":true}", a, event, err));
	TRY(store_lock_tenant(pg, who, a, err));
	TRY(pg_run(pg, NULL, &delete_stmt, params, a, &rows, err));
	if (now.is_private)
		return ES_OK;
	return feed_store_tenant_channel(pg, who, id, EVENT_CHANNEL_DELETED, now.name,
	    "{\"deleted\":true}", a, &event->feed, err);
}

enum es_code
channel_store_delete(struct pg *pg, const struct actor *who, const struct channel_id *id,
    struct arena *a, struct event *event, struct es_err *err)
{
	*event = (struct event){0};
	TRY(pg_begin(pg, &who->tenant, err));
	return store_end(pg, channel_delete_locked(pg, who, id, a, event, err), err);
}
