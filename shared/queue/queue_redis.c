/* The queue on Redis Streams, without consumer groups: the consumer stores its position
 * with the data that it commits. queue_stream.h describes the keys. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/clock.h"
#include "queue/queue_position.h"
#include "queue/queue_redis_private.h"

#include "core/banned.h"

static enum es_code
queue_redis_open(
    const struct queue_settings *settings, struct queue **out, struct es_err *err)
{
	struct queue_redis *q;
	struct redis *redis;

	TRY(redis_open(settings->redis_url, settings->timeout_ms, &redis, err));
	q = mem_new(1, sizeof(*q));
	q->base.driver = &queue_redis;
	q->settings = *settings;
	q->settings.url = q->settings.redis_url = NULL;
	q->redis = redis;
	*out = &q->base;
	return ES_OK;
}

static void
queue_redis_close(struct queue *base)
{
	struct queue_redis *q = queue_redis_from(base);

	redis_close(&q->redis);
	queue_stream_guarded_fini(&q->guarded);
	free(q);
}

static enum es_code
queue_redis_send_guarded(struct queue_redis *q, const struct queue_guard *guard,
    const struct queue_stream_request *req, struct arena *a, struct es_err *err)
{
	struct redis_arg argv[QUEUE_GUARD_ARGS_MAX + QUEUE_STREAM_SEND_ARGS];
	struct redis_value v;
	size_t argc, n_keys;

	queue_stream_join(&q->guarded, guard);
	argc = queue_stream_guarded_args(guard, req, argv, &n_keys);
	TRY(redis_eval(q->redis, &q->guarded.script, a, &v, err, n_keys, argc, argv));
	return queue_stream_guarded_result(guard, &v, err);
}

static enum es_code
queue_redis_send_plain(struct queue_redis *q, const struct queue_stream_request *req,
    struct arena *a, struct es_err *err)
{
	struct redis_value v;

	TRY(redis_eval(q->redis, &queue_stream_send, a, &v, err, QUEUE_STREAM_SEND_KEYS,
	    QUEUE_STREAM_SEND_ARGS, req->argv));
	return queue_stream_send_result(&v, err);
}

static enum es_code
queue_redis_send(struct queue *q, const struct queue_msg *msg, struct es_err *err)
{
	struct arena *a = arena_new();
	struct queue_redis *r = queue_redis_from(q);
	struct queue_stream_request req;
	enum es_code rc;

	queue_stream_request_init(&req, &r->settings, msg);
	if (msg->guard != NULL)
		rc = queue_redis_send_guarded(r, msg->guard, &req, a, err);
	else
		rc = queue_redis_send_plain(r, &req, a, err);
	arena_free(&a);
	return rc;
}

static void
queue_redis_limit(struct queue *q, int64_t ms)
{
	redis_budget(queue_redis_from(q)->redis, ms);
}

static unsigned
queue_redis_partitions(const struct queue *q)
{
	const struct queue_redis *r = (const void *)q; /* base is the first member */

	return r->settings.partitions;
}

static bool
queue_redis_is_entry(const struct redis_value *e)
{
	return e->kind == REDIS_ARRAY && e->n == 2 && e->items[0].kind == REDIS_STRING &&
	       e->items[1].kind == REDIS_ARRAY && e->items[1].n >= 2;
}

enum es_code
queue_redis_parse_entries(const struct redis_value *list, size_t max,
    struct queue_msg out[], size_t *n, struct es_err *err)
{
	const int64_t now_ms = clock_wall_ms();

	if (list->kind != REDIS_ARRAY || list->n > max)
		return es_fail(err, ES_INTERNAL, "Redis: unexpected reply to XREAD");
	for (size_t i = 0; i < list->n; i++) {
		const struct redis_value *entry = &list->items[i], *body;
		struct queue_position at;

		if (!queue_redis_is_entry(entry) ||
		    !queue_position_parse(entry->items[0].str, &at))
			return es_fail(
			    err, ES_INTERNAL, "Redis: an entry of a stream is malformed");
		body = &entry->items[1].items[1];
		out[i] = (struct queue_msg){.body = body->str,
		    .len = body->len,
		    .group = "",
		    .dedupe = "",
		    .position = entry->items[0].str,
		    .receipt = "",
		    .age_ms = now_ms > (int64_t)at.ms ? now_ms - (int64_t)at.ms : 0};
	}
	*n = list->n;
	return ES_OK;
}

/* Reads [[stream, entries]], or nil when there is no entry. */
static enum es_code
queue_redis_parse_stream(const struct redis_value *v, size_t max, struct queue_msg out[],
    size_t *n, struct es_err *err)
{
	*n = 0;
	if (v->kind != REDIS_ARRAY || v->n == 0)
		return ES_OK;
	if (v->items[0].n != 2)
		return es_fail(err, ES_INTERNAL, "Redis: unexpected reply to XREAD");
	return queue_redis_parse_entries(&v->items[0].items[1], max, out, n, err);
}

