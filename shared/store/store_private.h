/* SQL and functions that the stores of channels, members and messages share. */
#ifndef STORE_STORE_PRIVATE_H
#define STORE_STORE_PRIVATE_H

#include "event/event.h"
#include "pg/pg.h"
#include "store/actor.h"

/* SQL condition: the user (a parameter such as "$2") may see channel c without being a
 * member. $1 is the tenant. A guest sees only channels of which the guest is a member. */
#define STORE_OPEN_TO(user) \
	"(NOT c.is_private AND NOT EXISTS (SELECT FROM users g WHERE g.tenant_id = $1" \
	" AND g.id = " user " AND g.role = 'guest'))"
/* SQL condition: the user may see channel c. is_member is an SQL condition. $1 is the
 * tenant. A banned user can't see the channel, like a user who is not a member of a
 * private channel. */
#define STORE_MAY_SEE(is_member, user) \
	"(" is_member " OR (" STORE_OPEN_TO( \
	    user) " AND NOT EXISTS (SELECT FROM channel_bans b WHERE b.tenant_id = $1" \
		  " AND b.channel_id = c.id AND b.user_id = " user ")))"

/* SQL condition: user u of tenant t, both table aliases, sends and sees read receipts.
 * Functions in db/functions have the same text. */
#define STORE_RECEIPTS_ON(u, t) \
	"(" u ".read_receipts AND " t ".settings -> 'read_receipts'" \
	" IS DISTINCT FROM 'false'::jsonb)"

/* SQL: the id after which a page begins. The parameter is NULL for the first page. The
 * condition `id > ` STORE_AFTER("$3") is an index condition even in a generic plan.
 * COALESCE would mean the same, but PostgreSQL does not treat it as leakproof. Row-level
 * security would then keep the condition out of the index scan, and each page would read
 * all pages before it. */
#define STORE_AFTER(param) \
	"CASE WHEN " param "::uuid IS NULL" \
	" THEN '" ACTOR_NOBODY "'::uuid ELSE " param " END"

/* Returns a row when the user may see the channel. Parameters: tenant, channel, user. */
extern const struct pg_stmt store_visible;

/* Takes the channel's lock. Must be the first statement of a transaction. Returns a row
 * when the channel exists. Parameters: tenant, channel; further ones are ignored. */
extern const struct pg_stmt store_lock_head;

/* The state on which a change of a channel depends, read under the channel's lock. */
struct channel_state {
	int64_t head;
	bool is_private, archived;
	bool is_direct; /* a dm or group: its name means nothing */
	const char *name, *topic, *posting_policy;
	const char *role; /* the caller's role in the channel, or NULL */
};

/* Takes the channel's lock, so that *out stays true until the end of the transaction.
 * Must be the first statement of the transaction. ES_NOT_FOUND: the channel does not
 * exist, or `who` may not see it. */
enum es_code store_lock_channel(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, struct arena *a, struct channel_state *out,
    struct es_err *err) ES_MUST_CHECK;

/* Does the same for a change that direct messages and groups do not have: ES_FORBIDDEN
 * for these. */
enum es_code store_lock_named_channel(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, struct arena *a, struct channel_state *out,
    struct es_err *err) ES_MUST_CHECK;

/* Reads the state without a lock and without a transaction. */
enum es_code store_read_channel(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, struct arena *a, struct channel_state *out,
    struct es_err *err) ES_MUST_CHECK;

/* Locks the tenant's row inside a transaction. Take the channel's lock first, then this
 * one, then change the count of channels: every transaction takes its locks in that
 * order. */
enum es_code store_lock_tenant(struct pg *pg, const struct actor *who, struct arena *a,
    struct es_err *err) ES_MUST_CHECK;

/* ES_FORBIDDEN unless `who` is an owner or admin of the channel or the tenant. */
enum es_code store_may_manage(const struct actor *who, const struct channel_state *state,
    struct es_err *err) ES_MUST_CHECK;

/* Gives an event the channel's next sequence number and stores it. The caller holds the
 * channel's lock. payload is a JSON object. */
enum es_code store_number_event(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, enum event_kind kind, const char *payload,
    struct arena *a, struct event *out, struct es_err *err) ES_MUST_CHECK;

/* The payload of member events: {"userId","displayName","role"}. store_banned_payload()
 * adds "banned": true. The text is allocated in the arena a. */
const char *store_member_payload(
    struct arena *a, const char *user, const char *display_name, const char *role);
const char *store_banned_payload(
    struct arena *a, const char *user, const char *display_name, const char *role);

/* Commits when rc is ES_OK, else rolls back. Returns rc, or the failure of the commit. */
enum es_code store_end(struct pg *pg, enum es_code rc, struct es_err *err) ES_MUST_CHECK;

#endif
