/* The state of the queue's Redis: its contents, and whether it is as durable as the queue
 * promises. */
#include <string.h>

#include "core/clock.h"
#include "queue/queue_position.h"
#include "queue/queue_redis_private.h"

#include "core/banned.h"

/* Reads the last id that the stream has generated; trimming keeps it. */
static enum es_code
queue_redis_state_last_position(
    const struct redis_value *info, struct queue_position *out, struct es_err *err)
{
	if (info->kind == REDIS_ERROR && strstr(info->str, "no such key") != NULL) {
		*out = (struct queue_position){0};
		return ES_OK;
	}
	TRY(redis_value_check(info, err));
	for (size_t i = 0; info->kind == REDIS_ARRAY && i + 1 < info->n; i += 2)
		if (info->items[i].kind == REDIS_STRING &&
		    strcmp(info->items[i].str, "last-generated-id") == 0 &&
		    queue_position_parse(info->items[i + 1].str, out))
			return ES_OK;
	return es_fail(err, ES_INTERNAL, "Redis: unexpected reply to XINFO STREAM");
}

enum es_code
queue_redis_behind(struct queue *q, unsigned partition, const char *position, bool *out,
    struct es_err *err)
{
	char stream[24];
	struct redis_arg argv[] = {{"XINFO", 5}, {"STREAM", 6}, {stream, 0}};
	const struct redis_call call = {.argc = ES_COUNT(argv), .argv = argv};
	struct queue_position at, last;
	struct redis_value info;
	struct arena *a;
	enum es_code rc;

	if (!queue_position_parse(position, &at))
		return es_fail(err, ES_INVALID, "queue: malformed position");
	queue_stream_key(partition, stream);
	argv[2].len = strlen(stream);
	a = arena_new();
	rc = redis_pipeline(queue_redis_from(q)->redis, a, &call, 1, &info, err);
	if (rc == ES_OK)
		rc = queue_redis_state_last_position(&info, &last, err);
	if (rc == ES_OK)
		*out = queue_position_before(&last, &at);
	arena_free(&a);
	return rc;
}

static int64_t
queue_redis_state_oldest_age_ms(const struct redis_value *firsts)
{
	const int64_t now_ms = clock_wall_ms();
	int64_t age_ms = 0;

	for (size_t i = 0; i < firsts->n; i++) {
		struct queue_position at;

		if (firsts->items[i].kind == REDIS_STRING &&
		    queue_position_parse(firsts->items[i].str, &at) &&
		    now_ms - (int64_t)at.ms > age_ms)
			age_ms = now_ms - (int64_t)at.ms;
	}
	return age_ms;
}

enum es_code
queue_redis_stats(struct queue *q, struct queue_stats *out, struct es_err *err)
{
	struct queue_redis *r = queue_redis_from(q);
	const size_t n = r->settings.partitions + 1;
	struct arena *a = arena_new();
	struct redis_arg *keys = arena_alloc(a, n * sizeof(*keys));
	struct redis_value v;
	enum es_code rc;

	keys[0] = (struct redis_arg){QUEUE_STREAM_BYTES, strlen(QUEUE_STREAM_BYTES)};
	for (size_t i = 1; i < n; i++) {
		char *key = arena_alloc(a, 24);

		queue_stream_key((unsigned)i - 1, key);
		keys[i] = (struct redis_arg){key, strlen(key)};
	}
	rc = redis_eval(r->redis, &queue_stream_stats, a, &v, err, n, n, keys);
	if (rc == ES_OK && (v.kind != REDIS_ARRAY || v.n != 3))
		rc = es_fail(
		    err, ES_INTERNAL, "Redis: unexpected reply to the stats script");
	if (rc == ES_OK)
		*out = (struct queue_stats){.messages = v.items[0].num,
		    .bytes = v.items[1].num,
		    .oldest_age_ms = queue_redis_state_oldest_age_ms(&v.items[2])};
	arena_free(&a);
	return rc;
}

static enum es_code
queue_redis_state_check_setting(struct redis *r, const char *name, const char *wanted,
    struct arena *a, struct es_err *err)
{
	struct redis_value v;

	TRY(redis_text(r, a, &v, err, "CONFIG", "GET", name, NULL));
	if (v.kind != REDIS_ARRAY || v.n != 2 || v.items[1].kind != REDIS_STRING)
		return es_fail_field(
		    err, ES_INVALID, name, "Redis does not report %s", name);
	if (strcmp(v.items[1].str, wanted) != 0)
		return es_fail_field(err, ES_INVALID, name,
		    "Redis has %s %s; the queue needs %s", name, v.items[1].str, wanted);
	return ES_OK;
}

static enum es_code
queue_redis_state_check_all(struct redis *r, struct arena *a, struct es_err *err)
{
	struct redis_value info;

	TRY(queue_redis_state_check_setting(r, "appendonly", "yes", a, err));
	TRY(queue_redis_state_check_setting(r, "appendfsync", "always", a, err));
	TRY(queue_redis_state_check_setting(r, "maxmemory-policy", "noeviction", a, err));
	TRY(redis_text(r, a, &info, err, "INFO", "persistence", NULL));
	if (info.kind != REDIS_STRING ||
	    strstr(info.str, "aof_last_write_status:ok") == NULL)
		return es_fail_field(err, ES_UNAVAILABLE, "aof_last_write_status",
		    "Redis could not write its append-only file");
	TRY(redis_text(r, a, &info, err, "INFO", "replication", NULL));
	if (info.kind != REDIS_STRING || strstr(info.str, "role:master") == NULL)
		return es_fail_field(err, ES_UNAVAILABLE, "role",
		    "Redis is a replica; the queue needs the primary");
	return ES_OK;
}

enum es_code
queue_redis_check(struct queue *q, struct es_err *err)
{
	struct arena *a = arena_new();
	const enum es_code rc =
	    queue_redis_state_check_all(queue_redis_from(q)->redis, a, err);

	arena_free(&a);
	return rc;
}
