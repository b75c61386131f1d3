/* Ends memberships: a member leaves, is removed, or is banned. */
#include <string.h>

#include "store/ban_store.h"
#include "store/feed_store.h"
#include "store/member_private.h"
#include "store/ownership_store.h"

#include "core/banned.h"

static const struct pg_stmt drop = {
    .name = "member_drop",
    .sql = "DELETE FROM channel_members"
	   " WHERE tenant_id = $1 AND channel_id = $2 AND user_id = $3",
    .n_params = 3,
};

/* The reason for which a membership ends. */
enum departure { LEAVES, IS_REMOVED, IS_BANNED };

/* Decides whether this departure also bans the user, and refuses a ban that the caller
 * may not make. */
static enum es_code
member_leave_check_ban(const struct member_change *c, enum departure how,
    struct ban_target *target, bool *bans)
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

static const char *const departure_codes[] = {
    [LEAVES] = "left", [IS_REMOVED] = "removed", [IS_BANNED] = "banned"};

/* now is NULL when the user is not a member: then store only the ban. Such a user may
 * have read the public channel; the event member_left ends the user's subscriptions. */
static enum es_code
member_leave_drop_member(struct member_change *c, const struct member *now,
    const char *display_name, enum departure how, bool bans)
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
	TRY(store_number_event(c->pg, c->who, c->channel, EVENT_MEMBER_LEFT,
	    (banned ? store_banned_payload : store_member_payload)(c->arena,
		c->user->text, display_name, now != NULL ? now->role : "member"),
	    c->arena, c->event, c->err));
	return feed_store_channel_removed(c->pg, c->who, c->user, c->channel,
	    departure_codes[banned ? IS_BANNED : how], c->arena, &c->event->feed, c->err);
}

static void
member_leave_collect_events(const struct member_change *c,
    const struct event_list *handed_on, struct event_list *events)
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
member_leave_remove_locked(
    struct member_change *c, enum departure how, struct event_list *events)
{
	struct event_list handed_on = {0};
	struct ban_target target;
	struct member now;
	bool is_member, bans;

	TRY(store_lock_named_channel(
	    c->pg, c->who, c->channel, c->arena, &c->state, c->err));
	if (how != LEAVES)
		TRY(store_may_manage(c->who, &c->state, c->err));
	TRY(member_leave_check_ban(c, how, &target, &bans));
	TRY(member_store_read(c, &now, &is_member));
	if (!is_member && !bans)
		return ES_OK;
	if (is_member) {
		TRY(member_store_check_owner_change(c, now.role, NULL));
		TRY(ownership_store_hand_on(
		    c->pg, c->who, c->user, c->channel, c->arena, &handed_on, c->err));
	}
	TRY(member_leave_drop_member(c, is_member ? &now : NULL,
	    is_member ? now.display_name : target.display_name, how, bans));
	member_leave_collect_events(c, &handed_on, events);
	return ES_OK;
}

static enum es_code
member_leave_depart(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, enum departure how,
    struct arena *a, struct event_list *events, struct es_err *err)
{
	struct event left;
	struct member_change c =
	    member_store_change_of(pg, who, channel, user, a, &left, err);

	*events = (struct event_list){0};
	TRY(pg_begin(pg, &who->tenant, err));
	return store_end(pg, member_leave_remove_locked(&c, how, events), err);
}

enum es_code
member_store_remove(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    struct event_list *events, struct es_err *err)
{
	const bool self = strcmp(who->user.text, user->text) == 0;

	return member_leave_depart(
	    pg, who, channel, user, self ? LEAVES : IS_REMOVED, a, events, err);
}

enum es_code
member_store_ban(struct pg *pg, const struct actor *who, const struct channel_id *channel,
    const struct user_id *user, struct arena *a, struct event_list *events,
    struct es_err *err)
{
	return member_leave_depart(pg, who, channel, user, IS_BANNED, a, events, err);
}
