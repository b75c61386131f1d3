/* Answers to requests of clients to subscribe, and where the cursor stands after each. An
 * ack never says more than what is done:
 *
 * - without `after`: a new subscription starts at the head; one that is there keeps its
 *   cursor, and nothing is replayed;
 * - `after` at most replay_limit below the head: the cursor is set to it, also back over
 *   events that this connection has received already: the client asks for them again;
 * - `after` further below: ack with `replayed` 0, then `gap reason=replay_limit`;
 * - `after` above the head, or of another epoch: ack with `replayed` 0, then
 *   `gap reason=reset`.
 *
 * The requests of a subscription are answered in the order in which they came, each as if
 * it were alone. A subscription that is there is answered from memory where memory is
 * enough. For a gap, and to skip events of a private channel that the worker has not
 * seen, the database is asked: a client may know of an event before this worker does, and
 * what is skipped may hold the reader's own removal. */
#ifndef PUSH_SUB_ANSWER_H
#define PUSH_SUB_ANSWER_H

#include "hub/subscription.h"

/* A further request for a subscription that is there; the deadline is for the case that
 * it has to wait. */
void sub_answer_again(
    struct subscription *sub, const struct subscribe_request *req, int64_t deadline_ms);
/* The database has let the reader in, as of row: answer the requests that wait. ticket is
 * of the question. False: a request may be newer than the row; the database is to be
 * asked once more. The subscription is joined unless that is the first request. */
bool sub_answer_row(struct subscription *sub, const struct sync_channel *row,
    uint64_t ticket) ES_MUST_CHECK;
/* The subscription is joined and waits for the database: refuse the requests whose
 * deadline is over, and go on without them if the right is not in doubt. */
void sub_answer_late(struct subscription *sub);

#endif
