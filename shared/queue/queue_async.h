/* Non-blocking sends from an event loop, with the promises of queue_send(). */
#ifndef QUEUE_QUEUE_ASYNC_H
#define QUEUE_QUEUE_ASYNC_H

#include <stdbool.h>

#include "queue/queue.h"

struct ev_loop;
struct queue_async;

typedef void queue_async_done(void *ctx, enum es_code rc, const struct es_err *err);

enum es_code queue_async_open(struct ev_loop *loop, const struct queue_settings *settings,
    struct queue_async **out, struct es_err *err) ES_MUST_CHECK;
void queue_async_close(struct queue_async **q);
/* Copies the message. When the call returns ES_OK, done is called exactly once, never
 * from inside the call. */
enum es_code queue_async_send(struct queue_async *q, const struct queue_msg *msg,
    queue_async_done *done, void *ctx, struct es_err *err) ES_MUST_CHECK;
bool queue_async_up(const struct queue_async *q);

/* For tests: the queue behind "mem:", in which they inject failures (queue_mem.h). NULL
 * for other drivers. */
struct queue *queue_async_mem_queue(struct queue_async *q);

#endif
