/* hiredis on libev, for push-server: one connection to command, one to subscribe. Both
 * reconnect with jittered back-off (100 ms to 2 s); the subscriber subscribes again to
 * all. */
#ifndef REDIS_REDIS_ASYNC_H
#define REDIS_REDIS_ASYNC_H

#include "redis/redis.h"

struct ev_loop;
struct redis_async;
struct redis_topics;

/* rc ES_OK with a value, or ES_UNAVAILABLE / ES_INTERNAL. Valid during the call only. */
typedef void redis_async_done(void *ctx, enum es_code rc, const struct redis_value *value,
    const struct es_err *err);

/* state(ctx, up) is called on every change; may be NULL. */
enum es_code redis_async_open(struct ev_loop *loop, const char *url, int64_t timeout_ms,
    void (*state)(void *ctx, bool up), void *ctx, struct redis_async **out,
    struct es_err *err) ES_MUST_CHECK;
void redis_async_close(struct redis_async **handle);
bool redis_async_up(const struct redis_async *r);

#define REDIS_ASYNC_MAX 16384 /* commands in flight */

/* done (may be NULL) is called exactly once unless this returns an error, never from
 * inside. ES_UNAVAILABLE at once while down. No reply within timeout_ms drops the
 * connection. */
enum es_code redis_async_cmd(struct redis_async *r, redis_async_done *done, void *ctx,
    struct es_err *err, size_t argc, const struct redis_arg argv[]) ES_MUST_CHECK;
enum es_code redis_async_text(struct redis_async *r, redis_async_done *done, void *ctx,
    struct es_err *err, ...) __attribute__((sentinel)) ES_MUST_CHECK;

/* A script, with the promises of redis_async_cmd; argv: the n_keys keys, then the
 * arguments. s must outlive every call (scripts are static). */
enum es_code redis_async_eval(struct redis_async *r, struct redis_script *s,
    redis_async_done *done, void *ctx, struct es_err *err, size_t n_keys, size_t argc,
    const struct redis_arg argv[]) ES_MUST_CHECK;

/* Topics. Exact names only. */
struct redis_topics_events {
	/* A message on a topic. */
	void (*message)(void *ctx, const char *topic, const char *data, size_t len);
	/* Redis has confirmed the subscription (again after each reconnect). */
	void (*subscribed)(void *ctx, const char *topic);
	/* Connection came up (before any confirmation) or was lost: messages may be gone.
	 */
	void (*state)(void *ctx, bool up);
	void *ctx;
};
enum es_code redis_topics_open(struct ev_loop *loop, const char *url,
    const struct redis_topics_events *events, struct redis_topics **out,
    struct es_err *err) ES_MUST_CHECK;
void redis_topics_close(struct redis_topics **handle);
/* Idempotent, and remembered over reconnects. */
void redis_topics_add(struct redis_topics *t, const char *name);
void redis_topics_remove(struct redis_topics *t, const char *name);
bool redis_topics_up(const struct redis_topics *t);

#endif
