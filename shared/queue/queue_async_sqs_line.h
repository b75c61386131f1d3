/* The messages that wait to be sent to SQS, and those whose result the caller does not
 * know yet. */
#ifndef QUEUE_QUEUE_ASYNC_SQS_LINE_H
#define QUEUE_QUEUE_ASYNC_SQS_LINE_H

#include <ev.h>
#include <stdint.h>
#include <sys/queue.h>

#include "queue/queue_async.h"

/* One message, from sqs_line_add() until done is called. The message and its texts are
 * allocated in the arena. */
struct sqs_sending {
	TAILQ_ENTRY(sqs_sending) link;
	struct arena *arena;
	struct queue_msg msg;
	size_t queue; /* index of its SQS queue */
	unsigned tries;
	int64_t deadline_ms; /* monotonic; no new try after it */
	queue_async_done *done;
	void *ctx;
	enum es_code rc; /* set with the result */
	struct es_err err;
};

TAILQ_HEAD(sqs_sendings, sqs_sending);

struct sqs_line {
	struct ev_loop *loop;
	struct sqs_sendings waiting, ended;
	size_t n_waiting;
	ev_timer done_timer; /* calls done, never from inside a send */
};

void sqs_line_init(struct sqs_line *l, struct ev_loop *loop);
/* Calls done for every ended message. Call this only when no message waits. */
void sqs_line_fini(struct sqs_line *l);

/* Appends a copy of the message. */
void sqs_line_add(struct sqs_line *l, const struct queue_msg *msg, size_t queue,
    int64_t deadline_ms, queue_async_done *done, void *ctx);
/* Takes a waiting message off the line, to send it. */
void sqs_line_remove(struct sqs_line *l, struct sqs_sending *s);
/* Returns a message, which sqs_line_remove() took off, to the head of the line. Ends the
 * message with *err when again is false, or after SQS_TRIES_MAX tries, or after its
 * deadline. */
void sqs_line_return(
    struct sqs_line *l, struct sqs_sending *s, bool again, const struct es_err *err);
/* Ends a message that sqs_line_remove() took off: the loop calls done with rc and *err.
 * err may be NULL for ES_OK. */
void sqs_line_end(
    struct sqs_line *l, struct sqs_sending *s, enum es_code rc, const struct es_err *err);

/* Starts a timer that is not running; ms below 0 counts as 0. */
void sqs_line_arm(const struct sqs_line *l, ev_timer *timer, int64_t ms);

#endif
