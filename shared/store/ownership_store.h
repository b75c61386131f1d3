/* Owners of channels: a channel is never lost with its owner. */
#ifndef STORE_OWNERSHIP_STORE_H
#define STORE_OWNERSHIP_STORE_H

#include "store/channel_store.h"

/* Make the caller, an owner of the tenant, the owner of a channel without an active
 * owner. event is member_joined or member_updated; its seq is 0 when the caller owns the
 * channel already. ES_FORBIDDEN; ES_CONFLICT when another active user owns the channel
 * and the caller sees it, ES_NOT_FOUND when the caller does not see it. */
enum es_code ownership_store_take_over(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct channel *out,
    struct event *event, struct es_err *err) ES_MUST_CHECK;

/* For the other stores, in a transaction of theirs. */

/* Lock every channel that the user owns, in the order of their ids. Comes before a lock
 * of the tenant's row, because every change of a channel takes its locks in that order.
 * *owned: the ids, for ownership_store_owns(). */
enum es_code ownership_store_lock(struct pg *pg, const struct actor *who,
    const struct user_id *user, struct arena *a, const char **owned,
    struct es_err *err) ES_MUST_CHECK;

/* Once the user's row is locked, so that the user becomes owner of no other channel: does
 * it own exactly the channels that were locked? */
enum es_code ownership_store_owns(struct pg *pg, const struct actor *who,
    const struct user_id *user, const char *owned, struct arena *a, bool *same,
    struct es_err *err) ES_MUST_CHECK;

/* Before the user becomes an owner, under the channel's lock: wait for a deactivation of
 * the user that is under way, and keep off a later one, which then finds the user among
 * the owners and hands the channel on. *active: the status of the user. */
enum es_code ownership_store_hold(struct pg *pg, const struct actor *who,
    const struct user_id *user, struct arena *a, bool *active,
    struct es_err *err) ES_MUST_CHECK;

/* The user stops to count as an owner of the channel, or of all for NULL: where no other
 * active owner is, the oldest admin, else the oldest active member becomes the owner. out
 * has an event (member_updated) for each change. */
enum es_code ownership_store_hand_on(struct pg *pg, const struct actor *who,
    const struct user_id *user, const struct channel_id *channel, struct arena *a,
    struct event_list *out, struct es_err *err) ES_MUST_CHECK;

#endif
