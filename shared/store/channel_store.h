/* Channels and the users that may see them: a public one each user of the tenant that is
 * not banned from it, a private one its members; to others it does not exist
 * (ES_NOT_FOUND, "no such channel"). */
#ifndef STORE_CHANNEL_STORE_H
#define STORE_CHANNEL_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "event/event.h"
#include "pg/pg.h"
#include "store/actor.h"

struct channel {
	struct channel_id id;
	const char *name, *topic;
	bool is_private;
	const char *posting_policy; /* everyone admins */
	const char *kind;           /* channel dm */
	struct user_id created_by;
	int64_t created_ms, archived_ms; /* archived_ms 0: it is not */
	const char *role;        /* the caller's: owner admin member; NULL: no member */
	int64_t last_message_id; /* 0: none yet */
	int64_t seq;             /* number of the newest event, 0: none yet */
};

struct channel_new {
	const char *name;
	const char *topic; /* NULL: "" */
	bool is_private;
	const char *posting_policy; /* everyone admins; NULL: everyone */
	int64_t user_max;     /* channels that one user may have made; 0: no limit */
	struct channel_id id; /* "": a fresh one */
};

/* NULL leaves a value as it is. */
struct channel_patch {
	const char *name, *topic;
	const char *posting_policy; /* everyone admins */
	const bool *is_private;
};

struct channel_page {
	struct channel *items;
	size_t n;
	bool more; /* go on after items[n - 1].id */
};

/* Functions that change a channel fill *event with what is to be published; event->seq is
 * 0 when nothing was changed: then there is nothing to publish. Its strings live in a. */

/* The caller becomes its owner. Guests may not. ES_NAME_TAKEN; ES_QUOTA_EXCEEDED by the
 * tenant's limit, which does not count archived channels, or by in->user_max, which does
 * and which owners and admins of the tenant are free of. */
enum es_code channel_store_create(struct pg *pg, const struct actor *who,
    const struct channel_new *in, struct arena *a, struct channel *out,
    struct es_err *err) ES_MUST_CHECK;
enum es_code channel_store_get(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct channel *out,
    struct es_err *err) ES_MUST_CHECK;
/* Is the id one of a channel of the tenant, whether or not the caller sees it? Not to be
 * told to a caller that does not know the channel. */
enum es_code channel_store_exists(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, bool *there,
    struct es_err *err) ES_MUST_CHECK;
/* Visible ones by id; member_only: those the caller is in. after NULL: from the start. */
enum es_code channel_store_list(struct pg *pg, const struct actor *who, bool member_only,
    const struct channel_id *after, int64_t limit, struct arena *a,
    struct channel_page *out, struct es_err *err) ES_MUST_CHECK;

/* Channels without an active owner, by id, private ones too. Takes an owner of the
 * tenant, else ES_FORBIDDEN. after NULL: from the start. */
enum es_code channel_store_orphans(struct pg *pg, const struct actor *who,
    const struct channel_id *after, int64_t limit, struct arena *a,
    struct channel_page *out, struct es_err *err) ES_MUST_CHECK;

/* Owner or admin of the channel or the tenant, else ES_FORBIDDEN. An archived channel
 * stays as it is (ES_CHANNEL_ARCHIVED). Only a member makes a channel private, or the
 * caller would not see it any more (ES_FORBIDDEN). ES_NAME_TAKEN. */
enum es_code channel_store_patch(struct pg *pg, const struct actor *who,
    const struct channel_id *id, const struct channel_patch *patch, struct arena *a,
    struct channel *out, struct event *event, struct es_err *err) ES_MUST_CHECK;
enum es_code channel_store_archive(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct channel *out,
    struct event *event, struct es_err *err) ES_MUST_CHECK;
/* ES_QUOTA_EXCEEDED: archived channels are not counted, so there may be no room. */
enum es_code channel_store_unarchive(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct channel *out,
    struct event *event, struct es_err *err) ES_MUST_CHECK;

/* An owner of the channel or of the tenant, else ES_FORBIDDEN. As of the commit nobody
 * finds the channel, its name is free and it is not counted; its messages, events and
 * members are purged in the background. Repeating is ES_NOT_FOUND. */
enum es_code channel_store_delete(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct event *event,
    struct es_err *err) ES_MUST_CHECK;

/* A public channel; to a private one others invite (member_store_put). A member already:
 * nothing happens. ES_CHANNEL_ARCHIVED. */
enum es_code channel_store_join(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct channel *out,
    struct event *event, struct es_err *err) ES_MUST_CHECK;
/* No member: nothing happens. As member_store_remove. */
enum es_code channel_store_leave(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct event_list *events,
    struct es_err *err) ES_MUST_CHECK;

#endif
