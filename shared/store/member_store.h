/* Members of a channel. Seen by whoever sees the channel; changed by owners and admins of
 * the channel or of the tenant. Admins of a channel are not above its owners. */
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
	const char *status; /* of the user: active deactivated deleted */
	const char *role;   /* owner admin member */
	int64_t joined_ms;
	int64_t last_read_message_id; /* 0: nothing read yet */
};

struct member_page {
	struct member *items;
	size_t n;
	bool more; /* go on after items[n - 1].user */
};

enum es_code member_store_list(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *after, int64_t limit,
    struct arena *a, struct member_page *out, struct es_err *err) ES_MUST_CHECK;

/* Add, which lifts a ban, or change the role (NULL: member when added, else as it is).
 * *added tells which. event is member_joined or member_updated; its seq is 0 when nothing
 * changed: then there is nothing to publish. The last active owner can't take that role
 * off (ES_LAST_OWNER). ES_NOT_FOUND "no such user" also for a deactivated one,
 * ES_CHANNEL_ARCHIVED, ES_FORBIDDEN. */
enum es_code member_store_put(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, const char *role,
    struct arena *a, struct member *out, bool *added, struct event *event,
    struct es_err *err) ES_MUST_CHECK;

/* Oneself into a visible channel. A member already: nothing happens, event->seq is 0.
 * ES_CHANNEL_ARCHIVED. */
enum es_code member_store_join(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, struct arena *a, struct event *event,
    struct es_err *err) ES_MUST_CHECK;

/* Oneself always may (leave), whatever the role: the last active owner's role goes to the
 * next member (ownership_store_hand_on). Another user that is removed from a public
 * channel is banned until the ban is lifted (ban_store.h), a member or not, so that a
 * user who leaves a moment before is banned as well; owners and admins of the tenant are
 * not banned. events is empty when nothing changes. ES_NOT_FOUND "no such user",
 * ES_FORBIDDEN. */
enum es_code member_store_remove(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    struct event_list *events, struct es_err *err) ES_MUST_CHECK;

/* Ban a user, who is removed when it is a member. The ban of a private channel counts
 * once the channel is public. events is empty when the user was banned already.
 * ES_NOT_FOUND "no such user"; ES_FORBIDDEN also for oneself and for owners and admins of
 * the tenant. */
enum es_code member_store_ban(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    struct event_list *events, struct es_err *err) ES_MUST_CHECK;

#endif
