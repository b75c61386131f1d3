/* Sends messages in the order in which the sender wrote them. For each connection and
 * channel one envelope at a time is on its way to the queue. Later sends wait, up to
 * SENDS_WAITING_MAX of them, and the next envelope carries them together. */
#ifndef PUSH_SEND_QUEUE_H
#define PUSH_SEND_QUEUE_H

#include "conn/conn.h"
#include "core/err.h"
#include "send/send_lane.h"

/* Maximum number of sends of one connection into one channel that wait while an earlier
 * envelope is on its way. */
#define SENDS_WAITING_MAX 32

struct pg_async;
struct queue_async;
struct redis_async;
struct send_outcomes;
struct send_queue;

/* The result of send_io.may_send: ES_OK, ES_CHANNEL_ARCHIVED, ES_FORBIDDEN,
 * ES_NOT_FOUND or ES_UNAVAILABLE. */
typedef void send_right(void *arg, enum es_code rc, const struct es_err *err);

/* Functions that send/ needs from other folders; worker/ fills the table. */
struct send_io {
	void *ctx;
	/* Asks whether the connection's user may send into the channel. done is called
	 * exactly once, never before may_send returns. The connection may be gone by
	 * then. */
	void (*may_send)(void *ctx, const struct conn *c,
	    const struct channel_id *channel, send_right *done, void *arg);
	/* A send was refused by its rate limit. */
	void (*refused)(void *ctx, struct conn *c);
};

/* All arguments must outlive the struct; io is copied. */
struct send_queue *send_queue_new(struct conns *conns, struct queue_async *queue,
    struct redis_async *redis, struct send_outcomes *outcomes, const struct send_io *io);
void send_queue_free(struct send_queue **q);

/* Accept a message whose fields are valid. It passes the rate limit, the check of the
 * sender's right and the queue, and is answered by an ack or error frame. Returns ES_BUSY
 * when SENDS_WAITING_MAX messages wait already. A message that waits longer than
 * ES_PUSH_SEND_TIMEOUT_MS is answered with ES_UNAVAILABLE and is not sent. */
enum es_code send_queue_add(struct send_queue *q, struct conn *c,
    const struct send_new *message, struct es_err *err) ES_MUST_CHECK;

/* Call it every 100 ms: answers the messages that have waited too long. */
void send_queue_tick(struct send_queue *q);

/* The connection is gone: drop its messages that are not handed to the queue yet. */
void send_queue_forget(struct conn *c);

#endif
