#include "store/feed_store.h"

#include "core/banned.h"

/* Casts the payload to jsonb, so that a new event has the same text as in history. */
static const struct pg_col feed_cols[] = {
    PG_COL(struct event, channel, PG_UUID),
    PG_COL(struct event, seq, PG_INT8),
    PG_COL(struct event, created_ms, PG_INT8),
    PG_COL(struct event, payload, PG_TEXT),
};

#define FEED_STMT(name_, sql_) \
	{ \
		.name = "feed_" name_, .sql = sql_, .cols = feed_cols, \
		.n_cols = ES_COUNT(feed_cols), .n_params = 4 \
	}

static const struct pg_stmt added = FEED_STMT("channel_added",
    "SELECT $3::uuid, e.seq, e.created_ms, c.payload FROM (SELECT jsonb_build_object("
    "'channelId', c.id, 'kind', c.kind, 'name', c.name, 'isPrivate', c.is_private)"
    " AS payload FROM channels c WHERE c.tenant_id = $1 AND c.id = $2) c,"
    " LATERAL es_feed_event($1, $3::uuid, 'channel_added', $4, c.payload) e");

static const struct pg_stmt removed = {
    .name = "feed_channel_removed",
    .sql = "SELECT $3::uuid, e.seq, e.created_ms, p.payload FROM (SELECT"
	   " jsonb_build_object('channelId', $2::uuid, 'code', $5::text) AS payload) p,"
	   " LATERAL es_feed_event($1, $3::uuid, 'channel_removed', $4, p.payload) e",
    .cols = feed_cols,
    .n_cols = ES_COUNT(feed_cols),
    .n_params = 5,
};

/* The ids come in ascending order, so that two transactions lock the feeds in the same
 * order. */
static const struct pg_stmt dm_opened = FEED_STMT("dm_opened",
    "SELECT w.id::uuid, e.seq, e.created_ms, c.payload FROM (SELECT jsonb_build_object("
    "'channelId', c.id, 'kind', c.kind, 'userIds',"
    " to_jsonb(string_to_array(c.dm_key, ' '))) AS payload FROM channels c"
    " WHERE c.tenant_id = $1 AND c.id = $2) c,"
    " string_to_table($3, ' ') w(id),"
    " LATERAL es_feed_event($1, w.id::uuid, 'dm_opened', $4, c.payload) e");

static const struct pg_stmt tenant_channel = {
    .name = "feed_tenant_channel",
    .sql = "SELECT $1::uuid, e.seq, e.created_ms, p.payload FROM (SELECT"
	   " jsonb_strip_nulls(jsonb_build_object('channelId', $4::uuid, 'name',"
	   " $5::text)) || $6::jsonb AS payload) p,"
	   " LATERAL es_feed_event($1::uuid, $1::uuid, $2, $3, p.payload) e",
    .cols = feed_cols,
    .n_cols = ES_COUNT(feed_cols),
    .n_params = 6,
};

static const struct pg_stmt tenant_user = FEED_STMT("tenant_user",
    "SELECT u.tenant_id, e.seq, e.created_ms, u.payload FROM (SELECT u.tenant_id,"
    " jsonb_build_object('userId', u.id, 'displayName', u.display_name, 'role', u.role,"
    " 'status', CASE WHEN u.deleted_at IS NULL THEN u.status ELSE 'deleted' END)"
    " AS payload FROM users u WHERE u.tenant_id = $1 AND u.id = $2) u,"
    " LATERAL es_feed_event($1, $1, $3, $4, u.payload) e");

static enum es_code
feed_store_run(struct pg *pg, const struct actor *who, const struct pg_stmt *stmt,
    const char *const params[], enum event_kind kind, struct arena *a, struct event **out,
    struct es_err *err)
{
	struct event **next = out;
	struct pg_rows rows;

	*out = NULL;
	TRY(pg_run(pg, NULL, stmt, params, a, &rows, err));
	for (int64_t i = 0; i < rows.count; i++) {
		struct event *event = arena_alloc(a, sizeof(*event));

		*event = (struct event){.kind = kind,
		    .tenant = who->tenant,
		    .user = who->user,
		    .display_name = arena_strdup(a, who->display_name)};
		if (!pg_next(&rows, a, event))
			break;
		*next = event;
		next = &event->feed;
	}
	return ES_OK;
}

enum es_code
feed_store_channel_added(struct pg *pg, const struct actor *who,
    const struct user_id *user, const struct channel_id *channel, struct arena *a,
    struct event **out, struct es_err *err)
{
	const char *const params[] = {
	    who->tenant.text, channel->text, user->text, who->user.text};

	return feed_store_run(pg, who, &added, params, EVENT_CHANNEL_ADDED, a, out, err);
}

enum es_code
feed_store_channel_removed(struct pg *pg, const struct actor *who,
    const struct user_id *user, const struct channel_id *channel, const char *code,
    struct arena *a, struct event **out, struct es_err *err)
{
	const char *const params[] = {
	    who->tenant.text, channel->text, user->text, who->user.text, code};

	return feed_store_run(
	    pg, who, &removed, params, EVENT_CHANNEL_REMOVED, a, out, err);
}

enum es_code
feed_store_dm_opened(struct pg *pg, const struct actor *who, const char *people,
    const struct channel_id *channel, struct arena *a, struct event **out,
    struct es_err *err)
{
	const char *const params[] = {
	    who->tenant.text, channel->text, people, who->user.text};

	return feed_store_run(pg, who, &dm_opened, params, EVENT_DM_OPENED, a, out, err);
}

enum es_code
feed_store_tenant_channel(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, enum event_kind kind, const char *name,
    const char *changes, struct arena *a, struct event **out, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, event_kind_name(kind),
	    who->user.text, channel->text, name, changes};

	return feed_store_run(pg, who, &tenant_channel, params, kind, a, out, err);
}

enum es_code
feed_store_tenant_user(struct pg *pg, const struct actor *who, const struct user_id *user,
    enum event_kind kind, struct arena *a, struct event **out, struct es_err *err)
{
	const char *const params[] = {
	    who->tenant.text, user->text, event_kind_name(kind), who->user.text};

	return feed_store_run(pg, who, &tenant_user, params, kind, a, out, err);
}
