/* Sends in the order of their sender: per connection and channel one envelope is on its
 * way to the queue at a time; later sends wait, bounded, and go out together in the next.
 */
#ifndef PUSH_SEND_QUEUE_H
#define PUSH_SEND_QUEUE_H

#include "conn/conn.h"
#include "core/err.h"

#define SENDS_WAITING_MAX 32

struct pg_async;
struct queue_async;
struct redis_async;
struct send_outcomes;
struct send_queue;

/* The answer to send_io.may_send: ES_OK, ES_CHANNEL_ARCHIVED, ES_NOT_FOUND or
 * ES_UNAVAILABLE. */
typedef void send_right(void *arg, enum es_code rc, const struct es_err *err);

/* What this room asks of the rooms beside and above it. */
struct send_io {
	void *ctx;
	/* May the connection's user send into the channel? done is called exactly once,
	 * never from inside; the connection may be gone by then. */
	void (*may_send)(void *ctx, const struct conn *c,
	    const struct channel_id *channel, send_right *done, void *arg);
	/* A send was refused by its rate limit. */
	void (*refused)(void *ctx, struct conn *c);
};

/* All handles outlive it. */
struct send_queue *send_queue_new(struct conns *conns, struct queue_async *queue,
    struct redis_async *redis, struct send_outcomes *outcomes, const struct send_io *io);
void send_queue_free(struct send_queue **q);

/* Take a checked message: its rate limit, its sender's right and the queue follow, and it
 * is answered by ack or error. client_id and id may be NULL. ES_BUSY when
 * SENDS_WAITING_MAX wait already. A message that waits for ES_PUSH_SEND_TIMEOUT_MS
 * behind others is answered as unavailable and is not handed over. */
enum es_code send_queue_add(struct send_queue *q, struct conn *c,
    const struct channel_id *channel, const char *body, const char *client_id,
    const char *id, struct es_err *err) ES_MUST_CHECK;

/* Every 100 ms. */
void send_queue_tick(struct send_queue *q);

/* The connection is gone: what has not been handed over is forgotten. */
void send_queue_forget(struct conn *c);

#endif
