#include "store/store_private.h"

#include <string.h>

#include "json/json_write.h"

#include "core/banned.h"

#define PAYLOAD_MAX 16384

const struct pg_stmt store_visible = {
    .name = "store_visible",
    .sql = "SELECT FROM channels c WHERE c.tenant_id = $1 AND c.id = $2"
	   " AND " STORE_MAY_SEE(
	       "EXISTS (SELECT FROM channel_members m"
	       " WHERE m.tenant_id = $1 AND m.channel_id = $2 AND m.user_id = $3)",
	       "$3"),
    .n_params = 3,
};

/* Locks in a separate statement, so that the next statement takes its snapshot after the
 * lock. */
const struct pg_stmt store_lock_head = {
    .name = "store_lock_channel",
    .sql = "SELECT last_seq FROM es_channel_lock($1, $2)",
    .n_params = 2,
};

static const struct pg_stmt lock_tenant = {
    .name = "store_lock_tenant",
    .sql = "SELECT FROM tenants WHERE id = $1 FOR NO KEY UPDATE",
    .n_params = 1,
};

static const struct pg_col state_cols[] = {
    PG_COL(struct channel_state, head, PG_INT8),
    PG_COL(struct channel_state, is_private, PG_BOOL),
    PG_COL(struct channel_state, archived, PG_BOOL),
    PG_COL(struct channel_state, is_direct, PG_BOOL),
    PG_COL(struct channel_state, name, PG_TEXT),
    PG_COL(struct channel_state, topic, PG_TEXT),
    PG_COL(struct channel_state, posting_policy, PG_TEXT),
    PG_COL(struct channel_state, role, PG_TEXT),
};

static const struct pg_stmt state_stmt = {
    .name = "store_channel_state",
    .sql = "SELECT h.last_seq, c.is_private, h.archived,"
	   " c.kind <> 'channel', c.name, c.topic,"
	   " c.posting_policy, m.role"
	   " FROM channels c"
	   " JOIN channel_heads h ON h.tenant_id = $1 AND h.channel_id = c.id"
	   " LEFT JOIN channel_members m ON m.tenant_id = $1 AND m.channel_id = c.id"
	   " AND m.user_id = $3"
	   " WHERE c.tenant_id = $1 AND c.id = $2"
	   " AND " STORE_MAY_SEE("m.user_id IS NOT NULL", "$3"),
    .cols = state_cols,
    .n_cols = ES_COUNT(state_cols),
    .n_params = 3,
};

/* Casts the payload to jsonb, so that a new event has the same text as in history. */
static const struct pg_col event_cols[] = {
    PG_COL(struct event, seq, PG_INT8),
    PG_COL(struct event, created_ms, PG_INT8),
    PG_COL(struct event, payload, PG_TEXT),
};

static const struct pg_stmt number = {
    .name = "store_number_event",
    .sql = "SELECT seq, created_ms, $5::jsonb FROM es_event($1, $2, $3, $4, $5)",
    .cols = event_cols,
    .n_cols = ES_COUNT(event_cols),
    .n_params = 5,
};

enum es_code
store_lock_channel(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, struct arena *a, struct channel_state *out,
    struct es_err *err)
{
	const char *const key[] = {who->tenant.text, channel->text, who->user.text};
	struct pg_batch_item items[] = {
	    {.stmt = &store_lock_head, .params = key},
	    {.stmt = &state_stmt, .params = key},
	};

	TRY(pg_batch(pg, NULL, items, ES_COUNT(items), a, err));
	if (!pg_next(&items[1].rows, a, out))
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	return ES_OK;
}

enum es_code
store_lock_named_channel(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, struct arena *a, struct channel_state *out,
    struct es_err *err)
{
	TRY(store_lock_channel(pg, who, channel, a, out, err));
	return out->is_direct ? es_fail(err, ES_FORBIDDEN, STORE_DIRECT) : ES_OK;
}

enum es_code
store_read_channel(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, struct arena *a, struct channel_state *out,
    struct es_err *err)
{
	const char *const key[] = {who->tenant.text, channel->text, who->user.text};
	struct pg_rows rows;

	TRY(pg_run(pg, &who->tenant, &state_stmt, key, a, &rows, err));
	if (!pg_next(&rows, a, out))
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	return ES_OK;
}

enum es_code
store_lock_tenant(
    struct pg *pg, const struct actor *who, struct arena *a, struct es_err *err)
{
	const char *const params[] = {who->tenant.text};
	struct pg_rows rows;

	return pg_run(pg, NULL, &lock_tenant, params, a, &rows, err);
}

enum es_code
store_may_manage(
    const struct actor *who, const struct channel_state *state, struct es_err *err)
{
	if (actor_is_admin(who))
		return ES_OK;
	if (state->role != NULL && strcmp(state->role, "member") != 0)
		return ES_OK;
	return es_fail(err, ES_FORBIDDEN,
	    "only an owner or admin of the channel or the tenant may do this");
}

enum es_code
store_number_event(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, enum event_kind kind, const char *payload,
    struct arena *a, struct event *out, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, channel->text,
	    event_kind_name(kind), who->user.text, payload};
	struct pg_rows rows;

	*out = (struct event){
	    .kind = kind, .tenant = who->tenant, .channel = *channel, .user = who->user};
	out->display_name = arena_strdup(a, who->display_name);
	TRY(pg_run(pg, NULL, &number, params, a, &rows, err));
	if (!pg_next(&rows, a, out))
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	return ES_OK;
}

static const char *
store_private_member_payload(struct arena *a, const char *user, const char *display_name,
    const char *role, bool banned)
{
	struct text text;
	struct json_write w;

	text_init(&text, a, PAYLOAD_MAX);
	jw_init(&w, &text);
	jw_object(&w, NULL);
	jw_string(&w, "userId", user);
	jw_string(&w, "displayName", display_name);
	jw_string(&w, "role", role);
	if (banned)
		jw_bool(&w, "banned", true);
	jw_object_end(&w);
	return text.data;
}

const char *
store_member_payload(
    struct arena *a, const char *user, const char *display_name, const char *role)
{
	return store_private_member_payload(a, user, display_name, role, false);
}

const char *
store_banned_payload(
    struct arena *a, const char *user, const char *display_name, const char *role)
{
	return store_private_member_payload(a, user, display_name, role, true);
}

enum es_code
store_end(struct pg *pg, enum es_code rc, struct es_err *err)
{
	if (rc == ES_OK)
		return pg_commit(pg, err);
	pg_rollback(pg);
	return rc;
}
