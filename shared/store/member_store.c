#include "store/member_store.h"

#include <string.h>

#include "store/ban_store.h"
#include "store/ownership_store.h"
#include "store/store_private.h"

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
 * of the tenant. */
#define MEMBERS \
	"SELECT m.user_id, u.display_name, u.status, m.role, es_ms(m.joined_at)," \
	" m.last_read_seq FROM channel_members m" \
	" CROSS JOIN LATERAL (SELECT u.display_name, CASE WHEN u.deleted_at IS NULL" \
	" THEN u.status ELSE 'deleted' END AS status FROM users u" \
	" WHERE u.tenant_id = $1 AND u.id = m.user_id LIMIT 1) u" \
	" WHERE m.tenant_id = $1 AND m.channel_id = $2"

static const struct pg_stmt list = MEMBER_STMT("list",
    MEMBERS " AND m.user_id > " STORE_AFTER("$3") " ORDER BY m.user_id LIMIT $4", 4);

static const struct pg_stmt get = MEMBER_STMT("get", MEMBERS " AND m.user_id = $3", 3);

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

/* A new member's read mark stands at the head: older messages do not count as unread. */
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

static const struct pg_stmt drop = {
    .name = "member_drop",
    .sql = "DELETE FROM channel_members"
	   " WHERE tenant_id = $1 AND channel_id = $2 AND user_id = $3",
    .n_params = 3,
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
	    after != NULL ? after->text : NULL, pg_int(a, limit + 1)};
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

/* The arguments of a change of a member. The functions below run under the channel's
 * lock. */
struct change {
	struct pg *pg;
	const struct actor *who;
	const struct channel_id *channel;
	const struct user_id *user;
	const char *key[3]; /* tenant, channel, user */
	struct channel_state state;
	struct arena *arena;
	struct event *event;
	struct es_err *err;
};

static struct change
member_store_change_of(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    struct event *event, struct es_err *err)
{
	*event = (struct event){0};
	return (struct change){.pg = pg,
	    .who = who,
	    .channel = channel,
	    .user = user,
	    .key = {who->tenant.text, channel->text, user->text},
	    .arena = a,
	    .event = event,
	    .err = err};
}

static bool
member_store_is_owner(const char *role)
{
	return role != NULL && strcmp(role, "owner") == 0;
}

/* Only an owner of the channel, or an owner or admin of the tenant, gives or takes the
 * role owner. An admin of the channel may not. */
static enum es_code
member_store_check_owner_change(const struct change *c, const char *now, const char *next)
{
	if ((!member_store_is_owner(now) && !member_store_is_owner(next)) ||
	    member_store_is_owner(c->state.role) || actor_is_admin(c->who))
		return ES_OK;
	return es_fail(c->err, ES_FORBIDDEN, "only an owner of the channel may do this");
}

static enum es_code
member_store_check_owner_left(const struct change *c, const char *now, const char *next)
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
member_store_add_member(const struct change *c, const char *role)
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
	return store_number_event(c->pg, c->who, c->channel, EVENT_MEMBER_JOINED,
	    store_member_payload(c->arena, c->user->text, candidate.display_name, role),
	    c->arena, c->event, c->err);
}

static enum es_code
member_store_add_lifting_ban(const struct change *c, const char *role)
{
	TRY(ban_store_drop(c->pg, c->who, c->channel, c->user, c->arena, c->err));
	return member_store_add_member(c, role);
}

static enum es_code
member_store_change_role(
    const struct change *c, const struct member *member, const char *next)
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
member_store_lock_for_role(struct change *c, const char *role)
{
	bool active;

	TRY(store_lock_channel(c->pg, c->who, c->channel, c->arena, &c->state, c->err));
	TRY(store_may_manage(c->who, &c->state, c->err));
	if (!member_store_is_owner(role))
		return ES_OK;
	return ownership_store_hold_user(
	    c->pg, c->who, c->user, c->arena, &active, c->err);
}

static enum es_code
member_store_put_locked(
    struct change *c, const char *role, struct member *out, bool *added)
{
	struct pg_rows rows;

	TRY(member_store_lock_for_role(c, role));
	TRY(pg_run(c->pg, NULL, &get, c->key, c->arena, &rows, c->err));
	*added = !pg_next(&rows, c->arena, out);
	TRY(member_store_check_owner_change(
	    c, *added || role == NULL ? NULL : out->role, role));
	if (*added)
		TRY(member_store_add_lifting_ban(c, role != NULL ? role : "member"));
	else if (role != NULL && strcmp(role, out->role) != 0)
		TRY(member_store_change_role(c, out, role));
	TRY(pg_run(c->pg, NULL, &get, c->key, c->arena, &rows, c->err));
	IGNORE(pg_next(&rows, c->arena, out));
	return ES_OK;
}

enum es_code
member_store_put(struct pg *pg, const struct actor *who, const struct channel_id *channel,
    const struct user_id *user, const char *role, struct arena *a, struct member *out,
    bool *added, struct event *event, struct es_err *err)
{
	struct change c = member_store_change_of(pg, who, channel, user, a, event, err);

	TRY(pg_begin(pg, &who->tenant, err));
	return store_end(pg, member_store_put_locked(&c, role, out, added), err);
}

