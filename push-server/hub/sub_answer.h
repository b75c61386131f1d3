/* Answers clients' requests to subscribe, and sets the cursor for each. An ack never
 * promises more than the worker does:
 *
 * - without `after`: a new subscription starts at the head; an existing one keeps its
 *   cursor, and nothing is replayed;
 * - `after` at most replay_limit below the head: the cursor is set to `after`, even back
 *   over events that this connection has received: the client asks for them again;
 * - `after` further below: ack with `replayed` 0, then `gap reason=replay_limit`;
 * - `after` above the head, or of another epoch: ack with `replayed` 0, then `gap
 *   reason=reset`.
 *
 * The requests of a subscription are answered in the order in which they came, each as if
 * it were alone. Requests for an existing subscription are answered from the log when it
 * is enough. For a gap, and to skip events of a private channel that the worker has not
 * seen, the worker asks the database: the client may know of an event before this worker
 * does, and the skipped events may hold the reader's own removal. */
#ifndef PUSH_SUB_ANSWER_H
#define PUSH_SUB_ANSWER_H

#include "hub/subscription.h"

/* Handle a further request for an existing subscription. deadline_ms counts if the
 * request must wait for the database. */
void sub_answer_again(
    struct subscription *sub, const struct subscribe_request *req, int64_t deadline_ms);
/* The database has let the reader in, and row is its answer: answer the waiting requests.
 * ticket is the question's. False: a request may be newer than row, so the caller must
 * ask the database again. The subscription is joined then, unless that request is its
 * first. */
bool sub_answer_row(struct subscription *sub, const struct rights_row *row,
    uint64_t ticket) ES_MUST_CHECK;
/* For a joined subscription that waits for the database: refuse the requests whose
 * deadline has passed. When none is left and the right is not in doubt, resume
 * delivery. */
void sub_answer_late(struct subscription *sub);

#endif
