/* The users of this worker's connections: the best of their connections goes to Redis,
 * offline only after a while, each user one command at a time. */
#ifndef PUSH_PRESENCE_USERS_H
#define PUSH_PRESENCE_USERS_H

#include "presence/presence_state.h"

#define PRESENCE_USERS_SETS 200 /* users told to Redis in one tick */
#define PRESENCE_SCAN_TICKS 20  /* ticks in which each user is looked at once: 5 s */

void presence_users_join(struct presence *p, struct presence_conn *pc);
void presence_users_leave(struct presence *p, struct presence_conn *pc);
/* What this worker says of the connection's user. */
enum presence_status presence_users_status(const struct presence_conn *pc);
void presence_users_choose(struct presence_conn *pc, enum presence_status status);
/* The user is not to be here any more: offline at once, without the time that a user
 * without a connection is kept, and what was chosen over REST is taken back. */
void presence_users_gone(
    struct presence *p, const struct tenant_id *tenant, const struct user_id *user);
/* Redis has forgotten: tell everything again. */
void presence_users_tell_again(struct presence *p);
/* Tell Redis what has changed; bounded. */
void presence_users_tell(struct presence *p);
/* Look at the next share of users: idle ones, and what Redis has not got. */
void presence_users_tick(struct presence *p);
void presence_users_fini(struct presence *p);

#endif
