#include "store/ownership_store.h"

#include <string.h>

#include "store/feed_store.h"
#include "store/store_private.h"

#include "core/banned.h"

struct owned {
	const char *channels;
};
static const struct pg_col owned_cols[] = {PG_COL(struct owned, channels, PG_TEXT)};

static const struct pg_stmt ownership_lock_stmt = {
    .name = "ownership_lock",
    .sql = "SELECT string_agg(o.channel_id::text, ' ' ORDER BY o.channel_id)"
	   " FROM (SELECT m.channel_id FROM channel_members m"
	   " WHERE m.tenant_id = $1 AND m.user_id = $2 AND m.role = 'owner'"
	   " ORDER BY m.channel_id) o, LATERAL es_channel_lock($1, o.channel_id) l",
    .cols = owned_cols,
    .n_cols = ES_COUNT(owned_cols),
    .n_params = 2,
};

/* The join leaves out a channel that is being deleted: it has no head to lock and no next
 * owner. */
static const struct pg_stmt ownership_owned_stmt = {
    .name = "ownership_owned",
    .sql = "SELECT string_agg(m.channel_id::text, ' ' ORDER BY m.channel_id)"
	   " FROM channel_members m JOIN channel_heads h ON h.tenant_id = $1"
	   " AND h.channel_id = m.channel_id"
	   " WHERE m.tenant_id = $1 AND m.user_id = $2 AND m.role = 'owner'",
    .cols = owned_cols,
    .n_cols = ES_COUNT(owned_cols),
    .n_params = 2,
};

struct held {
	bool active;
};
static const struct pg_col held_cols[] = {PG_COL(struct held, active, PG_BOOL)};
/* FOR SHARE: a change of the user's status waits until this transaction has ended. */
static const struct pg_stmt hold_stmt = {
    .name = "ownership_hold",
    .sql = "SELECT status = 'active' FROM users WHERE tenant_id = $1 AND id = $2"
	   " FOR SHARE",
    .cols = held_cols,
    .n_cols = ES_COUNT(held_cols),
    .n_params = 2,
};

static const struct pg_col handed_cols[] = {
    PG_COL(struct event, channel, PG_UUID),
    PG_COL(struct event, seq, PG_INT8),
    PG_COL(struct event, created_ms, PG_INT8),
    PG_COL(struct event, payload, PG_TEXT),
};

static const struct pg_stmt hand_on_stmt = {
    .name = "ownership_hand_on",
    .sql = "SELECT channel_id, seq, created_ms, payload"
	   " FROM es_hand_on($1, $2, $3, $4)",
    .cols = handed_cols,
    .n_cols = ES_COUNT(handed_cols),
    .n_params = 4,
};

struct ownership_state {
	int64_t head;
	bool visible, owned; /* owned: an active user owns the channel */
	bool direct;         /* the channel is a dm or group */
	const char *role;    /* the caller's role in the channel, or NULL */
};

static const struct pg_col state_cols[] = {
    PG_COL(struct ownership_state, head, PG_INT8),
    PG_COL(struct ownership_state, visible, PG_BOOL),
    PG_COL(struct ownership_state, owned, PG_BOOL),
    PG_COL(struct ownership_state, direct, PG_BOOL),
    PG_COL(struct ownership_state, role, PG_TEXT),
};

static const struct pg_stmt ownership_state_stmt = {
    .name = "ownership_state",
    .sql = "SELECT h.last_seq, " STORE_MAY_SEE("m.user_id IS NOT NULL",
	"$3") ","
	      " EXISTS (SELECT FROM channel_members o JOIN users u ON u.tenant_id = $1"
	      " AND u.id = o.user_id WHERE o.tenant_id = $1 AND o.channel_id = $2"
	      " AND o.role = 'owner' AND u.status = 'active'),"
	      " c.kind <> 'channel', m.role"
	      " FROM channels c"
	      " JOIN channel_heads h ON h.tenant_id = $1 AND h.channel_id = c.id"
	      " LEFT JOIN channel_members m ON m.tenant_id = $1 AND m.channel_id = c.id"
	      " AND m.user_id = $3"
	      " WHERE c.tenant_id = $1 AND c.id = $2",
    .cols = state_cols,
    .n_cols = ES_COUNT(state_cols),
    .n_params = 3,
};

static const struct pg_stmt ownership_take_stmt = {
    .name = "ownership_take",
    .sql = "INSERT INTO channel_members (tenant_id, channel_id, user_id, role,"
	   " last_read_at, last_read_seq)"
	   " VALUES ($1, $2, $3, 'owner', clock_timestamp(), $4)"
	   " ON CONFLICT (tenant_id, channel_id, user_id) DO UPDATE SET role = 'owner'",
    .n_params = 4,
};

