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
	struct worker *worker;

	/* Private to send_outcomes.c. */
	TAILQ_ENTRY(awaited) due;
	LIST_ENTRY(awaited) same_hash;
	int64_t deadline_ms;
	bool listed;
};

struct send_outcomes *send_outcomes_new(struct worker *w);
void send_outcomes_free(struct send_outcomes **r);
/* The topic that envelopes name. */
const char *send_outcomes_topic(const struct send_outcomes *r);

/* An envelope of the connection's user with a fresh id, room for n messages; NULL when
 * too many are awaited already. Give it to send_outcomes_await before it is sent, or to
 * awaited_free. */
struct awaited *awaited_new(
    struct worker *w, const struct conn *c, const struct channel_id *channel, size_t n);
void awaited_free(struct awaited **a);
void send_outcomes_await(struct awaited *a);
/* It could not be sent: answer all its messages with err. Does nothing when already
 * answered. */
void send_outcomes_fail(
    struct worker *w, const struct uuid *envelope, const struct es_err *err);

void send_outcomes_message(struct send_outcomes *r, const char *data, size_t len);
/* The topic is heard (again): what was told meanwhile is asked of the database, what is
 * committed from now on will be told. */
void send_outcomes_subscribed(struct worker *w);
/* Every 100 ms. */
void send_outcomes_tick(struct worker *w);

#endif
