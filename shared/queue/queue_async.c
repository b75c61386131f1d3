/* Chooses the driver and calls it. */
#include "queue/queue_async.h"

#include <string.h>

#include "core/check.h"
#include "queue/queue_async_private.h"

#include "core/banned.h"

enum es_code
queue_async_open(struct ev_loop *loop, const struct queue_settings *settings,
    struct queue_async **out, struct es_err *err)
{
	static const struct queue_async_driver *const drivers[] = {
	    &queue_async_redis, &queue_async_mem, &queue_async_sqs};

	CHECK(settings->partitions >= 1 && settings->partitions <= QUEUE_PARTITIONS_MAX);
	for (size_t i = 0; i < ES_COUNT(drivers); i++) {
		const size_t len = strlen(drivers[i]->name);

		if (strncmp(settings->url, drivers[i]->name, len) == 0 &&
		    settings->url[len] == ':')
			return drivers[i]->open(loop, settings, out, err);
	}
	return es_fail(
	    err, ES_INVALID, "queue URL: must start with redis:, sqs: or mem:");
}

void
queue_async_close(struct queue_async **q)
{
	struct queue_async *closing = *q;

	*q = NULL;
	if (closing != NULL)
		closing->driver->close(closing);
}

enum es_code
queue_async_send(struct queue_async *q, const struct queue_msg *msg,
    queue_async_done *done, void *ctx, struct es_err *err)
{
	CHECK(msg->len > 0 && msg->group != NULL && done != NULL);
	CHECK(msg->guard == NULL || q->driver == &queue_async_redis);
	return q->driver->send(q, msg, done, ctx, err);
}

bool
queue_async_up(const struct queue_async *q)
{
	return q->driver->up(q);
}
