/* The settings and connections of one worker. The worker opens them after the fork and
 * passes them to every handler; nothing here is global. */
#ifndef API_API_H
#define API_API_H

#include "auth/token.h"
#include "core/metrics.h"
#include "env/api_conf.h"
#include "http/router.h"
#include "limits/limits.h"
#include "pg/pg.h"
#include "queue/queue.h"
#include "redis/redis.h"

struct cors;
struct bearer_keys;
struct caller_hints;
struct send_gate;
struct send_reply;
struct token_keyring;
struct trace;

struct api {
	const struct api_conf *conf;
	const struct router *router;
	struct token_keyring *keyring;
	struct token_rules tokens; /* rules of keyring */
	struct bearer_keys *bearer_keys;
	struct caller_hints *hints; /* NULL until the first one */
	/* CLOCK_MONOTONIC; jwks_reader.c reads no key set before this time */
	int64_t jwks_next_ms;
	struct pg *pg;
	struct redis *redis;
	int64_t
	    redis_timeout_ms; /* how long one request may wait for Redis, see budget.h */
	struct queue *queue;
	bool queue_guards; /* sends are charged by a guard (queue/queue_guard.h) */
	struct limits_local *limits_local;
	int64_t limits_redis_retry_ms; /* CLOCK_MONOTONIC; until then request limits do
	                                  not use Redis */
	/* CLOCK_MONOTONIC; until then the guard reads and charges nothing ahead
	 * (guard/guard_ahead.h) */
	int64_t ahead_after_ms;
	/* request_limits_begin() has sent the charge of the present request */
	bool limit_sent;
	struct cors *cors;
	struct metrics *metrics;
	struct trace *trace;      /* NULL: no traces */
	struct send_gate *gate;   /* shared by all workers */
	struct send_reply *reply; /* NULL until the first send */
	unsigned slot;            /* of this worker in the metrics and at the send gate */
	bool draining;
};

#endif
