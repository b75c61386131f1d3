/* hiredis on libev, for push-server: one connection for commands, one for subscriptions.
 * Both reconnect with a jittered back-off of 100 ms to 2 s. The connection for
 * subscriptions then subscribes to all its topics again. */
#ifndef REDIS_REDIS_ASYNC_H
#define REDIS_REDIS_ASYNC_H

#include "redis/redis.h"

struct ev_loop;
struct redis_async;
struct redis_topics;

/* rc is ES_OK with the value, or ES_UNAVAILABLE or ES_INTERNAL. value and err are valid
 * only during the call. */
typedef void redis_async_done(void *ctx, enum es_code rc, const struct redis_value *value,
    const struct es_err *err);

/* Calls state(ctx, up) at each change of the connection; state may be NULL. ES_INVALID:
 * the url is wrong. */
enum es_code redis_async_open(struct ev_loop *loop, const char *url, int64_t timeout_ms,
    void (*state)(void *ctx, bool up), void *ctx, struct redis_async **out,
    struct es_err *err) ES_MUST_CHECK;
void redis_async_close(struct redis_async **handle);
bool redis_async_up(const struct redis_async *r);

#define REDIS_ASYNC_MAX 16384 /* largest number of commands in flight */

/* Sends a command; copies argv. When the call returns ES_OK, done (may be NULL) is called
 * exactly once, never from inside the call. ES_UNAVAILABLE: the connection is down or
 * REDIS_ASYNC_MAX commands are in flight. When no reply comes within timeout_ms, the
 * connection is closed and opened again. */
enum es_code redis_async_cmd(struct redis_async *r, redis_async_done *done, void *ctx,
    struct es_err *err, size_t argc, const struct redis_arg argv[]) ES_MUST_CHECK;
enum es_code redis_async_text(struct redis_async *r, redis_async_done *done, void *ctx,
    struct es_err *err, ...) __attribute__((sentinel)) ES_MUST_CHECK;

/* Runs a script, with the promises of redis_async_cmd(). argv holds n_keys keys, then the
 * arguments. s must outlive every call; scripts are static. */
enum es_code redis_async_eval(struct redis_async *r, struct redis_script *s,
    redis_async_done *done, void *ctx, struct es_err *err, size_t n_keys, size_t argc,
    const struct redis_arg argv[]) ES_MUST_CHECK;

/* Subscriptions to topics by their exact names. */
struct redis_topics_events {
	/* A message has arrived on a topic. */
	void (*message)(void *ctx, const char *topic, const char *data, size_t len);
	/* Redis has confirmed the subscription; called again after each reconnect. */
	void (*subscribed)(void *ctx, const char *topic);
	/* The connection came up (no subscription is confirmed yet) or was lost. In both
	 * cases messages may have been lost. */
	void (*state)(void *ctx, bool up);
	void *ctx;
};
enum es_code redis_topics_open(struct ev_loop *loop, const char *url,
    const struct redis_topics_events *events, struct redis_topics **out,
    struct es_err *err) ES_MUST_CHECK;
void redis_topics_close(struct redis_topics **handle);
/* Repeating a call changes nothing. The topics survive a reconnect. */
void redis_topics_add(struct redis_topics *t, const char *name);
void redis_topics_remove(struct redis_topics *t, const char *name);
bool redis_topics_up(const struct redis_topics *t);
/* Overwrites the received bytes that hiredis has parsed and still holds. */
void redis_topics_wipe(const struct redis_topics *t);

#endif
