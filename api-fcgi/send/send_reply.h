/* This process's ear for outcomes: a subscription to a reply topic of its own, and
 * whether fanout is alive. */
#ifndef API_SEND_REPLY_H
#define API_SEND_REPLY_H

#include "event/event.h"
#include "redis/redis.h"

struct send_reply;

/* Subscribes on first use, once fanout's heartbeat is there. */
struct send_reply *send_reply_new(const char *redis_url);
void send_reply_free(struct send_reply **r);

/* The topic to name in an envelope; NULL when it makes no sense to wait: not subscribed,
 * or fanout's heartbeat is too old. Forgets what came for earlier requests. */
const char *send_reply_topic(struct send_reply *r, struct redis *redis, struct arena *a);

/* True with *out when the outcome of this envelope's one message came in time. *lost
 * (sticky): it may have come while we were deaf. */
bool send_reply_wait(struct send_reply *r, const struct uuid *envelope, int64_t wait_ms,
    struct arena *a, struct outcome *out, bool *lost) ES_MUST_CHECK;

#endif
