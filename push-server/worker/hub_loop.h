/* Runs the hub and presence on a worker's loop: a turn before each sleep, and the
 * messages of the topics. After hub_loop_close() the memory of both stays until all
 * questions are answered. */
#ifndef PUSH_HUB_LOOP_H
#define PUSH_HUB_LOOP_H

#include "hub/hub.h"
#include "presence/presence.h"

struct hub_loop;
struct worker;

/* The worker's env, conns and connections to services must be set before this call, and
 * must live until hub_loop_close(). */
struct hub_loop *hub_loop_new(struct worker *w);
/* Close all connections first. The hub sends no further question; the last answer frees
 * the memory. */
void hub_loop_close(struct hub_loop **hl);

/* Hands the settings of the worker, which have changed, to the hub. */
void hub_loop_set_limits(struct hub_loop *hl);

struct hub *hub_loop_hub(const struct hub_loop *hl);
struct presence *hub_loop_presence(const struct hub_loop *hl);

/* Takes the messages of all topics but the worker's reply topic. */
void hub_loop_message(
    struct hub_loop *hl, const char *topic, const char *data, size_t len);
void hub_loop_subscribed(struct hub_loop *hl, const char *topic);
void hub_loop_topics_state(struct hub_loop *hl, bool up);
/* The connection for commands to Redis came up or was lost. */
void hub_loop_redis_state(struct hub_loop *hl, bool up);

#endif
