/* Receives the messages of several partitions by one XREAD. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "queue/queue_position.h"
#include "queue/queue_redis_private.h"

#include "core/banned.h"

/* Builds XREAD COUNT max BLOCK ms STREAMS, then the keys, then the positions. */
static enum es_code
queue_redis_collect_command(struct arena *a, const struct queue_cursor cursors[],
    size_t n, size_t max, int64_t wait_ms, struct redis_arg argv[], size_t *argc,
    struct es_err *err)
{
	const char *head[] = {"XREAD", "COUNT", arena_printf(a, "%zu", max), "BLOCK",
	    arena_printf(a, "%" PRId64, wait_ms), "STREAMS"};

	*argc = 0;
	for (size_t i = 0; i < ES_COUNT(head); i++)
		if (wait_ms > 0 || (i != 3 && i != 4)) /* BLOCK 0 would wait for ever */
			argv[(*argc)++] = (struct redis_arg){head[i], strlen(head[i])};
	for (size_t i = 0; i < n; i++) {
		char *stream = arena_alloc(a, QUEUE_STREAM_KEY_MAX);
		char *from = arena_alloc(a, QUEUE_POSITION_MAX);
		struct queue_position at;

		if (!queue_position_parse(cursors[i].after, &at))
			return es_fail(err, ES_INVALID, "queue: malformed position");
		queue_stream_key(cursors[i].partition, stream);
		queue_position_format(&at, from);
		argv[*argc + i] = (struct redis_arg){stream, strlen(stream)};
		argv[*argc + n + i] = (struct redis_arg){from, strlen(from)};
	}
	*argc += 2 * n;
	return ES_OK;
}

static const struct redis_value *
queue_redis_collect_find(const struct redis_value *v, unsigned partition)
{
	char stream[QUEUE_STREAM_KEY_MAX];

	queue_stream_key(partition, stream);
	for (size_t i = 0; v->kind == REDIS_ARRAY && i < v->n; i++)
		if (v->items[i].n == 2 && v->items[i].items[0].kind == REDIS_STRING &&
		    strcmp(v->items[i].items[0].str, stream) == 0)
			return &v->items[i].items[1];
	return NULL;
}

/* Reads [[stream, entries], ...], which holds only streams with entries, or nil. */
static enum es_code
queue_redis_collect_parse(const struct redis_value *v, struct queue_cursor cursors[],
    size_t n, size_t max, struct arena *a, struct es_err *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct redis_value *list =
		    queue_redis_collect_find(v, cursors[i].partition);

		cursors[i].n = 0;
		if (list == NULL)
			continue;
		cursors[i].msgs = arena_alloc(a, list->n * sizeof(*cursors[i].msgs));
		TRY(queue_redis_parse_entries(
		    list, max, cursors[i].msgs, &cursors[i].n, err));
	}
	return ES_OK;
}

enum es_code
queue_redis_collect(struct queue *q, struct queue_cursor cursors[], size_t n, size_t max,
    int64_t wait_ms, struct arena *a, struct es_err *err)
{
	struct redis_arg *argv = arena_alloc(a, (6 + 2 * n) * sizeof(*argv));
	struct redis_value v;
	size_t argc;

	TRY(queue_redis_collect_command(a, cursors, n, max, wait_ms, argv, &argc, err));
	TRY(redis_cmd_wait(queue_redis_from(q)->redis, wait_ms, a, &v, err, argc, argv));
	return queue_redis_collect_parse(&v, cursors, n, max, a, err);
}
