#include "store/outcome_store.h"

#include <string.h>

#include "core/banned.h"

struct found {
	int64_t ord, id, created_ms, seq, version;
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
    PG_COL(struct found, seq, PG_INT8),
    PG_COL(struct found, version, PG_INT8),
};

/* One look-up for each op: a message and an edit may have the same key. A reaction has no
 * key: it is committed when the state is as the user wants it.
 *
 * LATERAL with a LIMIT makes PostgreSQL look up each message by its key. With a plain
 * join the planner may read all messages of the channel. OFFSET 0 keeps decode() out of
 * the look-ups: decode() is not leakproof, so under row-level security PostgreSQL 17 uses
 * no index for a condition that contains it. */
const struct pg_stmt outcome_store_stmt = {
    .name = "outcomes",
    .sql = "SELECT k.ord - 1, m.id IS NOT NULL OR c.seq IS NOT NULL"
	   " OR (r.code IS NULL AND s.there IS NOT NULL),"
	   " COALESCE(m.request_hash, c.request_hash, k.hash) = k.hash,"
	   " COALESCE(m.id, c.message_id, k.target),"
	   " es_ms(COALESCE(m.created_at, c.created_at)), r.code, m.sender_name,"
	   " c.seq, c.version"
	   " FROM (SELECT decode(key, 'hex') AS key, decode(hash, 'hex') AS hash, op,"
	   " target, emoji, ord FROM unnest($3::text[], $4::text[], $6::text[],"
	   " $7::bigint[], $8::text[]) WITH ORDINALITY"
	   " AS u (key, hash, op, target, emoji, ord) OFFSET 0) k"
	   " LEFT JOIN LATERAL (SELECT m.* FROM messages m WHERE k.op = 'message'"
	   " AND m.tenant_id = $1 AND m.channel_id = $2 AND m.dedupe_key = k.key"
	   " LIMIT 1) m ON true"
	   " LEFT JOIN LATERAL (SELECT c.* FROM change_keys c"
	   " WHERE k.op IN ('edit', 'delete')"
	   " AND c.tenant_id = $1 AND c.channel_id = $2 AND c.dedupe_key = k.key"
	   " LIMIT 1) c ON true"
	   " LEFT JOIN LATERAL (SELECT r.code FROM refused_messages r"
	   " WHERE r.tenant_id = $1 AND r.channel_id = $2 AND r.dedupe_key = k.key"
	   " AND r.envelope_id = $5 LIMIT 1) r ON true"
	   " LEFT JOIN LATERAL (SELECT true AS there WHERE k.op IN ('react', 'unreact')"
	   " AND EXISTS (SELECT FROM reactions x WHERE x.tenant_id = $1"
	   " AND x.channel_id = $2 AND x.message_id = k.target AND x.emoji = k.emoji"
	   " AND x.user_id = $9) = (k.op = 'react')) s ON true"
	   " WHERE m.id IS NOT NULL OR c.seq IS NOT NULL OR r.code IS NOT NULL"
	   " OR s.there",
    .cols = found_cols,
    .n_cols = ES_COUNT(found_cols),
    .n_params = 9,
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
	const char **params = arena_alloc(a, 9 * sizeof(*params));
	const char **columns[5]; /* key, hash, op, target, emoji */

	for (size_t c = 0; c < ES_COUNT(columns); c++)
		columns[c] = arena_alloc(a, e->n * sizeof(*columns[c]));
	for (size_t i = 0; i < e->n; i++) {
		const struct envelope_message *m = &e->messages[i];

		columns[0][i] = m->dedupe_key;
		columns[1][i] = m->request_hash;
		columns[2][i] = envelope_op_name(m->op);
		columns[3][i] = m->target != 0 ? pg_int(a, m->target) : NULL;
		columns[4][i] = m->emoji;
	}
	params[0] = arena_strdup(a, e->tenant.text);
	params[1] = arena_strdup(a, e->channel.text);
	params[2] = pg_array(a, columns[0], e->n);
	params[3] = pg_array(a, columns[1], e->n);
	params[4] = arena_strdup(a, e->id.text);
	for (size_t c = 2; c < ES_COUNT(columns); c++)
		params[3 + c] = pg_array(a, columns[c], e->n);
	params[8] = arena_strdup(a, e->user.text);
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
		    .created_ms = row->created_ms,
		    .seq = row->seq,
		    .version = row->version};
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
