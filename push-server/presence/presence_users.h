/* The users of this worker's connections. A user's status is the best status of the
 * user's connections. The user becomes offline hold_ms after the last connection closes.
 * The worker writes changes to Redis, one command at a time for each user. */
#ifndef PUSH_PRESENCE_USERS_H
#define PUSH_PRESENCE_USERS_H

#include "presence/presence_state.h"

/* maximum number of users written to Redis at the end of one turn */
#define PRESENCE_USERS_SETS 200
#define PRESENCE_SCAN_TICKS 20 /* ticks for a scan of all users: 5 s */

void presence_users_join(struct presence *p, struct presence_conn *pc);
void presence_users_leave(struct presence *p, struct presence_conn *pc);
/* The status of the connection's user, from the connections of this worker. */
enum presence_status presence_users_status(const struct presence_conn *pc);
void presence_users_choose(struct presence_conn *pc, enum presence_status status);
/* The user has lost the right to connect, and becomes offline immediately instead of
 * after hold_ms. Also deletes the status that the user chose over REST. */
void presence_users_gone(
    struct presence *p, const struct tenant_id *tenant, const struct user_id *user);
/* Redis has lost the statuses of this worker: write all of them again. */
void presence_users_store_again(struct presence *p);
/* Write changed statuses to Redis, at most PRESENCE_USERS_SETS of them. */
void presence_users_store(struct presence *p);
/* Scan the next share of users for idle ones and for statuses that Redis does not have
 * yet. */
void presence_users_tick(struct presence *p);
void presence_users_fini(struct presence *p);

#endif
