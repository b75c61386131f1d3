/* Bans: a banned user does not see a public channel until the ban is lifted.
 * member_store_ban() and member_store_remove() make bans. The caller must be an owner or
 * admin of the channel or the tenant: else ES_FORBIDDEN. ES_NOT_FOUND: the caller does
 * not see the channel. */
#ifndef STORE_BAN_STORE_H
#define STORE_BAN_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "pg/pg.h"
#include "store/actor.h"

struct ban {
	struct user_id user;
	const char *display_name;
	struct user_id banned_by;
	int64_t banned_ms;
};

struct ban_page {
	struct ban *items;
	size_t n;
	bool more; /* the next page begins after items[n - 1].user */
};

/* One page of the channel's bans, ordered by user id. after NULL: from the start. */
enum es_code ban_store_list(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *after, int64_t limit,
    struct arena *a, struct ban_page *out, struct es_err *err) ES_MUST_CHECK;
/* Lifts a ban, so that the user may join again. *lifted is false when there was no
 * ban. */
enum es_code ban_store_lift(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    bool *lifted, struct es_err *err) ES_MUST_CHECK;

/* The functions below are for the other stores. The caller holds the channel's lock. */

/* A user of the tenant whom the caller wants to ban. The user need not be a member. */
struct ban_target {
	const char *display_name;
	/* the user is an owner or admin of the tenant: no ban is possible */
	bool exempt;
};

/* Reads the user. ES_NOT_FOUND: the tenant has no such user. */
enum es_code ban_store_target(struct pg *pg, const struct actor *who,
    const struct user_id *user, struct arena *a, struct ban_target *out,
    struct es_err *err) ES_MUST_CHECK;
/* Stores a ban. The caller has checked the user with ban_store_target(). *added is false
 * when the user was already banned. */
enum es_code ban_store_add(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    bool *added, struct es_err *err) ES_MUST_CHECK;
enum es_code ban_store_drop(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    struct es_err *err) ES_MUST_CHECK;

#endif
