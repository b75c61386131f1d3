/* The id of the row that a POST with an Idempotency-Key creates. Stores keep it for 24
 * hours. */
#ifndef STORE_IDEMPOTENCY_STORE_H
#define STORE_IDEMPOTENCY_STORE_H

#include <stdbool.h>

#include "crypto/digest.h"
#include "pg/pg.h"

/* The caller owns the texts; they must live until the call returns. */
struct idempotency_claim {
	struct tenant_id tenant; /* the nil UUID for a request of the operator */
	const char *actor, *route, *key;
	unsigned char request[DIGEST_SHA256]; /* hash of the request's body */
};

/* Replaces the id of a channel that was deleted. */
#define IDEMPOTENCY_DELETED "00000000-0000-0000-0000-000000000000"

/* Chooses the id of the row to create for this key, or finds the id that an earlier
 * request chose. *again is true when an earlier request chose it: that request has
 * inserted the row, is inserting it, or failed before it did. ES_KEY_REUSED: the key
 * belongs to another request. ES_CONFLICT: the key created a channel that is deleted
 * now. */
enum es_code idempotency_store_claim(struct pg *pg, const struct idempotency_claim *claim,
    struct arena *a, struct uuid *id, bool *again, struct es_err *err) ES_MUST_CHECK;

#endif
