/* The outcomes of accepted messages and changes. A program that gets no reply before its
 * deadline asks the database. It asks by dedupe key, so that a message that was sent
 * several times has one outcome. A reaction has no key. It counts as committed when the
 * state is as the user wants it, unless it was refused. */
#ifndef STORE_OUTCOME_STORE_H
#define STORE_OUTCOME_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "event/envelope.h"
#include "event/event.h"
#include "pg/pg.h"

/* outcomes[i] and known[i] belong to messages[i] of the envelope. known[i] is false when
 * the message is not committed, or not yet. A message with the same key but another body
 * is refused with ES_KEY_REUSED. Only a refusal of this envelope counts: an earlier try
 * with the same key may have been refused while this envelope may still be committed. */
enum es_code outcome_store_get(struct pg *pg, const struct envelope *e, struct arena *a,
    struct outcome outcomes[], bool known[], struct es_err *err) ES_MUST_CHECK;

/* Call it when the envelope's messages are in the queue again. From then on no request
 * gets the refusal of an earlier try. */
enum es_code outcome_store_supersede(struct pg *pg, const struct envelope *e,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* outcome_store_supersede() as a statement of a larger transaction. Send the statement
 * without a tenant. The parameters point into e and a. */
extern const struct pg_stmt outcome_store_supersede_stmt;
const char *const *outcome_store_supersede_params(
    struct arena *a, const struct envelope *e);

/* The look-up of outcomes for an event loop. Send the statement with the envelope's
 * tenant. The parameters are allocated in the arena a. */
extern const struct pg_stmt outcome_store_stmt;
const char *const *outcome_store_params(struct arena *a, const struct envelope *e);
void outcome_store_read(struct pg_rows *rows, const struct envelope *e, struct arena *a,
    struct outcome outcomes[], bool known[]);

#endif
