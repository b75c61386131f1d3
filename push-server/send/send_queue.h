/* Sends messages and changes of messages in the order in which the sender wrote them. For
 * each connection and channel one envelope at a time is on its way to the queue. Later
 * sends wait, up to SENDS_WAITING_MAX of them, and the next envelope carries them
 * together. */
#ifndef PUSH_SEND_QUEUE_H
#define PUSH_SEND_QUEUE_H

#include "conn/conn.h"
#include "core/err.h"
#include "send/send_lane.h"

/* Maximum number of sends of one connection into one channel that wait while an earlier
 * envelope is on its way. */
#define SENDS_WAITING_MAX 32

/* Longest time for which reactions are held, so that those of many users become few
 * events. 2 s have six releases. Each makes about four events, because fanout commits
 * each worker's first entry before the others arrive, and one more for each 250
 * reactions. */
#define SENDS_HOLD_MS 400

struct change_gate;
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
    struct redis_async *redis, struct send_outcomes *outcomes,
    const struct change_gate *changes, const struct send_io *io);
void send_queue_free(struct send_queue **q);

/* Accept a message or change whose fields are valid. It passes the rate limit, the check
 * of the sender's right and the queue, and is answered by an ack or error frame. Returns
 * ES_BUSY when SENDS_WAITING_MAX items wait already, and ES_UNAVAILABLE for a change that
 * change_gate_check() refuses. An item that waits longer than ES_PUSH_SEND_TIMEOUT_MS is
 * answered with ES_UNAVAILABLE and is not sent. */
enum es_code send_queue_add(struct send_queue *q, struct conn *c,
    const struct send_new *new, struct es_err *err) ES_MUST_CHECK;

/* Call it every 100 ms: answers the items that have waited too long. */
void send_queue_tick(struct send_queue *q);
/* Call it every SENDS_HOLD_MS, in all workers of a host at the same time: lets held
 * reactions go to the queue. */
void send_queue_release(struct send_queue *q);

/* The connection is gone: drop its messages that are not handed to the queue yet. */
void send_queue_forget(struct conn *c);

#endif
