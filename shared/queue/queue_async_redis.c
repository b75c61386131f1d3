/* Non-blocking sends into Redis Streams. */
#include <stdlib.h>

#include "core/check.h"
#include "queue/queue_async_private.h"
#include "queue/queue_stream.h"
#include "redis/redis_async.h"

#include "core/banned.h"

struct stream_async {
	struct queue_async base;
	struct queue_settings settings; /* the texts in it are NULL */
	struct redis_async *redis;
	struct queue_stream_guarded guarded;
};

struct sending {
	queue_async_done *done;
	void *ctx;
	struct queue_guard guard; /* read NULL: no guard; argv is no longer valid */
};

static enum es_code
queue_async_redis_open(struct ev_loop *loop, const struct queue_settings *settings,
    struct queue_async **out, struct es_err *err)
{
	struct stream_async *q = mem_new(1, sizeof(*q));
	enum es_code rc;

	q->base.driver = &queue_async_redis;
	q->settings = *settings;
	q->settings.url = q->settings.redis_url = NULL;
	rc = redis_async_open(
	    loop, settings->redis_url, settings->timeout_ms, NULL, NULL, &q->redis, err);
	if (rc != ES_OK)
		free(q);
	else
		*out = &q->base;
	return rc;
}

static void
queue_async_redis_close(struct queue_async *base)
{
	struct stream_async *q = ES_CONTAINER(base, struct stream_async, base);

	redis_async_close(&q->redis);
	queue_stream_guarded_fini(&q->guarded);
	free(q);
}

static bool
queue_async_redis_up(const struct queue_async *base)
{
	/* base is the first member */
	const struct stream_async *q = (const void *)base;

	return redis_async_up(q->redis);
}

static void
queue_async_redis_on_sent(
    void *ctx, enum es_code rc, const struct redis_value *value, const struct es_err *err)
{
	struct sending *sending = ctx;
	struct es_err own = *err;

	if (rc == ES_OK && sending->guard.read != NULL)
		rc = queue_stream_guarded_result(&sending->guard, value, &own);
	else if (rc == ES_OK)
		rc = queue_stream_send_result(value, &own);
	sending->done(sending->ctx, rc, &own);
	free(sending);
}

static enum es_code
queue_async_redis_send_guarded(struct stream_async *q, const struct queue_guard *guard,
    const struct queue_stream_request *req, struct sending *sending, struct es_err *err)
{
	struct redis_arg argv[QUEUE_GUARD_ARGS_MAX + QUEUE_STREAM_SEND_ARGS];
	size_t argc, n_keys;

	sending->guard = *guard;
	queue_stream_join(&q->guarded, guard);
	argc = queue_stream_guarded_args(guard, req, argv, &n_keys);
	return redis_async_eval(q->redis, &q->guarded.script, queue_async_redis_on_sent,
	    sending, err, n_keys, argc, argv);
}

static enum es_code
queue_async_redis_send(struct queue_async *base, const struct queue_msg *msg,
    queue_async_done *done, void *ctx, struct es_err *err)
{
	struct stream_async *q = ES_CONTAINER(base, struct stream_async, base);
	struct sending *sending = mem_new(1, sizeof(*sending));
	struct queue_stream_request req;
	enum es_code rc;

	*sending = (struct sending){.done = done, .ctx = ctx};
	queue_stream_request_init(&req, &q->settings, msg);
	if (msg->guard != NULL)
		rc = queue_async_redis_send_guarded(q, msg->guard, &req, sending, err);
	else
		rc = redis_async_eval(q->redis, &queue_stream_send,
		    queue_async_redis_on_sent, sending, err, QUEUE_STREAM_SEND_KEYS,
		    QUEUE_STREAM_SEND_ARGS, req.argv);
	if (rc != ES_OK)
		free(sending);
	return rc;
}

const struct queue_async_driver queue_async_redis = {
    .name = "redis",
    .open = queue_async_redis_open,
    .send = queue_async_redis_send,
    .up = queue_async_redis_up,
    .close = queue_async_redis_close,
};
