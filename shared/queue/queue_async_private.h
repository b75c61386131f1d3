/* Drivers for non-blocking sends. */
#ifndef QUEUE_QUEUE_ASYNC_PRIVATE_H
#define QUEUE_QUEUE_ASYNC_PRIVATE_H

#include "queue/queue_async.h"

struct queue_async_driver {
	const char *name; /* the part of the URL before the colon */
	enum es_code (*open)(struct ev_loop *loop, const struct queue_settings *settings,
	    struct queue_async **out, struct es_err *err);
	enum es_code (*send)(struct queue_async *q, const struct queue_msg *msg,
	    queue_async_done *done, void *ctx, struct es_err *err);
	bool (*up)(const struct queue_async *q);
	void (*close)(struct queue_async *q);
};

/* The first member of every driver's own struct. */
struct queue_async {
	const struct queue_async_driver *driver;
};

extern const struct queue_async_driver queue_async_redis, queue_async_mem,
    queue_async_sqs;

#endif
