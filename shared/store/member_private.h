/* Declarations shared by member_store.c and member_leave.c. */
#ifndef STORE_MEMBER_PRIVATE_H
#define STORE_MEMBER_PRIVATE_H

#include "store/member_store.h"
#include "store/store_private.h"

/* The arguments of a change of a member. All functions that take it run under the
 * channel's lock. */
struct member_change {
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

struct member_change member_store_change_of(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    struct event *event, struct es_err *err);

/* *found is false when the user is not a member; then *out is unchanged. */
enum es_code member_store_read(
    const struct member_change *c, struct member *out, bool *found) ES_MUST_CHECK;

/* ES_FORBIDDEN: the change gives or takes the role owner, and the caller is neither an
 * owner of the channel nor an owner or admin of the tenant. now or next NULL: no role. */
enum es_code member_store_check_owner_change(
    const struct member_change *c, const char *now, const char *next) ES_MUST_CHECK;

#endif
