/* Envelopes that were handed to the queue and whose outcome is awaited: by the worker's
 * reply topic, or at the deadline from the database. Each message's outcome goes to its
 * sender as ack or error, if the connection is still there. */
#ifndef PUSH_SEND_OUTCOMES_H
#define PUSH_SEND_OUTCOMES_H

#include "conn/conn.h"
#include "event/envelope.h"
#include "event/event.h"

struct send_outcomes;

/* One envelope and whom to answer. Everything in it lives in its arena. */
struct awaited {
	struct arena *arena;
	struct envelope envelope;
	const char **ids; /* per message: the client's frame id, or NULL */
	struct conn_ref ref;

	/* Private to send_outcomes.c. */
	struct list due, same_hash, to_ask;
	int64_t deadline_ms;
};

struct pg_async;

/* conns and pg outlive it. */
struct send_outcomes *send_outcomes_new(struct conns *conns, struct pg_async *pg);
void send_outcomes_free(struct send_outcomes **r);
/* The topic that envelopes name. */
const char *send_outcomes_topic(const struct send_outcomes *r);

/* An envelope of the connection's user with a fresh id, room for n messages; NULL when
 * too many are awaited already. Give it to send_outcomes_await before it is sent, or to
 * awaited_free. */
struct awaited *awaited_new(struct send_outcomes *r, const struct conn *c,
    const struct channel_id *channel, size_t n);
void awaited_free(struct awaited **a);
void send_outcomes_await(struct send_outcomes *r, struct awaited *a);
/* It could not be sent: answer all its messages with err. Does nothing when already
 * answered. */
void send_outcomes_fail(
    struct send_outcomes *r, const struct uuid *envelope, const struct es_err *err);

void send_outcomes_message(struct send_outcomes *r, const char *data, size_t len);
/* The topic is heard (again): what was told meanwhile is asked of the database, what is
 * committed from now on will be told. */
void send_outcomes_subscribed(struct send_outcomes *r);
/* Every 100 ms. */
void send_outcomes_tick(struct send_outcomes *r);

#endif
