/* Envelopes that were handed to the queue and have no outcome yet. The outcome arrives on
 * the worker's reply topic; at the deadline the worker looks it up in the database. The
 * sender gets an ack or error frame for each element, if the connection is still open. */
#ifndef PUSH_SEND_OUTCOMES_H
#define PUSH_SEND_OUTCOMES_H

#include "conn/conn.h"
#include "send/awaited.h"

struct send_outcomes;

struct pg_async;

/* conns and pg must outlive the struct. */
struct send_outcomes *send_outcomes_new(struct conns *conns, struct pg_async *pg);
void send_outcomes_free(struct send_outcomes **r);
/* The reply topic that the envelopes of this worker name. */
const char *send_outcomes_topic(const struct send_outcomes *r);

/* Makes an envelope with the reply topic of this worker (awaited_new). Returns NULL when
 * too many outcomes are awaited already. The caller passes the result to
 * send_outcomes_await() before it sends the envelope, or to awaited_free(). */
struct awaited *send_outcomes_begin(struct send_outcomes *r, const struct conn *c,
    const struct channel_id *channel, size_t n);
void send_outcomes_await(struct send_outcomes *r, struct awaited *a);
/* The envelope could not be sent: answer all its messages with err. Does nothing when
 * they are answered already. */
void send_outcomes_fail(
    struct send_outcomes *r, const struct uuid *envelope, const struct es_err *err);

void send_outcomes_message(struct send_outcomes *r, const char *data, size_t len);
/* The worker is subscribed to its reply topic, perhaps after a reconnect. Looks up the
 * outcomes that were published before; later ones arrive on the topic. */
void send_outcomes_on_subscribed(struct send_outcomes *r);
/* Call it every 100 ms: looks up the outcomes of envelopes at their deadline. */
void send_outcomes_tick(struct send_outcomes *r);

#endif
