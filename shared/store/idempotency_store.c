#include "store/idempotency_store.h"

#include <string.h>

#include "core/banned.h"

struct claimed {
	struct uuid id;
	bool same;
};

static const struct pg_col claim_cols[] = {
    PG_COL(struct claimed, id, PG_UUID),
    PG_COL(struct claimed, same, PG_BOOL),
};

/* Returns a row in any case: ON CONFLICT DO UPDATE returns the row that was there, even
 * if it changes nothing. A key older than 24 hours counts as new. */
#define OLD "CASE WHEN k.created_at < now() - interval '24 hours' THEN"
static const struct pg_stmt claim_stmt = {
    .name = "idempotency_claim",
    .sql = "INSERT INTO idempotency_keys AS k"
	   " (tenant_id, actor, route, key, request_hash, resource_id)"
	   " VALUES ($1, $2, $3, $4, $5, $6)"
	   " ON CONFLICT (tenant_id, actor, route, key) DO UPDATE SET"
	   " request_hash = " OLD " excluded.request_hash ELSE k.request_hash END,"
	   " resource_id = " OLD " excluded.resource_id ELSE k.resource_id END,"
	   " created_at = " OLD " excluded.created_at ELSE k.created_at END"
	   " RETURNING k.resource_id, k.request_hash = $5",
    .cols = claim_cols,
    .n_cols = ES_COUNT(claim_cols),
    .n_params = 6,
};

enum es_code
idempotency_store_claim(struct pg *pg, const struct idempotency_claim *claim,
    struct arena *a, struct uuid *id, bool *again, struct es_err *err)
{
	char hash[2 + 2 * DIGEST_SHA256 + 1] = "\\x";
	struct claimed row;
	struct pg_rows rows;
	struct uuid mine;
	const char *const params[] = {
	    claim->tenant.text, claim->actor, claim->route, claim->key, hash, mine.text};

	digest_hex(claim->request, DIGEST_SHA256, hash + 2);
	uuid_new(mine.text);
	TRY(pg_run(pg, &claim->tenant, &claim_stmt, params, a, &rows, err));
	if (!pg_next(&rows, a, &row))
		return es_fail(err, ES_INTERNAL,
		    "PostgreSQL returned no row for the idempotency key");
	if (!row.same)
		return es_fail_field(err, ES_KEY_REUSED, ":Idempotency-Key",
		    "was used before for another request; choose a new key");
	if (strcmp(row.id.text, IDEMPOTENCY_DELETED) == 0)
		return es_fail_field(err, ES_CONFLICT, ":Idempotency-Key",
		    "created a channel that is deleted now; choose a new key");
	*id = row.id;
	*again = strcmp(row.id.text, mine.text) != 0;
	return ES_OK;
}
