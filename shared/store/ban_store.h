/* Users that do not see a public channel until the ban is lifted. Bans are made by
 * member_store_ban and member_store_remove. For owners and admins of the channel or the
 * tenant (ES_FORBIDDEN); a channel that the caller does not see is ES_NOT_FOUND. */
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
	bool more; /* go on after items[n - 1].user */
};

/* By user. after NULL: from the start. */
enum es_code ban_store_list(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *after, int64_t limit,
    struct arena *a, struct ban_page *out, struct es_err *err) ES_MUST_CHECK;
/* The user may join again. *lifted false: there was no ban. */
enum es_code ban_store_lift(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    bool *lifted, struct es_err *err) ES_MUST_CHECK;

/* For the other stores, under the channel's lock. */

/* A user of the tenant that is to be banned, whether or not it is a member. */
struct ban_target {
	const char *display_name;
	bool exempt; /* an owner or admin of the tenant, who can't be banned */
};

/* ES_NOT_FOUND "no such user". */
enum es_code ban_store_target(struct pg *pg, const struct actor *who,
    const struct user_id *user, struct arena *a, struct ban_target *out,
    struct es_err *err) ES_MUST_CHECK;
/* *added is false when the user was banned already. The caller has asked
 * ban_store_target. */
enum es_code ban_store_add(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    bool *added, struct es_err *err) ES_MUST_CHECK;
enum es_code ban_store_drop(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    struct es_err *err) ES_MUST_CHECK;

#endif
