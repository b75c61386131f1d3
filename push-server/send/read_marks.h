/* Read marks of this worker's users on their way to PostgreSQL: merged per user and
 * channel, and written by one statement a second over a pipeline of their own. A mark is
 * a commit, and commits in the pipeline of the look-ups would make logins wait. */
#ifndef PUSH_READ_MARKS_H
#define PUSH_READ_MARKS_H

#include "conn/conn.h"
#include "core/err.h"

struct pg_async;
struct read_marks;

/* conns and pg outlive it. */
struct read_marks *read_marks_new(struct conns *conns, struct pg_async *pg);
/* No statement is under way; marks that wait are dropped. */
void read_marks_free(struct read_marks **m);

/* The connection's user has read the channel up to this message. Answered by ack or error
 * when the mark is written; id is the client's, or NULL; it is copied.
 * ES_BUSY when ES_PUSH_READ_MARKS marks wait already. */
enum es_code read_marks_add(struct read_marks *m, struct conn *c,
    const struct channel_id *channel, int64_t message_id, const char *id,
    struct es_err *err) ES_MUST_CHECK;

/* Once a second: write the marks that wait. */
void read_marks_tick(struct read_marks *m);

#endif
