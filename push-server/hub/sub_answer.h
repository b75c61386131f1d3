/* Answers clients' requests to subscribe, and sets the cursor:
 *
 * - without `after`: a new subscription starts at the head; an existing one keeps its
 *   cursor, and nothing is replayed;
 * - `after` at most replay_limit below the head: the cursor is set to `after`, even back
 *   over events that this connection has received: the client asks for them again;
 * - `after` further below: ack with `replayed` 0, then `gap reason=replay_limit`;
 * - `after` above the head, or of another epoch: ack with `replayed` 0, then `gap
 *   reason=reset`.
 * - `last`: the cursor is set so many events below the head; `replayed` says how many, at
 *   most replay_limit.
 *
 * The worker answers the requests of a subscription in order, each as if it were the only
 * one. For an existing subscription the log is usually enough. The worker asks the
 * database before it sends a gap, because the client may know an event that the worker
 * has not received yet. It also asks before the cursor skips events that the worker has
 * not seen, because these may include the reader's own removal. */
#ifndef PUSH_SUB_ANSWER_H
#define PUSH_SUB_ANSWER_H

#include "hub/subscription.h"

/* Handle a further request for an existing subscription. deadline_ms counts if the
 * request must wait for the database. */
void sub_answer_again(
    struct subscription *sub, const struct subscribe_request *req, int64_t deadline_ms);
/* The database has confirmed the right to read, and row is its answer to the question
 * ask_id: answer the waiting requests. Returns false when the first waiting request may
 * be newer than row: the caller must ask the database again. */
bool sub_answer_row(struct subscription *sub, const struct rights_row *row,
    uint64_t ask_id) ES_MUST_CHECK;
/* For a joined subscription that waits for the database: refuse the requests whose
 * deadline has passed. When none is left and the right is not in doubt, resume
 * delivery. */
void sub_answer_late(struct subscription *sub);

#endif