enum es_code
ownership_store_lock(struct pg *pg, const struct actor *who, const struct user_id *user,
    struct arena *a, const char **owned, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, user->text};
	struct owned o = {NULL};
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &ownership_lock_stmt, params, a, &rows, err));
	IGNORE(pg_next(&rows, a, &o));
	*owned = o.channels != NULL ? o.channels : "";
	return ES_OK;
}

enum es_code
ownership_store_still_owns(struct pg *pg, const struct actor *who,
    const struct user_id *user, const char *owned, struct arena *a, bool *same,
    struct es_err *err)
{
	const char *const params[] = {who->tenant.text, user->text};
	struct owned o = {NULL};
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &ownership_owned_stmt, params, a, &rows, err));
	IGNORE(pg_next(&rows, a, &o));
	*same = strcmp(owned, o.channels != NULL ? o.channels : "") == 0;
	return ES_OK;
}

enum es_code
ownership_store_hold_user(struct pg *pg, const struct actor *who,
    const struct user_id *user, struct arena *a, bool *active, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, user->text};
	struct held held = {false};
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &hold_stmt, params, a, &rows, err));
	*active = pg_next(&rows, a, &held) && held.active;
	return ES_OK;
}

enum es_code
ownership_store_hand_on(struct pg *pg, const struct actor *who,
    const struct user_id *user, const struct channel_id *channel, struct arena *a,
    struct event_list *out, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, user->text, who->user.text,
	    channel != NULL ? channel->text : NULL};
	struct pg_rows rows;

	*out = (struct event_list){0};
	TRY(pg_run(pg, NULL, &hand_on_stmt, params, a, &rows, err));
	out->items = arena_alloc(a, (size_t)rows.count * sizeof(*out->items));
	for (; (int64_t)out->n < rows.count; out->n++) {
		struct event *event = &out->items[out->n];

		*event = (struct event){.kind = EVENT_MEMBER_UPDATED,
		    .tenant = who->tenant,
		    .user = who->user,
		    .display_name = arena_strdup(a, who->display_name)};
		if (!pg_next(&rows, a, event))
			break;
	}
	return ES_OK;
}

static enum es_code
ownership_store_take_over_locked(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct event *event, struct es_err *err)
{
	const char *params[] = {who->tenant.text, id->text, who->user.text, NULL};
	struct pg_batch_item items[] = {
	    {.stmt = &store_lock_head, .params = params},
	    {.stmt = &ownership_state_stmt, .params = params},
	};
	struct ownership_state now;
	struct pg_rows rows;
	bool active;

	TRY(pg_batch(pg, NULL, items, ES_COUNT(items), a, err));
	if (!pg_next(&items[1].rows, a, &now))
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	if (now.direct && now.visible)
		return es_fail(err, ES_FORBIDDEN, STORE_DIRECT);
	if (now.direct)
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	if (now.role != NULL && strcmp(now.role, "owner") == 0)
		return ES_OK;
	if (now.owned && now.visible)
		return es_fail(err, ES_CONFLICT, "an active user owns the channel");
	if (now.owned)
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	TRY(ownership_store_hold_user(pg, who, &who->user, a, &active, err));
	if (!active)
		return es_fail(err, ES_TOKEN_REVOKED, "the user is deactivated");
	params[3] = pg_int(a, now.head);
	TRY(pg_run(pg, NULL, &ownership_take_stmt, params, a, &rows, err));
	TRY(store_number_event(pg, who, id,
	    now.role != NULL ? EVENT_MEMBER_UPDATED : EVENT_MEMBER_JOINED,
	    store_member_payload(a, who->user.text, who->display_name, "owner"), a, event,
	    err));
	return now.role != NULL ? ES_OK
	                        : feed_store_channel_added(
				      pg, who, &who->user, id, a, &event->feed, err);
}

enum es_code
ownership_store_take_over(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct channel *out,
    struct event *event, struct es_err *err)
{
	*event = (struct event){0};
	if (!actor_is_owner(who))
		return es_fail(
		    err, ES_FORBIDDEN, "only an owner of the tenant may do this");
	TRY(pg_begin(pg, &who->tenant, err));
	TRY(store_end(
	    pg, ownership_store_take_over_locked(pg, who, id, a, event, err), err));
	return channel_store_get(pg, who, id, a, out, err);
}
