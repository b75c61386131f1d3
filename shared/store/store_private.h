/* What the stores of channels, members and messages share. */
#ifndef STORE_STORE_PRIVATE_H
#define STORE_STORE_PRIVATE_H

#include "event/event.h"
#include "pg/pg.h"
#include "store/actor.h"

/* Is channel c open to the user of that parameter, without being its member? $1 is the
 * tenant. Guests see only channels that they are in. */
#define STORE_OPEN_TO(user) \
	"(NOT c.is_private AND NOT EXISTS (SELECT FROM users g WHERE g.tenant_id = $1" \
	" AND g.id = " user " AND g.role = 'guest'))"
/* May $user see channel c, of which it is a member or not? To a banned user a channel
 * does not exist, as a private one does not exist to others. $1 is the tenant. */
#define STORE_MAY_SEE(is_member, user) \
	"(" is_member " OR (" STORE_OPEN_TO( \
	    user) " AND NOT EXISTS (SELECT FROM channel_bans b WHERE b.tenant_id = $1" \
		  " AND b.channel_id = c.id AND b.user_id = " user ")))"

/* The id after which a page begins, of a parameter that is NULL for the first page: the
 * bound `id > ` STORE_AFTER("$3") is a condition of the index even in a generic plan.
 * COALESCE would say the same, but PostgreSQL does not know it as leakproof: row-level
 * security keeps it out of the index, and a page reads all pages before it. */
#define STORE_AFTER(param) \
	"CASE WHEN " param "::uuid IS NULL" \
	" THEN '" ACTOR_NOBODY "'::uuid ELSE " param " END"

/* A row if the user may see the channel. Parameters: tenant, channel, user. */
extern const struct pg_stmt store_visible;

/* Takes the channel's lock, as the first statement of a transaction. A row: the channel
 * exists. Parameters: tenant, channel; further ones are not used. */
extern const struct pg_stmt store_lock_head;

/* What a change of a channel depends on, read under the channel's lock. */
struct channel_state {
	int64_t head;
	bool is_private, archived;
	const char *name, *topic, *posting_policy;
	const char *role; /* the caller's in the channel, or NULL */
};

/* First thing in a transaction: takes the channel's lock, so that what is read stays
 * true. ES_NOT_FOUND unless who sees the channel. */
enum es_code store_lock_channel(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, struct arena *a, struct channel_state *out,
    struct es_err *err) ES_MUST_CHECK;

/* The same without the lock and without a transaction, for reading. */
enum es_code store_look_channel(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, struct arena *a, struct channel_state *out,
    struct es_err *err) ES_MUST_CHECK;

/* Inside a transaction: lock the tenant's row, after the channel's lock and before
 * anything that changes the count of channels. */
enum es_code store_lock_tenant(struct pg *pg, const struct actor *who, struct arena *a,
    struct es_err *err) ES_MUST_CHECK;

/* Owner or admin of the channel or the tenant. */
enum es_code store_may_manage(const struct actor *who, const struct channel_state *state,
    struct es_err *err) ES_MUST_CHECK;

/* Under the lock: number and store an event. payload is a JSON object. */
enum es_code store_number_event(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, enum event_kind kind, const char *payload,
    struct arena *a, struct event *out, struct es_err *err) ES_MUST_CHECK;

/* {"userId","displayName","role"}: the payload of member events. store_banned_payload()
 * adds "banned": true. */
const char *store_member_payload(
    struct arena *a, const char *user, const char *display_name, const char *role);
const char *store_banned_payload(
    struct arena *a, const char *user, const char *display_name, const char *role);

/* Commits when rc is ES_OK, else rolls back; returns what became of it. */
enum es_code store_end(struct pg *pg, enum es_code rc, struct es_err *err) ES_MUST_CHECK;

#endif
