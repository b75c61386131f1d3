/* The send script behind a guard, as one script. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "queue/queue_stream.h"

#include "core/banned.h"

/* Each script becomes a function whose parameters hide KEYS and ARGV. The guard may have
 * switched the replication of its own writes off, but the message must be in the
 * append-only file. */
#define JOINED \
	"local function guard(KEYS, ARGV)\n%send\n" \
	"local function send(KEYS, ARGV)\n%send\n" \
	"local k, n = #KEYS - %d, #ARGV - %d\n" \
	"local verdict = guard({unpack(KEYS, 1, k)}, {unpack(ARGV, 1, n)})\n" \
	"if verdict[1] ~= 1 then return {verdict} end\n" \
	"redis.set_repl(redis.REPL_ALL)\n" \
	"return {verdict, send({unpack(KEYS, k + 1)}, {unpack(ARGV, n + 1)})}\n"

void
queue_stream_join(struct queue_stream_guarded *g, const struct queue_guard *guard)
{
	const char *first = guard->script->text, *second = queue_stream_send.text;
	const size_t size = sizeof(JOINED) + strlen(first) + strlen(second) + 16;

	if (g->text != NULL)
		return;
	g->text = mem_new(size, 1);
	CHECK(snprintf(g->text, size, JOINED, first, second, QUEUE_STREAM_SEND_KEYS,
		  QUEUE_STREAM_SEND_ARGS - QUEUE_STREAM_SEND_KEYS) < (int)size);
	g->script.text = g->text;
}

void
queue_stream_guarded_fini(struct queue_stream_guarded *g)
{
	free(g->text);
	g->text = NULL;
}

static size_t
queue_stream_guarded_add(
    struct redis_arg out[], size_t n, const struct redis_arg more[], size_t n_more)
{
	memcpy(out + n, more, n_more * sizeof(*more));
	return n + n_more;
}

size_t
queue_stream_guarded_args(const struct queue_guard *guard,
    const struct queue_stream_request *req,
    struct redis_arg out[QUEUE_GUARD_ARGS_MAX + QUEUE_STREAM_SEND_ARGS], size_t *n_keys)
{
	const size_t keys = guard->n_keys;
	size_t n = 0;

	CHECK(guard->argc <= QUEUE_GUARD_ARGS_MAX && keys <= guard->argc);
	*n_keys = keys + QUEUE_STREAM_SEND_KEYS;
	n = queue_stream_guarded_add(out, n, guard->argv, keys);
	n = queue_stream_guarded_add(out, n, req->argv, QUEUE_STREAM_SEND_KEYS);
	n = queue_stream_guarded_add(out, n, guard->argv + keys, guard->argc - keys);
	return queue_stream_guarded_add(out, n, req->argv + QUEUE_STREAM_SEND_KEYS,
	    QUEUE_STREAM_SEND_ARGS - QUEUE_STREAM_SEND_KEYS);
}

enum es_code
queue_stream_guarded_result(
    const struct queue_guard *guard, const struct redis_value *v, struct es_err *err)
{
	if (v->kind != REDIS_ARRAY || v->n < 1 || v->n > 2)
		return es_fail(
		    err, ES_INTERNAL, "Redis: unexpected reply to the send script");
	TRY(guard->read(guard->ctx, &v->items[0], err));
	if (v->n == 1)
		return es_fail(err, ES_INTERNAL,
		    "Redis: the guard refused a message, and its reader did not");
	return queue_stream_send_result(&v->items[1], err);
}
