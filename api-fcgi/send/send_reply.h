/* Receives the outcomes of this process's sends from fanout, on a reply topic of its own,
 * and knows whether fanout is alive. */
#ifndef API_SEND_REPLY_H
#define API_SEND_REPLY_H

#include "event/event.h"
#include "redis/redis.h"

struct send_reply;

/* Connects to Redis at the first use that finds fanout's heartbeat. Copies redis_url.
 * Released by send_reply_free(). */
struct send_reply *send_reply_new(const char *redis_url);
void send_reply_free(struct send_reply **r);

/* Returns the reply topic for an envelope, or NULL when the caller must not wait because
 * this process is not subscribed or fanout's heartbeat has expired. Discards the outcomes
 * of earlier requests. */
const char *send_reply_topic(struct send_reply *r, struct redis *redis, struct arena *a);

/* Waits at most wait_ms for the outcome of the envelope's one message. Returns true when
 * *out is that outcome, allocated in the arena a. Sets *lost, and never clears it, when
 * the subscription was interrupted, so that the outcome may have been missed. */
bool send_reply_wait(struct send_reply *r, const struct uuid *envelope, int64_t wait_ms,
    struct arena *a, struct outcome *out, bool *lost) ES_MUST_CHECK;

#endif
