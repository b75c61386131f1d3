#include "store/member_store.h"

#include <string.h>

#include "store/ban_store.h"
#include "store/feed_store.h"
#include "store/member_private.h"
#include "store/ownership_store.h"

#include "core/banned.h"

static const struct pg_col member_cols[] = {
    PG_COL(struct member, user, PG_UUID),
    PG_COL(struct member, display_name, PG_TEXT),
    PG_COL(struct member, status, PG_TEXT),
    PG_COL(struct member, role, PG_TEXT),
    PG_COL(struct member, joined_ms, PG_INT8),
    PG_COL(struct member, last_read_message_id, PG_INT8),
};

#define MEMBER_STMT(name_, sql_, n) \
	{ \
		.name = "member_" name_, .sql = sql_, .cols = member_cols, \
		.n_cols = ES_COUNT(member_cols), .n_params = (n) \
	}
/* LATERAL looks up each user by its key. With a plain join the planner may read all users
 * of the tenant. shown: an SQL condition; false hides the read mark of the member. */
#define MEMBERS(shown) \
	"SELECT m.user_id, u.display_name, u.status, m.role, es_ms(m.joined_at)," \
	" CASE WHEN " shown " THEN m.last_read_seq END FROM channel_members m" \
	" CROSS JOIN LATERAL (SELECT u.display_name, u.read_receipts, CASE WHEN " \
	"u.deleted_at IS NULL" \
	" THEN u.status ELSE 'deleted' END AS status FROM users u" \
	" WHERE u.tenant_id = $1 AND u.id = m.user_id LIMIT 1) u" \
	" WHERE m.tenant_id = $1 AND m.channel_id = $2"

/* Users see their own mark. The caller $5 sees the marks of others unless one of the two,
 * or the tenant, has switched read receipts off. An API key may have no user. */
#define CALLER_SEES_MARK \
	"m.user_id = $5 OR (u.read_receipts AND (SELECT" \
	" t.settings -> 'read_receipts' IS DISTINCT FROM 'false'::jsonb" \
	" AND NOT EXISTS (SELECT FROM users v WHERE v.tenant_id = $1 AND v.id = $5" \
	" AND NOT v.read_receipts) FROM tenants t WHERE t.id = $1))"
#define AFTER STORE_AFTER("$3")

static const struct pg_stmt list = MEMBER_STMT("list",
    MEMBERS(CALLER_SEES_MARK) " AND m.user_id > " AFTER " ORDER BY m.user_id LIMIT $4",
    5);

static const struct pg_stmt get =
    MEMBER_STMT("get", MEMBERS("u.read_receipts") " AND m.user_id = $3", 3);

/* A user who can become a member: the user is active. */
struct candidate {
	const char *display_name;
};
static const struct pg_col candidate_cols[] = {
    PG_COL(struct candidate, display_name, PG_TEXT)};
static const struct pg_stmt candidate_stmt = {
    .name = "member_candidate",
    .sql = "SELECT display_name FROM users"
	   " WHERE tenant_id = $1 AND id = $2 AND status = 'active'",
    .cols = candidate_cols,
    .n_cols = ES_COUNT(candidate_cols),
    .n_params = 2,
};

/* The read mark of a new member is the head: older messages do not count as unread. */
static const struct pg_stmt add = {
    .name = "member_add",
    .sql =
	"INSERT INTO channel_members (tenant_id, channel_id, user_id, role, last_read_at,"
	" last_read_seq) VALUES ($1, $2, $3, $4, clock_timestamp(), $5)",
    .n_params = 5,
};

static const struct pg_stmt set_role = {
    .name = "member_set_role",
    .sql = "UPDATE channel_members SET role = $4"
	   " WHERE tenant_id = $1 AND channel_id = $2 AND user_id = $3",
    .n_params = 4,
};

static const struct pg_stmt other_owner = {
    .name = "member_other_owner",
    .sql = "SELECT FROM channel_members m JOIN users u ON u.tenant_id = $1"
	   " AND u.id = m.user_id AND u.status = 'active' WHERE m.tenant_id = $1"
	   " AND m.channel_id = $2 AND m.user_id <> $3 AND m.role = 'owner'"
	   " ORDER BY m.user_id LIMIT 1",
    .n_params = 3,
};

enum es_code
member_store_list(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *after, int64_t limit,
    struct arena *a, struct member_page *out, struct es_err *err)
{
	const char *const seen[] = {who->tenant.text, channel->text, who->user.text};
	const char *const params[] = {who->tenant.text, channel->text,
	    after != NULL ? after->text : NULL, pg_int(a, limit + 1), who->user.text};
	struct pg_batch_item items[] = {
	    {.stmt = &store_visible, .params = seen},
	    {.stmt = &list, .params = params},
	};
	struct pg_rows *rows = &items[1].rows;

	TRY(pg_batch(pg, &who->tenant, items, ES_COUNT(items), a, err));
	if (items[0].rows.count == 0)
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	*out = (struct member_page){.more = rows->count > limit};
	out->items = arena_alloc(a, (size_t)rows->count * sizeof(*out->items));
	while ((int64_t)out->n < limit && pg_next(rows, a, &out->items[out->n]))
		out->n++;
	return ES_OK;
}

struct member_change
member_store_change_of(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    struct event *event, struct es_err *err)
{
	*event = (struct event){0};
	return (struct member_change){.pg = pg,
	    .who = who,
	    .channel = channel,
	    .user = user,
	    .key = {who->tenant.text, channel->text, user->text},
	    .arena = a,
	    .event = event,
	    .err = err};
}