static enum es_code
queue_redis_receive(struct queue *q, unsigned partition, const char *after, size_t max,
    int64_t wait_ms, struct arena *a, struct queue_msg out[], size_t *n,
    struct es_err *err)
{
	struct redis_arg argv[8];
	struct redis_value v;
	struct queue_position at;
	const char *texts[8];
	char stream[24], count[24], block[24], from[QUEUE_POSITION_MAX];
	size_t argc = 0;

	if (!queue_position_parse(after, &at))
		return es_fail(err, ES_INVALID, "queue: malformed position");
	queue_position_format(&at, from);
	queue_stream_key(partition, stream);
	(void)snprintf(count, sizeof(count), "%zu", max);
	(void)snprintf(block, sizeof(block), "%" PRId64, wait_ms);
	texts[argc++] = "XREAD";
	texts[argc++] = "COUNT";
	texts[argc++] = count;
	if (wait_ms > 0) { /* BLOCK 0 would wait for ever */
		texts[argc++] = "BLOCK";
		texts[argc++] = block;
	}
	texts[argc++] = "STREAMS";
	texts[argc++] = stream;
	texts[argc++] = from;
	for (size_t i = 0; i < argc; i++)
		argv[i] = (struct redis_arg){texts[i], strlen(texts[i])};
	TRY(redis_cmd_wait(queue_redis_from(q)->redis, wait_ms, a, &v, err, argc, argv));
	return queue_redis_parse_stream(&v, max, out, n, err);
}

/* The arguments of the script that trims one stream. */
#define TRIM_ARGS 5

static enum es_code
queue_redis_trim_args(const struct queue_cursor *c, struct arena *a,
    const struct redis_arg **out, struct es_err *err)
{
	struct redis_arg *argv = arena_alloc(a, TRIM_ARGS * sizeof(*argv));
	char *stream = arena_alloc(a, QUEUE_STREAM_KEY_MAX);
	char *stays = arena_alloc(a, QUEUE_POSITION_MAX);
	const char *texts[TRIM_ARGS] = {stream, QUEUE_STREAM_BYTES,
	    arena_printf(a, "%u", c->partition), c->after, stays};
	struct queue_position last, next;

	if (!queue_position_parse(c->after, &last))
		return es_fail(err, ES_INVALID, "queue: malformed position");
	next = queue_position_next(&last);
	queue_position_format(&next, stays);
	queue_stream_key(c->partition, stream);
	for (size_t i = 0; i < TRIM_ARGS; i++)
		argv[i] = (struct redis_arg){texts[i], strlen(texts[i])};
	*out = argv;
	return ES_OK;
}

static enum es_code
queue_redis_trim(
    struct queue *q, const struct queue_cursor cursors[], size_t n, struct es_err *err)
{
	struct arena *a = arena_new();
	const struct redis_arg **argv = arena_alloc(a, n * sizeof(*argv));
	enum es_code rc = ES_OK;
	size_t runs = 0;

	for (size_t i = 0; i < n && rc == ES_OK; i++)
		if (*cursors[i].after != '\0')
			rc = queue_redis_trim_args(&cursors[i], a, &argv[runs++], err);
	if (rc == ES_OK)
		rc = redis_script_all(queue_redis_from(q)->redis, &queue_stream_trim, a,
		    err, 2, TRIM_ARGS, argv, runs);
	arena_free(&a);
	return rc;
}

static enum es_code
queue_redis_done(struct queue *q, unsigned partition, const struct queue_msg msgs[],
    size_t n, const char *through, struct es_err *err)
{
	const struct queue_cursor c = {.partition = partition, .after = through};

	(void)msgs, (void)n;
	return queue_redis_trim(q, &c, 1, err);
}

/* An entry stays in the stream until it is done, so the consumer only has to read it
 * again. */
static enum es_code
queue_redis_retry(struct queue *q, unsigned partition, const struct queue_msg msgs[],
    size_t n, int64_t delay_ms, struct es_err *err)
{
	(void)q, (void)partition, (void)msgs, (void)n, (void)delay_ms, (void)err;
	return ES_OK;
}

static enum es_code
queue_redis_extend(struct queue *q, unsigned partition, const struct queue_msg msgs[],
    size_t n, int64_t for_ms, struct es_err *err)
{
	return queue_redis_retry(q, partition, msgs, n, for_ms, err);
}

const struct queue_driver queue_redis = {
    .name = "redis",
    .open = queue_redis_open,
    .send = queue_redis_send,
    .limit = queue_redis_limit,
    .partitions = queue_redis_partitions,
    .receive = queue_redis_receive,
    .collect = queue_redis_collect,
    .done = queue_redis_done,
    .trim = queue_redis_trim,
    .retry = queue_redis_retry,
    .extend = queue_redis_extend,
    .behind = queue_redis_behind,
    .stats = queue_redis_stats,
    .check = queue_redis_check,
    .close = queue_redis_close,
};
