/* Read marks that this worker's users set. The worker merges them by user and channel,
 * and writes them by one statement a second. Read marks have their own pipeline to
 * PostgreSQL, because their commits would delay logins in the pipeline of the
 * look-ups. */
#ifndef PUSH_READ_MARKS_H
#define PUSH_READ_MARKS_H

#include "conn/conn.h"
#include "core/err.h"

struct pg_async;
struct read_marks;

struct read_mark;

/* Callbacks to the rooms above; worker/ fills the table, ctx is worker/'s. */
struct read_marks_events {
	/* A frame has moved the user's mark; mark.stands is its position. */
	void (*moved)(void *ctx, const struct tenant_id *tenant,
	    const struct channel_id *channel, const struct user_id *user,
	    const struct read_mark *mark);
};

/* conns, pg, events and ctx must outlive the struct. */
struct read_marks *read_marks_new(struct conns *conns, struct pg_async *pg,
    const struct read_marks_events *events, void *ctx);
/* No statement may be under way. Waiting marks are answered with ES_UNAVAILABLE. */
void read_marks_free(struct read_marks **m);

/* The connection's user has read the channel up to message_id. The ack or error frame
 * follows when the mark is written. id is the client's frame id or NULL, and is copied.
 * Returns ES_BUSY when ES_PUSH_READ_MARKS marks are waiting or being written. */
enum es_code read_marks_add(struct read_marks *m, struct conn *c,
    const struct channel_id *channel, int64_t message_id, const char *id,
    struct es_err *err) ES_MUST_CHECK;

/* Call it once a second: writes the waiting marks. */
void read_marks_tick(struct read_marks *m);

#endif
