/* Runs the hub and presence on a worker's loop: a turn before each sleep, and the
 * messages of the topics. At the end it keeps their memory until all questions are
 * answered. */
#ifndef PUSH_HUB_LOOP_H
#define PUSH_HUB_LOOP_H

#include "hub/hub.h"
#include "presence/presence.h"

struct hub_loop;
struct worker;

/* The environment, connections and doors of the worker must be set before, and must
 * outlive it. Answers that arrive after hub_loop_close() do not use them. */
struct hub_loop *hub_loop_new(struct worker *w);
/* Close all connections first. The hub sends no further question; the last answer frees
 * the memory. */
void hub_loop_close(struct hub_loop **hl);

/* Hands the settings of the worker, which have changed, to the hub. */
void hub_loop_set_limits(struct hub_loop *hl);

struct hub *hub_loop_hub(const struct hub_loop *hl);
struct presence *hub_loop_presence(const struct hub_loop *hl);

/* For all topics but the worker's reply topic. */
void hub_loop_message(
    struct hub_loop *hl, const char *topic, const char *data, size_t len);
void hub_loop_subscribed(struct hub_loop *hl, const char *topic);
void hub_loop_topics_state(struct hub_loop *hl, bool up);
/* The connection for commands to Redis came up or was lost. */
void hub_loop_redis_state(struct hub_loop *hl, bool up);

#endif