static enum es_code
member_store_join_locked(struct change *c)
{
	TRY(store_lock_channel(c->pg, c->who, c->channel, c->arena, &c->state, c->err));
	return c->state.role != NULL ? ES_OK : member_store_add_member(c, "member");
}

enum es_code
member_store_join(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, struct arena *a, struct event *event,
    struct es_err *err)
{
	struct change c =
	    member_store_change_of(pg, who, channel, &who->user, a, event, err);

	TRY(pg_begin(pg, &who->tenant, err));
	return store_end(pg, member_store_join_locked(&c), err);
}

/* Why a member goes. */
enum departure { LEAVES, IS_REMOVED, IS_BANNED };

/* May the caller ban the user, and does this departure ban the user? */
static enum es_code
member_store_check_ban(
    const struct change *c, enum departure how, struct ban_target *target, bool *bans)
{
	*bans = false;
	if (how == LEAVES)
		return ES_OK;
	TRY(ban_store_target(c->pg, c->who, c->user, c->arena, target, c->err));
	*bans = how == IS_BANNED || (!c->state.is_private && !target->exempt);
	if (how == IS_BANNED && strcmp(c->who->user.text, c->user->text) == 0)
		return es_fail(c->err, ES_FORBIDDEN,
		    "you can't ban yourself; leave the channel instead");
	if (how == IS_BANNED && target->exempt)
		return es_fail(c->err, ES_FORBIDDEN,
		    "an owner or admin of the tenant can't be banned");
	return ES_OK;
}

/* now is NULL when the user is no member: then store only the ban. The event member_left
 * ends the subscriptions of a user who reads the channel without being a member. */
static enum es_code
member_store_drop_member(
    struct change *c, const struct member *now, const char *display_name, bool bans)
{
	bool banned = false;
	struct pg_rows rows;

	if (now != NULL)
		TRY(pg_run(c->pg, NULL, &drop, c->key, c->arena, &rows, c->err));
	if (bans)
		TRY(ban_store_add(
		    c->pg, c->who, c->channel, c->user, c->arena, &banned, c->err));
	if (now == NULL && !banned)
		return ES_OK;
	return store_number_event(c->pg, c->who, c->channel, EVENT_MEMBER_LEFT,
	    (banned ? store_banned_payload : store_member_payload)(c->arena,
		c->user->text, display_name, now != NULL ? now->role : "member"),
	    c->arena, c->event, c->err);
}

static void
member_store_collect_events(
    const struct change *c, const struct event_list *handed_on, struct event_list *events)
{
	events->items =
	    arena_alloc(c->arena, (handed_on->n + 1) * sizeof(*events->items));
	for (; events->n < handed_on->n; events->n++)
		events->items[events->n] = handed_on->items[events->n];
	if (c->event->seq != 0)
		events->items[events->n++] = *c->event;
}

/* When the user is the last active owner, another member becomes owner before the user is
 * removed. The channel has an owner at every sequence number. */
static enum es_code
member_store_remove_locked(
    struct change *c, enum departure how, struct event_list *events)
{
	struct event_list handed_on = {0};
	struct ban_target target;
	struct member now;
	struct pg_rows rows;
	bool is_member, bans;

	TRY(store_lock_channel(c->pg, c->who, c->channel, c->arena, &c->state, c->err));
	if (how != LEAVES)
		TRY(store_may_manage(c->who, &c->state, c->err));
	TRY(member_store_check_ban(c, how, &target, &bans));
	TRY(pg_run(c->pg, NULL, &get, c->key, c->arena, &rows, c->err));
	is_member = pg_next(&rows, c->arena, &now);
	if (!is_member && !bans)
		return ES_OK;
	if (is_member) {
		TRY(member_store_check_owner_change(c, now.role, NULL));
		TRY(ownership_store_hand_on(
		    c->pg, c->who, c->user, c->channel, c->arena, &handed_on, c->err));
	}
	TRY(member_store_drop_member(c, is_member ? &now : NULL,
	    is_member ? now.display_name : target.display_name, bans));
	member_store_collect_events(c, &handed_on, events);
	return ES_OK;
}

static enum es_code
member_store_depart(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, enum departure how,
    struct arena *a, struct event_list *events, struct es_err *err)
{
	struct event left;
	struct change c = member_store_change_of(pg, who, channel, user, a, &left, err);

	*events = (struct event_list){0};
	TRY(pg_begin(pg, &who->tenant, err));
	return store_end(pg, member_store_remove_locked(&c, how, events), err);
}

enum es_code
member_store_remove(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    struct event_list *events, struct es_err *err)
{
	const bool self = strcmp(who->user.text, user->text) == 0;

	return member_store_depart(
	    pg, who, channel, user, self ? LEAVES : IS_REMOVED, a, events, err);
}

enum es_code
member_store_ban(struct pg *pg, const struct actor *who, const struct channel_id *channel,
    const struct user_id *user, struct arena *a, struct event_list *events,
    struct es_err *err)
{
	return member_store_depart(pg, who, channel, user, IS_BANNED, a, events, err);
}
