/* Changes of a channel. Each change locks the channel, gets a sequence number and is
 * stored with its event in one transaction. */
#include <string.h>

#include "store/channel_store.h"
#include "store/feed_store.h"
#include "store/member_store.h"
#include "store/store_private.h"
#include "unicode/unicode.h"
#include "json/json_write.h"

#include "core/banned.h"

#define PAYLOAD_MAX 16384

static const struct pg_stmt rename_stmt = {
    .name = "channel_rename",
    .sql = "UPDATE channels SET name = COALESCE($3, name), topic = COALESCE($4, topic),"
	   " name_key = COALESCE($5, name_key),"
	   " is_private = COALESCE($6, is_private),"
	   " posting_policy = COALESCE($7, posting_policy)"
	   " WHERE tenant_id = $1 AND id = $2",
    .n_params = 7,
};

static const struct pg_stmt archive_stmt = {
    .name = "channel_archive",
    .sql = "UPDATE channels SET archived_at = CASE WHEN $3 THEN clock_timestamp() END"
	   " WHERE tenant_id = $1 AND id = $2",
    .n_params = 3,
};

/* Returns a row when the tenant has more channels than its limit. */
static const struct pg_stmt over_quota = {
    .name = "channel_over_quota",
    .sql = "SELECT FROM tenants WHERE id = $1 AND channel_count > max_channels",
    .n_params = 1,
};

/* Writes only the members that change; returns NULL when none does. */
static const char *
channel_change_patch_payload(
    struct arena *a, const struct channel_patch *patch, const struct channel_state *now)
{
	const bool name = patch->name != NULL && strcmp(patch->name, now->name) != 0;
	const bool topic = patch->topic != NULL && strcmp(patch->topic, now->topic) != 0;
	const bool turn =
	    patch->is_private != NULL && *patch->is_private != now->is_private;
	const bool posting = patch->posting_policy != NULL &&
	                     strcmp(patch->posting_policy, now->posting_policy) != 0;
	struct json_write w;
	struct text text;

	if (!name && !topic && !turn && !posting)
		return NULL;
	text_init(&text, a, PAYLOAD_MAX);
	jw_init(&w, &text);
	jw_object(&w, NULL);
	if (name)
		jw_string(&w, "name", patch->name);
	if (topic)
		jw_string(&w, "topic", patch->topic);
	if (turn)
		jw_bool(&w, "isPrivate", *patch->is_private);
	if (posting)
		jw_string(&w, "postingPolicy", patch->posting_policy);
	jw_object_end(&w);
	return text.data;
}

/* Tells the tenant of a change of a public channel. Of a channel that turns private it
 * tells only that: a new name is for members. */
static enum es_code
channel_change_tell(struct pg *pg, const struct actor *who, const struct channel_id *id,
    const struct channel_patch *patch, const struct channel_state *now,
    const char *payload, struct arena *a, struct event *event, struct es_err *err)
{
	const char *name = patch->name != NULL ? patch->name : now->name;
	const bool hides =
	    patch->is_private != NULL ? *patch->is_private : now->is_private;

	if (now->is_private && hides)
		return ES_OK;
	return feed_store_tenant_channel(pg, who, id, EVENT_CHANNEL_UPDATED,
	    hides ? NULL : name, hides ? "{\"isPrivate\":true}" : payload, a,
	    &event->feed, err);
}

static enum es_code
channel_change_patch_locked(struct pg *pg, const struct actor *who,
    const struct channel_id *id, const struct channel_patch *patch, struct arena *a,
    struct event *event, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, id->text, patch->name,
	    patch->topic, patch->name != NULL ? unicode_key(patch->name, a) : NULL,
	    patch->is_private != NULL ? pg_bool(*patch->is_private) : NULL,
	    patch->posting_policy};
	struct channel_state now;
	struct pg_rows rows;
	const char *payload;
	enum es_code rc;

	TRY(store_lock_named_channel(pg, who, id, a, &now, err));
	TRY(store_may_manage(who, &now, err));
	payload = channel_change_patch_payload(a, patch, &now);
	if (payload == NULL)
		return ES_OK;
	if (now.archived)
		return es_fail(err, ES_CHANNEL_ARCHIVED, "the channel is archived");
	if (patch->is_private != NULL && *patch->is_private && now.role == NULL)
		return es_fail_field(err, ES_FORBIDDEN, "isPrivate",
		    "only a member of the channel may do this; join it first");
	rc = pg_run(pg, NULL, &rename_stmt, params, a, &rows, err);
	if (rc == ES_CONFLICT)
		return es_fail_field(
		    err, ES_NAME_TAKEN, "name", "another channel has this name");
	TRY(rc);
	TRY(store_number_event(
	    pg, who, id, EVENT_CHANNEL_UPDATED, payload, a, event, err));
	return channel_change_tell(pg, who, id, patch, &now, payload, a, event, err);
}

