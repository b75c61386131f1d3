/* Members of a channel. All users who see the channel see its members. Owners and admins
 * of the channel or the tenant change them; an admin of the channel does not change its
 * owners. */
#ifndef STORE_MEMBER_STORE_H
#define STORE_MEMBER_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "event/event.h"
#include "pg/pg.h"
#include "store/actor.h"

struct member {
	struct user_id user;
	const char *display_name;
	const char *status; /* status of the user: active deactivated deleted */
	const char *role;   /* owner admin member */
	int64_t joined_ms;
	/* the stored mark, see unread_store.h; 0: no message read yet, or the caller may
	 * not see it (receipt_store.h) */
	int64_t last_read_message_id;
};

struct member_page {
	struct member *items;
	size_t n;
	bool more; /* the next page begins after items[n - 1].user */
};

enum es_code member_store_list(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *after, int64_t limit,
    struct arena *a, struct member_page *out, struct es_err *err) ES_MUST_CHECK;

/* Adds a user, which also lifts a ban, or changes the role of a member. role NULL:
 * "member" for a new member, else the role stays. *added is true for a new member. *event
 * is member_joined or member_updated; event->seq is 0 when nothing changed, and then the
 * caller publishes nothing. ES_LAST_OWNER: the user is the last active owner and would
 * lose that role. ES_NOT_FOUND with STORE_NO_USER: the user is unknown or deactivated.
 * ES_CHANNEL_ARCHIVED: the channel is archived. ES_FORBIDDEN: the caller may not make
 * this change. */
enum es_code member_store_put(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, const char *role,
    struct arena *a, struct member *out, bool *added, struct event *event,
    struct es_err *err) ES_MUST_CHECK;

/* Adds the caller to a channel that the caller sees. event->seq is 0 when the caller is
 * already a member. ES_CHANNEL_ARCHIVED: the channel is archived. */
enum es_code member_store_join(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, struct arena *a, struct event *event,
    struct es_err *err) ES_MUST_CHECK;

/* Removes a member. A caller may always remove itself (leave). When the last active owner
 * leaves, another member becomes owner (ownership_store_hand_on()). A user whom another
 * user removes from a public channel is also banned until the ban is lifted
 * (ban_store.h). The ban also applies to a user who is not a member, so a user who leaves
 * just before the removal is still banned. Owners and admins of the tenant are not
 * banned. events is empty when nothing changed. ES_NOT_FOUND with STORE_NO_USER: the user
 * is unknown. ES_FORBIDDEN: the caller may not remove this member. */
enum es_code member_store_remove(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    struct event_list *events, struct es_err *err) ES_MUST_CHECK;

/* Bans a user, and removes the user from the members. A ban from a private channel takes
 * effect when the channel becomes public. events is empty when the user was already
 * banned. ES_NOT_FOUND with STORE_NO_USER: the user is unknown. ES_FORBIDDEN: the caller
 * may not ban, or the user is the caller or an owner or admin of the tenant. */
enum es_code member_store_ban(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    struct event_list *events, struct es_err *err) ES_MUST_CHECK;

#endif