enum es_code
member_store_read(const struct member_change *c, struct member *out, bool *found)
{
	struct pg_rows rows;

	TRY(pg_run(c->pg, NULL, &get, c->key, c->arena, &rows, c->err));
	*found = pg_next(&rows, c->arena, out);
	return ES_OK;
}

static bool
member_store_is_owner(const char *role)
{
	return role != NULL && strcmp(role, "owner") == 0;
}

enum es_code
member_store_check_owner_change(
    const struct member_change *c, const char *now, const char *next)
{
	if ((!member_store_is_owner(now) && !member_store_is_owner(next)) ||
	    member_store_is_owner(c->state.role) || actor_is_admin(c->who))
		return ES_OK;
	return es_fail(c->err, ES_FORBIDDEN, "only an owner of the channel may do this");
}

static enum es_code
member_store_check_owner_left(
    const struct member_change *c, const char *now, const char *next)
{
	struct pg_rows rows;

	if (!member_store_is_owner(now) || member_store_is_owner(next))
		return ES_OK;
	TRY(pg_run(c->pg, NULL, &other_owner, c->key, c->arena, &rows, c->err));
	if (rows.count > 0)
		return ES_OK;
	return es_fail(
	    c->err, ES_LAST_OWNER, "the channel must keep at least one active owner");
}

static enum es_code
member_store_add_member(const struct member_change *c, const char *role)
{
	const char *const whom[] = {c->who->tenant.text, c->user->text};
	const char *const params[] = {
	    c->key[0], c->key[1], c->key[2], role, pg_int(c->arena, c->state.head)};
	struct candidate candidate;
	struct pg_rows rows;

	if (c->state.archived)
		return es_fail(c->err, ES_CHANNEL_ARCHIVED, "the channel is archived");
	TRY(pg_run(c->pg, NULL, &candidate_stmt, whom, c->arena, &rows, c->err));
	if (!pg_next(&rows, c->arena, &candidate))
		return es_fail(c->err, ES_NOT_FOUND, STORE_NO_USER);
	TRY(pg_run(c->pg, NULL, &add, params, c->arena, &rows, c->err));
	TRY(store_number_event(c->pg, c->who, c->channel, EVENT_MEMBER_JOINED,
	    store_member_payload(c->arena, c->user->text, candidate.display_name, role),
	    c->arena, c->event, c->err));
	return feed_store_channel_added(
	    c->pg, c->who, c->user, c->channel, c->arena, &c->event->feed, c->err);
}

static enum es_code
member_store_add_lifting_ban(const struct member_change *c, const char *role)
{
	TRY(ban_store_drop(c->pg, c->who, c->channel, c->user, c->arena, c->err));
	return member_store_add_member(c, role);
}

static enum es_code
member_store_change_role(
    const struct member_change *c, const struct member *member, const char *next)
{
	const char *const params[] = {c->key[0], c->key[1], c->key[2], next};
	struct pg_rows rows;

	TRY(member_store_check_owner_left(c, member->role, next));
	TRY(pg_run(c->pg, NULL, &set_role, params, c->arena, &rows, c->err));
	return store_number_event(c->pg, c->who, c->channel, EVENT_MEMBER_UPDATED,
	    store_member_payload(c->arena, c->user->text, member->display_name, next),
	    c->arena, c->event, c->err);
}

/* A user who becomes an owner must be active. Lock the user's row first, so that the
 * status can't change before the commit; member_store_add_member() then reads it. */
static enum es_code
member_store_lock_for_role(struct member_change *c, const char *role)
{
	bool active;

	TRY(store_lock_named_channel(
	    c->pg, c->who, c->channel, c->arena, &c->state, c->err));
	TRY(store_may_manage(c->who, &c->state, c->err));
	if (!member_store_is_owner(role))
		return ES_OK;
	return ownership_store_hold_user(
	    c->pg, c->who, c->user, c->arena, &active, c->err);
}

static enum es_code
member_store_put_locked(
    struct member_change *c, const char *role, struct member *out, bool *added)
{
	bool found;

	TRY(member_store_lock_for_role(c, role));
	TRY(member_store_read(c, out, &found));
	*added = !found;
	TRY(member_store_check_owner_change(
	    c, *added || role == NULL ? NULL : out->role, role));
	if (*added)
		TRY(member_store_add_lifting_ban(c, role != NULL ? role : "member"));
	else if (role != NULL && strcmp(role, out->role) != 0)
		TRY(member_store_change_role(c, out, role));
	return member_store_read(c, out, &found);
}

enum es_code
member_store_put(struct pg *pg, const struct actor *who, const struct channel_id *channel,
    const struct user_id *user, const char *role, struct arena *a, struct member *out,
    bool *added, struct event *event, struct es_err *err)
{
	struct member_change c =
	    member_store_change_of(pg, who, channel, user, a, event, err);

	TRY(pg_begin(pg, &who->tenant, err));
	return store_end(pg, member_store_put_locked(&c, role, out, added), err);
}

static enum es_code
member_store_join_locked(struct member_change *c)
{
	TRY(store_lock_named_channel(
	    c->pg, c->who, c->channel, c->arena, &c->state, c->err));
	return c->state.role != NULL ? ES_OK : member_store_add_member(c, "member");
}

enum es_code
member_store_join(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, struct arena *a, struct event *event,
    struct es_err *err)
{
	struct member_change c =
	    member_store_change_of(pg, who, channel, &who->user, a, event, err);

	TRY(pg_begin(pg, &who->tenant, err));
	return store_end(pg, member_store_join_locked(&c), err);
}
