/* Direct messages (kind "dm": two people, or the notes of one user) and groups (kind
 * "group": 3 to DM_PEOPLE_MAX people). They are private channels whose members never
 * change. The same people always give the same channel. */
#ifndef STORE_DM_STORE_H
#define STORE_DM_STORE_H

#include "store/channel_store.h"

#define DM_PEOPLE_MAX 9 /* the caller included, as in Slack */

struct dm_new {
	const struct user_id *people; /* in any order, with or without the caller */
	size_t n;
	/* largest number of direct messages and groups that one user may have opened;
	 * 0: no limit */
	int64_t user_max;
};

/* Finds the channel of these people, or creates it: then *created is true. The caller
 * sees it in lists again. A channel that exists is found even when one of the people was
 * deactivated since. ES_INVALID with the field userIds: there are more than DM_PEOPLE_MAX
 * people, or one of them is unknown, of another tenant, deleted or deactivated.
 * ES_FORBIDDEN: the caller is a guest and shares no channel with one of them.
 * ES_QUOTA_EXCEEDED: the caller has opened in->user_max channels; owners and admins of
 * the tenant have no limit. */
enum es_code dm_store_open(struct pg *pg, const struct actor *who,
    const struct dm_new *in, struct arena *a, struct channel *out, bool *created,
    struct es_err *err) ES_MUST_CHECK;

/* Hides a dm or group from the caller's lists until its next message, or shows it again.
 * ES_NOT_FOUND: the channel is not a dm or group of the caller. */
enum es_code dm_store_hide(struct pg *pg, const struct actor *who,
    const struct channel_id *id, bool hide, struct arena *a,
    struct es_err *err) ES_MUST_CHECK;

#endif
