#include "store/outcome_store.h"

#include <string.h>

#include "core/banned.h"

struct found {
	int64_t ord, id, created_ms;
	bool committed, same;
	const char *code, *sender_name;
};

static const struct pg_col found_cols[] = {
    PG_COL(struct found, ord, PG_INT8),
    PG_COL(struct found, committed, PG_BOOL),
    PG_COL(struct found, same, PG_BOOL),
    PG_COL(struct found, id, PG_INT8),
    PG_COL(struct found, created_ms, PG_INT8),
    PG_COL(struct found, code, PG_TEXT),
    PG_COL(struct found, sender_name, PG_TEXT),
};

/* LATERAL with a LIMIT makes PostgreSQL look up each message by its key. With a plain
 * join the planner may read all messages of the channel. OFFSET 0 keeps decode() out of
 * the look-ups: decode() is not leakproof, so under row-level security PostgreSQL 17 uses
 * no index for a condition that contains it. */
const struct pg_stmt outcome_store_stmt = {
    .name = "outcomes",
    .sql = "SELECT k.ord - 1, m.id IS NOT NULL, m.request_hash = k.hash, m.id,"
	   " es_ms(m.created_at), r.code, m.sender_name"
	   " FROM (SELECT decode(key, 'hex') AS key, decode(hash, 'hex') AS hash, ord"
	   " FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS u (key, hash, ord)"
	   " OFFSET 0) k"
	   " LEFT JOIN LATERAL (SELECT m.* FROM messages m WHERE m.tenant_id = $1"
	   " AND m.channel_id = $2 AND m.dedupe_key = k.key LIMIT 1) m ON true"
	   " LEFT JOIN LATERAL (SELECT r.code FROM refused_messages r"
	   " WHERE r.tenant_id = $1 AND r.channel_id = $2 AND r.dedupe_key = k.key"
	   " AND r.envelope_id = $5 LIMIT 1) r ON true"
	   " WHERE m.id IS NOT NULL OR r.code IS NOT NULL",
    .cols = found_cols,
    .n_cols = ES_COUNT(found_cols),
    .n_params = 5,
};

const struct pg_stmt outcome_store_supersede_stmt = {
    .name = "outcome_supersede",
    .sql = "SELECT es_refusal_supersede($1, $2, k.key, $4)"
	   " FROM unnest($3::text[]) AS k (key)",
    .n_params = 4,
};

const char *const *
outcome_store_params(struct arena *a, const struct envelope *e)
{
	const char **params = arena_alloc(a, 5 * sizeof(*params));
	const char **keys = arena_alloc(a, e->n * sizeof(*keys));
	const char **hashes = arena_alloc(a, e->n * sizeof(*hashes));

	for (size_t i = 0; i < e->n; i++) {
		keys[i] = e->messages[i].dedupe_key;
		hashes[i] = e->messages[i].request_hash;
	}
	params[0] = arena_strdup(a, e->tenant.text);
	params[1] = arena_strdup(a, e->channel.text);
	params[2] = pg_array(a, keys, e->n);
	params[3] = pg_array(a, hashes, e->n);
	params[4] = arena_strdup(a, e->id.text);
	return params;
}

static struct outcome
outcome_store_from_row(const struct found *row, const char *client_id)
{
	struct outcome out = {.client_id = client_id, .result = OUTCOME_REFUSED};

	if (!row->committed)
		out.code = es_code_from_name(row->code);
	else if (!row->same)
		out.code = ES_KEY_REUSED;
	else
		out = (struct outcome){.client_id = client_id,
		    .sender_name = row->sender_name,
		    .result = OUTCOME_COMMITTED,
		    .code = ES_OK,
		    .message_id = row->id,
		    .created_ms = row->created_ms};
	return out;
}

void
outcome_store_read(struct pg_rows *rows, const struct envelope *e, struct arena *a,
    struct outcome outcomes[], bool known[])
{
	struct found row;

	memset(known, 0, e->n * sizeof(*known));
	while (pg_next(rows, a, &row)) {
		const size_t i = (size_t)row.ord;

		if (i >= e->n)
			continue;
		outcomes[i] = outcome_store_from_row(&row, e->messages[i].client_id);
		known[i] = true;
	}
}

enum es_code
outcome_store_get(struct pg *pg, const struct envelope *e, struct arena *a,
    struct outcome outcomes[], bool known[], struct es_err *err)
{
	struct pg_rows rows;

	TRY(pg_run(pg, &e->tenant, &outcome_store_stmt, outcome_store_params(a, e), a,
	    &rows, err));
	outcome_store_read(&rows, e, a, outcomes, known);
	return ES_OK;
}

const char *const *
outcome_store_supersede_params(struct arena *a, const struct envelope *e)
{
	const char **keys = arena_alloc(a, e->n * sizeof(*keys));
	const char **params = arena_alloc(a, 4 * sizeof(*params));

	for (size_t i = 0; i < e->n; i++)
		keys[i] = e->messages[i].dedupe_key;
	params[0] = e->tenant.text;
	params[1] = e->channel.text;
	params[2] = pg_array(a, keys, e->n);
	params[3] = e->id.text;
	return params;
}

enum es_code
outcome_store_supersede(
    struct pg *pg, const struct envelope *e, struct arena *a, struct es_err *err)
{
	struct pg_rows rows;

	return pg_run(pg, NULL, &outcome_store_supersede_stmt,
	    outcome_store_supersede_params(a, e), a, &rows, err);
}
