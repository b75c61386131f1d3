/* An envelope of messages and changes that a connection has sent, and whose outcome is
 * not known yet. */
#ifndef PUSH_AWAITED_H
#define PUSH_AWAITED_H

#include "conn/conn.h"
#include "event/envelope.h"
#include "event/event.h"
#include "send/send_lane.h"
#include "trace/trace.h"

/* One envelope and its sender. All of it is allocated in its arena. */
struct awaited {
	struct arena *arena;
	struct envelope envelope;
	const char **ids; /* per message: the client's frame id, or NULL */
	struct conn_ref ref;
	struct trace *trace;    /* trace to which span belongs; NULL: no traces */
	struct trace_span span; /* awaited_free() ends the span */
	const char *failed;     /* the code of the first error frame, or NULL */

	/* Private to send_outcomes.c. */
	struct list due, same_hash, to_ask;
	int64_t deadline_ms;
};

/* A new envelope of the connection's user, with a fresh id and room for n messages. reply
 * is the topic for its outcome; reply and trace (NULL: no traces) must stay valid. */
struct awaited *awaited_new(struct trace *trace, const char *reply, const struct conn *c,
    const struct channel_id *channel, size_t n);
/* Frees the envelope and ends its span. send_outcomes must no longer wait for the
 * outcome. */
void awaited_free(struct awaited **a);
/* Moves n items, counted from the first, from the lane into the envelope. The envelope's
 * span begins in the trace of the first one, unless its client decided against a
 * trace. */
void awaited_fill(struct awaited *a, struct send_lane *lane, size_t n);
/* Begins the span of the envelope, in the trace of the client's frame. If traceparent is
 * NULL, the sampler decides whether a new trace begins. */
void awaited_begin_span(struct awaited *a, const char *traceparent);

#endif
