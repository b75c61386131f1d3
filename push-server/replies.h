/* Envelopes that were handed to the queue and whose outcome is awaited: by the worker's
 * reply topic, or at the deadline from the database. Each message's outcome goes to its
 * sender as ack or error, if the connection is still there. */
#ifndef PUSH_REPLIES_H
#define PUSH_REPLIES_H

#include "conn.h"
#include "event/envelope.h"
#include "event/event.h"

struct replies;

/* One envelope and whom to answer. Everything in it lives in its arena. */
struct awaited {
	struct arena *arena;
	struct envelope envelope;
	const char **ids; /* per message: the client's frame id, or NULL */
	struct conn_ref ref;
	struct worker *worker;

	/* Private to replies.c. */
	TAILQ_ENTRY(awaited) due;
	LIST_ENTRY(awaited) same_hash;
	int64_t deadline_ms;
	bool listed;
};

struct replies *replies_new(struct worker *w);
void replies_free(struct replies **r);
/* The topic that envelopes name. */
const char *replies_topic(const struct replies *r);

/* An envelope of the connection's user with a fresh id, room for n messages; NULL when
 * too many are awaited already. Give it to replies_await before it is sent, or to
 * awaited_free. */
struct awaited *awaited_new(
    struct worker *w, const struct conn *c, const struct channel_id *channel, size_t n);
void awaited_free(struct awaited **a);
void replies_await(struct awaited *a);
/* It could not be sent: answer all its messages with err. Does nothing when already
 * answered. */
void replies_fail(
    struct worker *w, const struct uuid *envelope, const struct es_err *err);

void replies_message(struct replies *r, const char *data, size_t len);
/* The topic is heard (again): what was told meanwhile is asked of the database, what is
 * committed from now on will be told. */
void replies_subscribed(struct worker *w);
/* Every 100 ms. */
void replies_tick(struct worker *w);

#endif
