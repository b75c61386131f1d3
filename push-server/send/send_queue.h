/* Sends in the order of their sender: per connection and channel one envelope is on its
 * way to the queue at a time; later sends wait, bounded, and go out together in the next.
 */
#ifndef PUSH_SEND_QUEUE_H
#define PUSH_SEND_QUEUE_H

#include "conn/conn.h"
#include "core/err.h"

#define SENDS_WAITING_MAX 32

struct send_queue;
struct send_queue *send_queue_new(struct worker *w);
void send_queue_free(struct send_queue **q);

/* Take a checked message: its rate limit, its sender's right and the queue follow, and it
 * is answered by ack or error. client_id and id may be NULL. ES_BUSY when
 * SENDS_WAITING_MAX wait already. What waits for ES_PUSH_SEND_TIMEOUT_MS behind others is
 * answered as unavailable and is not handed over. */
enum es_code send_queue_add(struct worker *w, struct conn *c,
    const struct channel_id *channel, const char *body, const char *client_id,
    const char *id, struct es_err *err) ES_MUST_CHECK;

/* Every 100 ms. */
void send_queue_tick(struct worker *w);

/* The connection is gone: what has not been handed over is forgotten. */
void send_queue_forget(struct conn *c);

#endif
