/* The last ack of a sync: the results of all its channels, sent when each of them is
 * answered. It comes behind the acks and errors of the single channels. */
#ifndef PUSH_SYNC_ANSWER_H
#define PUSH_SYNC_ANSWER_H

#include "conn/conn.h"
#include "core/err.h"

/* Maximum number of channels in one sync. The ack of so many fits one frame, because it
 * names the epoch only once. */
#define SYNC_MAX 500

struct sync_answer;

/* For a sync of n channels, at most SYNC_MAX; n may be 0. Frees itself with the n-th
 * result: call sync_answer_ok() or sync_answer_failed() once for each index below n.
 * id is the frame's. */
struct sync_answer *sync_answer_new(
    struct conn *c, const char *id, const char *const channels[], size_t n);
/* The channel is subscribed: the same numbers as in the ack of the channel. */
void sync_answer_ok(struct sync_answer *s, size_t i, int64_t seq, int64_t replayed);
void sync_answer_failed(struct sync_answer *s, size_t i, enum es_code code);

#endif
