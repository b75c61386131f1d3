/* The hub and presence on a worker's loop: a turn before each sleep, messages of the
 * topics, and an orderly end while questions are under way. */
#ifndef PUSH_HUB_LOOP_H
#define PUSH_HUB_LOOP_H

#include "hub/hub.h"
#include "presence/presence.h"

struct hub_loop;
struct worker;

/* The worker's environment, connections and doors are set and outlive it, but for answers
 * that come after hub_loop_close(). */
struct hub_loop *hub_loop_new(struct worker *w);
/* Connections are gone. Nothing is asked any more; the memory goes with the last answer.
 */
void hub_loop_close(struct hub_loop **hl);

struct hub *hub_loop_hub(const struct hub_loop *hl);
struct presence *hub_loop_presence(const struct hub_loop *hl);

/* Topics other than the worker's reply topic. */
void hub_loop_message(
    struct hub_loop *hl, const char *topic, const char *data, size_t len);
void hub_loop_subscribed(struct hub_loop *hl, const char *topic);
void hub_loop_topics_state(struct hub_loop *hl, bool up);
/* The commands' connection to Redis came up or was lost. */
void hub_loop_redis_state(struct hub_loop *hl, bool up);

#endif
