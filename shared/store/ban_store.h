/* Users that were removed from a public channel and do not see it until the ban is
 * lifted. For owners and admins of the channel or the tenant (ES_FORBIDDEN); a channel
 * that the caller does not see is ES_NOT_FOUND. */
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

/* For the other stores, under the channel's lock. *added is false for owners and admins
 * of the tenant, which can't be banned. */
enum es_code ban_store_add(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    bool *added, struct es_err *err) ES_MUST_CHECK;
enum es_code ban_store_drop(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    struct es_err *err) ES_MUST_CHECK;

#endif
