/* Which row a POST with an Idempotency-Key makes, for 24 hours. */
#ifndef STORE_IDEMPOTENCY_STORE_H
#define STORE_IDEMPOTENCY_STORE_H

#include <stdbool.h>

#include "crypto/digest.h"
#include "pg/pg.h"

/* All texts live as long as the call. */
struct idempotency_claim {
	struct tenant_id tenant; /* the nil UUID for the operator */
	const char *actor, *route, *key;
	unsigned char request[DIGEST_SHA256]; /* hash of what is asked for */
};

/* In place of the id of a channel that was deleted. */
#define IDEMPOTENCY_DELETED "00000000-0000-0000-0000-000000000000"

/* Choose the id of the row for this key, or find the one chosen before. *again: it was
 * chosen before; the row may be there, or on its way, or never have been made.
 * ES_KEY_REUSED: chosen for another request. ES_CONFLICT: it was a channel and is
 * deleted. */
enum es_code idempotency_store_claim(struct pg *pg, const struct idempotency_claim *claim,
    struct arena *a, struct uuid *id, bool *again, struct es_err *err) ES_MUST_CHECK;

#endif