enum es_code
channel_store_patch(struct pg *pg, const struct actor *who, const struct channel_id *id,
    const struct channel_patch *patch, struct arena *a, struct channel *out,
    struct event *event, struct es_err *err)
{
	*event = (struct event){0};
	TRY(pg_begin(pg, &who->tenant, err));
	TRY(store_end(
	    pg, channel_change_patch_locked(pg, who, id, patch, a, event, err), err));
	return channel_store_get(pg, who, id, a, out, err);
}

static enum es_code
channel_change_archive_locked(struct pg *pg, const struct actor *who,
    const struct channel_id *id, bool archive, struct arena *a, struct event *event,
    struct es_err *err)
{
	const char *const params[] = {who->tenant.text, id->text, pg_bool(archive)};
	const enum event_kind kind =
	    archive ? EVENT_CHANNEL_ARCHIVED : EVENT_CHANNEL_UPDATED;
	const char *payload = archive ? "{\"archived\":true}" : "{\"archived\":false}";
	struct channel_state now;
	struct pg_rows rows;

	TRY(store_lock_named_channel(pg, who, id, a, &now, err));
	TRY(store_may_manage(who, &now, err));
	if (now.archived == archive)
		return ES_OK;
	TRY(store_lock_tenant(pg, who, a, err));
	TRY(pg_run(pg, NULL, &archive_stmt, params, a, &rows, err));
	if (!archive) {
		TRY(pg_run(pg, NULL, &over_quota, params, a, &rows, err));
		if (rows.count > 0)
			return es_fail(err, ES_QUOTA_EXCEEDED,
			    "the tenant has reached its limit of channels");
	}
	TRY(store_number_event(pg, who, id, kind, payload, a, event, err));
	if (now.is_private)
		return ES_OK;
	return feed_store_tenant_channel(
	    pg, who, id, kind, now.name, payload, a, &event->feed, err);
}

static enum es_code
channel_change_set_archived(struct pg *pg, const struct actor *who,
    const struct channel_id *id, bool archive, struct arena *a, struct channel *out,
    struct event *event, struct es_err *err)
{
	*event = (struct event){0};
	TRY(pg_begin(pg, &who->tenant, err));
	TRY(store_end(
	    pg, channel_change_archive_locked(pg, who, id, archive, a, event, err), err));
	return channel_store_get(pg, who, id, a, out, err);
}

enum es_code
channel_store_archive(struct pg *pg, const struct actor *who, const struct channel_id *id,
    struct arena *a, struct channel *out, struct event *event, struct es_err *err)
{
	return channel_change_set_archived(pg, who, id, true, a, out, event, err);
}

enum es_code
channel_store_unarchive(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct channel *out,
    struct event *event, struct es_err *err)
{
	return channel_change_set_archived(pg, who, id, false, a, out, event, err);
}

enum es_code
channel_store_join(struct pg *pg, const struct actor *who, const struct channel_id *id,
    struct arena *a, struct channel *out, struct event *event, struct es_err *err)
{
	TRY(member_store_join(pg, who, id, a, event, err));
	return channel_store_get(pg, who, id, a, out, err);
}

enum es_code
channel_store_leave(struct pg *pg, const struct actor *who, const struct channel_id *id,
    struct arena *a, struct event_list *events, struct es_err *err)
{
	return member_store_remove(pg, who, id, &who->user, a, events, err);
}
