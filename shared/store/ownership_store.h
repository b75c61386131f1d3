/* Owners of channels. When the last active owner leaves, another member becomes owner. */
#ifndef STORE_OWNERSHIP_STORE_H
#define STORE_OWNERSHIP_STORE_H

#include "store/channel_store.h"

/* The caller, an owner of the tenant, becomes the owner of a channel without an active
 * owner. *event is member_joined or member_updated; event->seq is 0 when the caller
 * already owns the channel. ES_FORBIDDEN: the caller is not an owner of the tenant.
 * ES_CONFLICT: another active user owns the channel, and the caller sees it.
 * ES_NOT_FOUND: the channel is unknown, or another active user owns it and the caller
 * does not see it. */
enum es_code ownership_store_take_over(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct channel *out,
    struct event *event, struct es_err *err) ES_MUST_CHECK;

/* The other stores call the functions below inside a transaction. */

/* Locks every channel that the user owns, in the order of their ids. Call it before a
 * lock of the tenant's row: every change of a channel takes its locks in that order.
 * *owned receives the ids, for ownership_store_still_owns(); it is allocated in the arena
 * a. */
enum es_code ownership_store_lock(struct pg *pg, const struct actor *who,
    const struct user_id *user, struct arena *a, const char **owned,
    struct es_err *err) ES_MUST_CHECK;

/* Checks that the user still owns exactly the channels that ownership_store_lock()
 * locked. Call it when the user's row is locked, so that the user can't become the owner
 * of another channel. */
enum es_code ownership_store_still_owns(struct pg *pg, const struct actor *who,
    const struct user_id *user, const char *owned, struct arena *a, bool *same,
    struct es_err *err) ES_MUST_CHECK;

/* Locks the user's row before the user becomes an owner. The caller holds the channel's
 * lock. The call waits for a running deactivation of the user. A later deactivation waits
 * for the caller's commit, finds the user among the owners and hands the channel on.
 * *active is true when the user is active. */
enum es_code ownership_store_hold_user(struct pg *pg, const struct actor *who,
    const struct user_id *user, struct arena *a, bool *active,
    struct es_err *err) ES_MUST_CHECK;

/* Hands on the channel, or for NULL all channels that the user owns: the user no longer
 * counts as an owner. In each channel without another active owner, the longest-standing
 * active admin becomes owner, else the longest-standing active member. out receives one
 * event (member_updated) for each change; the events are allocated in the arena a. */
enum es_code ownership_store_hand_on(struct pg *pg, const struct actor *who,
    const struct user_id *user, const struct channel_id *channel, struct arena *a,
    struct event_list *out, struct es_err *err) ES_MUST_CHECK;

#endif
