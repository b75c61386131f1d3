/* What became of messages that were accepted: asked at the acceptor's deadline, when no
 * reply came. By dedupe key, so the answer is the same however often a message was sent.
 */
#ifndef STORE_OUTCOME_STORE_H
#define STORE_OUTCOME_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "event/envelope.h"
#include "event/event.h"
#include "pg/pg.h"

/* outcomes[i] and known[i] for messages[i] of the envelope; known false: not committed
 * (yet). A message of another body under the key is refused with ES_KEY_REUSED. A refusal
 * counts only if it is this envelope's: another may be that of an earlier try, and this
 * one may yet be committed. */
enum es_code outcome_store_get(struct pg *pg, const struct envelope *e, struct arena *a,
    struct outcome outcomes[], bool known[], struct es_err *err) ES_MUST_CHECK;

/* The envelope's messages are in the queue once more: what an earlier try of them was
 * refused with is told to nobody from now on. */
enum es_code outcome_store_supersede(struct pg *pg, const struct envelope *e,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* The same for an event loop (with the envelope's tenant). */
extern const struct pg_stmt outcome_store_stmt;
const char *const *outcome_store_params(struct arena *a, const struct envelope *e);
void outcome_store_read(struct pg_rows *rows, const struct envelope *e, struct arena *a,
    struct outcome outcomes[], bool known[]);

#endif
