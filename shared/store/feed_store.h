/* Stores events in the feeds of users and tenants (event/feed.h). Call these in the
 * transaction of the change, as the last functions that lock anything. The events are
 * allocated in the arena a; announce_event() publishes them after the commit. */
#ifndef STORE_FEED_STORE_H
#define STORE_FEED_STORE_H

#include "event/event.h"
#include "pg/pg.h"
#include "store/actor.h"

/* The user has become a member of a channel, by `who`. */
enum es_code feed_store_channel_added(struct pg *pg, const struct actor *who,
    const struct user_id *user, const struct channel_id *channel, struct arena *a,
    struct event **out, struct es_err *err) ES_MUST_CHECK;

/* The user is no longer a member of the channel, or may no longer see it. code: "left",
 * "removed" or "banned". */
enum es_code feed_store_channel_removed(struct pg *pg, const struct actor *who,
    const struct user_id *user, const struct channel_id *channel, const char *code,
    struct arena *a, struct event **out, struct es_err *err) ES_MUST_CHECK;

/* `who` has opened a direct message or group. people: the ids of its users in ascending
 * order, separated by blanks. Each of them gets an event; *out is the first one, and
 * struct event.feed leads to the next. */
enum es_code feed_store_dm_opened(struct pg *pg, const struct actor *who,
    const char *people, const struct channel_id *channel, struct arena *a,
    struct event **out, struct es_err *err) ES_MUST_CHECK;

/* The functions below store events in the feed of the tenant, which all users but guests
 * read. Call them after the feeds of users, so that two transactions lock feeds in the
 * same order. */

/* A public channel was created or changed. name NULL: left out. changes: a JSON object,
 * the further members of the payload. */
enum es_code feed_store_tenant_channel(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, enum event_kind kind, const char *name,
    const char *changes, struct arena *a, struct event **out,
    struct es_err *err) ES_MUST_CHECK;

/* A user was created or changed: EVENT_USER_JOINED, EVENT_USER_UPDATED,
 * EVENT_USER_DEACTIVATED. */
enum es_code feed_store_tenant_user(struct pg *pg, const struct actor *who,
    const struct user_id *user, enum event_kind kind, struct arena *a, struct event **out,
    struct es_err *err) ES_MUST_CHECK;

#endif
