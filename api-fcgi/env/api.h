/* What handlers may use: made once a worker, passed down, never global. */
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
struct send_gate;
struct send_reply;
struct token_keyring;

struct api {
	const struct api_conf *conf;
	const struct router *router;
	struct token_keyring *keyring;
	struct token_rules tokens; /* of keyring */
	struct bearer_keys *bearer_keys;
	int64_t jwks_next_ms; /* jwks_reader.c: reads nothing before this time */
	struct pg *pg;
	struct redis *redis;
	int64_t redis_ms; /* what one request may wait for Redis, see budget.h */
	struct queue *queue;
	struct limits_local *limits_local;
	int64_t limits_redis_retry_ms; /* until then request limits don't ask Redis */
	struct cors *cors;
	struct metrics *metrics;
	struct send_gate *gate;   /* shared by all workers */
	struct send_reply *reply; /* made on the first send */
	unsigned slot;            /* this worker among all */
	bool draining;
};

#endif
