/* Waits for messages in several partitions by one XREAD. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "queue/queue_position.h"
#include "queue/queue_redis_private.h"

#include "core/banned.h"

/* Builds XREAD COUNT 1 BLOCK ms STREAMS, then the keys, then the positions. */
static enum es_code
queue_redis_wait_build_command(struct arena *a, const struct queue_cursor cursors[],
    size_t n, int64_t wait_ms, struct redis_arg argv[], size_t *argc, struct es_err *err)
{
	const char *head[] = {"XREAD", "COUNT", "1", "BLOCK",
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

/* Reads [[stream, entries], ...], which holds only streams with entries, or nil. */
static void
queue_redis_wait_mark_ready(
    const struct redis_value *v, struct queue_cursor cursors[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char stream[QUEUE_STREAM_KEY_MAX];

		queue_stream_key(cursors[i].partition, stream);
		cursors[i].ready = false;
		for (size_t j = 0; v->kind == REDIS_ARRAY && j < v->n; j++)
			if (v->items[j].n == 2 &&
			    v->items[j].items[0].kind == REDIS_STRING &&
			    strcmp(v->items[j].items[0].str, stream) == 0)
				cursors[i].ready = true;
	}
}

enum es_code
queue_redis_wait(struct queue *q, struct queue_cursor cursors[], size_t n,
    int64_t wait_ms, struct es_err *err)
{
	struct arena *a = arena_new();
	struct redis_arg *argv = arena_alloc(a, (6 + 2 * n) * sizeof(*argv));
	struct redis_value v;
	size_t argc;
	enum es_code rc =
	    queue_redis_wait_build_command(a, cursors, n, wait_ms, argv, &argc, err);

	if (rc == ES_OK)
		rc = redis_cmd_wait(
		    queue_redis_from(q)->redis, wait_ms, a, &v, err, argc, argv);
	if (rc == ES_OK)
		queue_redis_wait_mark_ready(&v, cursors, n);
	arena_free(&a);
	return rc;
}
