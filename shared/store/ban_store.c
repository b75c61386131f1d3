#include "store/ban_store.h"

#include "store/store_private.h"

#include "core/banned.h"

static const struct pg_col ban_cols[] = {
    PG_COL(struct ban, user, PG_UUID),
    PG_COL(struct ban, display_name, PG_TEXT),
    PG_COL(struct ban, banned_by, PG_UUID),
    PG_COL(struct ban, banned_ms, PG_INT8),
};

static const struct pg_stmt ban_list = {
    .name = "ban_list",
    .sql = "SELECT b.user_id, (SELECT u.display_name FROM users u WHERE u.tenant_id = $1"
	   " AND u.id = b.user_id), b.banned_by, es_ms(b.banned_at)"
	   " FROM channel_bans b WHERE b.tenant_id = $1 AND b.channel_id = $2"
	   " AND b.user_id > " STORE_AFTER("$3") " ORDER BY b.user_id LIMIT $4",
    .cols = ban_cols,
    .n_cols = ES_COUNT(ban_cols),
    .n_params = 4,
};

static const struct pg_col target_cols[] = {
    PG_COL(struct ban_target, display_name, PG_TEXT),
    PG_COL(struct ban_target, exempt, PG_BOOL),
};

static const struct pg_stmt ban_target = {
    .name = "ban_target",
    .sql = "SELECT display_name, role IN ('owner', 'admin') FROM users"
	   " WHERE tenant_id = $1 AND id = $2",
    .cols = target_cols,
    .n_cols = ES_COUNT(target_cols),
    .n_params = 2,
};

static const struct pg_stmt ban_add = {
    .name = "ban_add",
    .sql = "INSERT INTO channel_bans (tenant_id, channel_id, user_id, banned_by)"
	   " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING user_id",
    .cols = ban_cols, /* only the column user_id */
    .n_cols = 1,
    .n_params = 4,
};

static const struct pg_stmt ban_drop = {
    .name = "ban_drop",
    .sql = "DELETE FROM channel_bans WHERE tenant_id = $1 AND channel_id = $2"
	   " AND user_id = $3 RETURNING user_id",
    .cols = ban_cols, /* only the column user_id */
    .n_cols = 1,
    .n_params = 3,
};

enum es_code
ban_store_list(struct pg *pg, const struct actor *who, const struct channel_id *channel,
    const struct user_id *after, int64_t limit, struct arena *a, struct ban_page *out,
    struct es_err *err)
{
	const char *const params[] = {who->tenant.text, channel->text,
	    after != NULL ? after->text : NULL, pg_int(a, limit + 1)};
	struct channel_state now;
	struct pg_rows rows;

	TRY(store_read_channel(pg, who, channel, a, &now, err));
	TRY(store_may_manage(who, &now, err));
	TRY(pg_run(pg, &who->tenant, &ban_list, params, a, &rows, err));
	*out = (struct ban_page){.more = rows.count > limit};
	out->items = arena_alloc(a, (size_t)rows.count * sizeof(*out->items));
	while ((int64_t)out->n < limit && pg_next(&rows, a, &out->items[out->n]))
		out->n++;
	return ES_OK;
}

enum es_code
ban_store_target(struct pg *pg, const struct actor *who, const struct user_id *user,
    struct arena *a, struct ban_target *out, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, user->text};
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &ban_target, params, a, &rows, err));
	if (!pg_next(&rows, a, out))
		return es_fail(err, ES_NOT_FOUND, STORE_NO_USER);
	return ES_OK;
}

enum es_code
ban_store_add(struct pg *pg, const struct actor *who, const struct channel_id *channel,
    const struct user_id *user, struct arena *a, bool *added, struct es_err *err)
{
	const char *const params[] = {
	    who->tenant.text, channel->text, user->text, who->user.text};
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &ban_add, params, a, &rows, err));
	*added = rows.count > 0;
	return ES_OK;
}

enum es_code
ban_store_drop(struct pg *pg, const struct actor *who, const struct channel_id *channel,
    const struct user_id *user, struct arena *a, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, channel->text, user->text};
	struct pg_rows rows;

	return pg_run(pg, NULL, &ban_drop, params, a, &rows, err);
}

static enum es_code
ban_store_lift_locked(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    bool *lifted, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, channel->text, user->text};
	struct channel_state now;
	struct pg_rows rows;

	TRY(store_lock_named_channel(pg, who, channel, a, &now, err));
	TRY(store_may_manage(who, &now, err));
	TRY(pg_run(pg, NULL, &ban_drop, params, a, &rows, err));
	*lifted = rows.count > 0;
	return ES_OK;
}

enum es_code
ban_store_lift(struct pg *pg, const struct actor *who, const struct channel_id *channel,
    const struct user_id *user, struct arena *a, bool *lifted, struct es_err *err)
{
	TRY(pg_begin(pg, &who->tenant, err));
	return store_end(
	    pg, ban_store_lift_locked(pg, who, channel, user, a, lifted, err), err);
}
