/* Presence of this worker: its users' devices go to Redis, what is seen of everybody
 * comes back from there and goes to whom it concerns, at most once a second, lossy. */
#ifndef PUSH_PRESENCE_H
#define PUSH_PRESENCE_H

#include "hub/hub.h"
#include "presence/presence_keys.h"

#define PRESENCE_WATCH_MAX 500

struct hub_conn;
struct presence;

struct presence *presence_new(struct hub *hub);
/* Connections are gone. */
void presence_free(struct presence **p);

void presence_conn_open(struct presence *p, struct hub_conn *hc);
void presence_conn_closed(struct presence *p, struct hub_conn *hc);
/* The connection's user says how it wants this device to count. */
void presence_choose(
    struct presence *p, struct hub_conn *hc, enum presence_status status);
/* Whose changes the connection gets in a large tenant; replaces the earlier list. */
void presence_watch(
    struct presence *p, struct hub_conn *hc, const struct user_id users[], size_t n);

/* es:t:<tenant>:p */
bool presence_owns(const char *topic);
void presence_message(
    struct presence *p, const char *topic, const char *data, size_t len);
void presence_subscribed(struct presence *p, const char *topic);
void presence_redis_state(struct presence *p, bool up);
/* End of a turn of the loop: who came is told of, and told who is there. */
void presence_turn(struct presence *p);
void presence_tick(struct presence *p);

#endif
