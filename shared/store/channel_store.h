/* Channels. Every user of the tenant sees a public channel, except banned users and
 * guests who are not members. Only members see a private channel. To all others a channel
 * does not exist (ES_NOT_FOUND, STORE_NO_CHANNEL). Direct messages and groups are private
 * channels, too (dm_store.h): each function that changes a channel or its members
 * refuses them with ES_FORBIDDEN. */
#ifndef STORE_CHANNEL_STORE_H
#define STORE_CHANNEL_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "event/event.h"
#include "pg/pg.h"
#include "store/actor.h"

struct channel {
	struct channel_id id;
	const char *name; /* NULL for a dm or group */
	const char *topic;
	bool is_private;
	const char *posting_policy; /* "everyone" or "admins" */
	const char *kind;           /* "channel", "dm" or "group" */
	struct user_id created_by;
	/* Unix time in ms; archived_ms 0: not archived */
	int64_t created_ms, archived_ms;
	/* the caller's: owner admin member; NULL: no member */
	const char *role;
	int64_t last_message_id; /* 0: no message yet */
	/* sequence number of the newest event; 0: no event yet */
	int64_t seq;
	/* Members of a dm or group, a JSON array of {"userId","displayName"}; NULL for a
	 * channel. */
	const char *people;
	bool hidden; /* the caller has hidden this dm or group */
	/* Events of feeds that the call has stored, to be published; or NULL. Only
	 * channel_store_create() and dm_store_open() set it. */
	struct event *feed;
};

struct channel_new {
	const char *name;
	const char *topic; /* NULL: "" */
	bool is_private;
	const char *posting_policy; /* "everyone" or "admins"; NULL: everyone */
	/* largest number of channels that one user may have created; 0: no limit */
	int64_t user_max;
	struct channel_id id; /* "": the store chooses a new id */
};

/* A member that is NULL leaves the value as it is. */
struct channel_patch {
	const char *name, *topic;
	const char *posting_policy; /* "everyone" or "admins" */
	const bool *is_private;
};

/* A page leaves out what the caller has hidden, so it may be shorter than its limit, or
 * empty, although more pages follow. */
struct channel_page {
	struct channel *items;
	size_t n;
	bool more;
	struct channel_id last; /* the next page begins after this id */
};

/* The channels of a list. */
struct channel_filter {
	bool member_only; /* only channels of which the caller is a member */
	bool all_kinds;   /* direct messages and groups of the caller, too */
};

/* A function that changes a channel fills *event for the caller to publish. event->seq is
 * 0 when nothing changed; then the caller publishes nothing. The strings of *event are
 * allocated in the arena a. */

/* Creates a channel; the caller becomes its owner. ES_FORBIDDEN: the caller is a guest.
 * ES_NAME_TAKEN: another channel has the name. ES_QUOTA_EXCEEDED: the tenant has reached
 * its limit, which does not count archived channels, or the user has created in->user_max
 * channels, archived ones included. in->user_max does not apply to owners and admins of
 * the tenant. */
enum es_code channel_store_create(struct pg *pg, const struct actor *who,
    const struct channel_new *in, struct arena *a, struct channel *out,
    struct es_err *err) ES_MUST_CHECK;
enum es_code channel_store_get(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct channel *out,
    struct es_err *err) ES_MUST_CHECK;
/* Sets *there to true when the tenant has a channel with this id, even one that the
 * caller may not see. Do not reveal *there to such a caller. */
enum es_code channel_store_exists(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, bool *there,
    struct es_err *err) ES_MUST_CHECK;
/* One page of the channels that the caller sees, ordered by id. after NULL: from the
 * start. */
enum es_code channel_store_list(struct pg *pg, const struct actor *who,
    const struct channel_filter *filter, const struct channel_id *after, int64_t limit,
    struct arena *a, struct channel_page *out, struct es_err *err) ES_MUST_CHECK;
/* One page of the caller's direct messages and groups that are not hidden, ordered by id.
 * after NULL: from the start. */
enum es_code channel_store_list_direct(struct pg *pg, const struct actor *who,
    const struct channel_id *after, int64_t limit, struct arena *a,
    struct channel_page *out, struct es_err *err) ES_MUST_CHECK;

/* One page of the channels without an active owner, ordered by id, including private
 * ones. after NULL: from the start. ES_FORBIDDEN: the caller is not an owner of the
 * tenant. */
enum es_code channel_store_orphans(struct pg *pg, const struct actor *who,
    const struct channel_id *after, int64_t limit, struct arena *a,
    struct channel_page *out, struct es_err *err) ES_MUST_CHECK;

/* Changes a channel. The caller must be an owner or admin of the channel or the tenant:
 * else ES_FORBIDDEN. Only a member may make a channel private, because others would not
 * see it any more (ES_FORBIDDEN). ES_CHANNEL_ARCHIVED: an archived channel does not
 * change. ES_NAME_TAKEN: another channel has the name. */
enum es_code channel_store_patch(struct pg *pg, const struct actor *who,
    const struct channel_id *id, const struct channel_patch *patch, struct arena *a,
    struct channel *out, struct event *event, struct es_err *err) ES_MUST_CHECK;
enum es_code channel_store_archive(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct channel *out,
    struct event *event, struct es_err *err) ES_MUST_CHECK;
/* ES_QUOTA_EXCEEDED: the tenant has reached its limit of channels, which does not count
 * archived ones. */
enum es_code channel_store_unarchive(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct channel *out,
    struct event *event, struct es_err *err) ES_MUST_CHECK;

/* Deletes a channel. The caller must be an owner of the channel or the tenant: else
 * ES_FORBIDDEN. From the commit on no request finds the channel, its name is free and the
 * tenant's limit does not count it. fanout deletes its messages, events and members in
 * the background. ES_NOT_FOUND: the channel is unknown or already deleted. */
enum es_code channel_store_delete(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct event *event,
    struct es_err *err) ES_MUST_CHECK;

/* Adds the caller to a channel that the caller sees. Only a member can add others to a
 * private channel (member_store_put()). event->seq is 0 when the caller is already a
 * member. ES_CHANNEL_ARCHIVED: the channel is archived. */
enum es_code channel_store_join(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct channel *out,
    struct event *event, struct es_err *err) ES_MUST_CHECK;
/* Removes the caller as member_store_remove() does. events is empty when the caller is
 * not a member. */
enum es_code channel_store_leave(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct event_list *events,
    struct es_err *err) ES_MUST_CHECK;

#endif
