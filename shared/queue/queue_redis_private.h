/* Declarations shared by queue_redis.c (messages), queue_redis_collect.c (of several
 * partitions) and
 * queue_redis_state.c (state of the server). */
#ifndef QUEUE_QUEUE_REDIS_PRIVATE_H
#define QUEUE_QUEUE_REDIS_PRIVATE_H

#include "queue/queue_stream.h"

struct queue_redis {
	struct queue base;
	struct queue_settings settings; /* the texts in it are NULL */
	struct redis *redis;
	struct queue_stream_guarded guarded;
};

static inline struct queue_redis *
queue_redis_from(struct queue *q)
{
	return ES_CONTAINER(q, struct queue_redis, base);
}

/* queue_redis.c. Reads the entries of one stream, [[id, [field, value]], ...]; out has
 * room for max. */
enum es_code queue_redis_parse_entries(const struct redis_value *list, size_t max,
    struct queue_msg out[], size_t *n, struct es_err *err) ES_MUST_CHECK;

enum es_code queue_redis_collect(struct queue *q, struct queue_cursor cursors[], size_t n,
    size_t max, int64_t wait_ms, struct arena *a, struct es_err *err) ES_MUST_CHECK;
enum es_code queue_redis_behind(struct queue *q, unsigned partition, const char *position,
    bool *out, struct es_err *err) ES_MUST_CHECK;
enum es_code queue_redis_stats(
    struct queue *q, struct queue_stats *out, struct es_err *err) ES_MUST_CHECK;
enum es_code queue_redis_check(struct queue *q, struct es_err *err) ES_MUST_CHECK;

#endif
