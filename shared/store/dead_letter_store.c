#include "store/dead_letter_store.h"

#include <string.h>

#include "core/clock.h"
#include "core/hex.h"
#include "store/outcome_store.h"

#include "core/banned.h"

static const struct pg_col dead_letter_cols[] = {
    PG_COL(struct dead_letter, id, PG_INT8),
    PG_COL(struct dead_letter, created_ms, PG_INT8),
    PG_COL(struct dead_letter, source, PG_TEXT),
    PG_COL(struct dead_letter, source_id, PG_TEXT),
    PG_COL(struct dead_letter, tenant, PG_TEXT),
    PG_COL(struct dead_letter, channel, PG_TEXT),
    PG_COL(struct dead_letter, envelope, PG_TEXT),
    PG_COL(struct dead_letter, sqlstate, PG_TEXT),
    PG_COL(struct dead_letter, reason, PG_TEXT),
    PG_COL(struct dead_letter, bytes, PG_INT8),
    PG_COL(struct dead_letter, entry_64, PG_TEXT),
};

static const struct pg_stmt list = {
    .name = "dead_letter_list",
    .sql = "SELECT id, created_ms, source, source_id, tenant, channel, envelope_id, "
	   "sqlstate,"
	   " reason, length(entry), translate(encode(entry, 'base64'), E'\\n', '')"
	   " FROM es_dead_letter_list(NULLIF($1::bigint, 0), $2)",
    .cols = dead_letter_cols,
    .n_cols = ES_COUNT(dead_letter_cols),
    .n_params = 2,
};

struct gone {
	int64_t n;
};
static const struct pg_col gone_cols[] = {PG_COL(struct gone, n, PG_INT8)};

static const struct pg_stmt drop = {
    .name = "dead_letter_drop",
    .sql = "SELECT es_dead_letter_drop($1)::int::bigint",
    .cols = gone_cols,
    .n_cols = ES_COUNT(gone_cols),
    .n_params = 1,
};

static const struct pg_stmt purge = {
    .name = "dead_letter_purge",
    .sql = "SELECT es_dead_letter_purge($1, $2, $3)",
    .cols = gone_cols,
    .n_cols = ES_COUNT(gone_cols),
    .n_params = 3,
};

enum es_code
dead_letter_store_list(struct pg *pg, int64_t before, int64_t limit, struct arena *a,
    struct dead_letter **out, size_t *n, struct es_err *err)
{
	const char *const params[] = {pg_int(a, before), pg_int(a, limit)};
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &list, params, a, &rows, err));
	*out = arena_alloc(a, (size_t)rows.count * sizeof(**out));
	for (*n = 0; pg_next(&rows, a, &(*out)[*n]); ++*n)
		;
	return ES_OK;
}

enum es_code
dead_letter_store_drop(struct pg *pg, int64_t id, struct arena *a, struct es_err *err)
{
	const char *const params[] = {pg_int(a, id)};
	struct gone gone = {0};
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &drop, params, a, &rows, err));
	if (!pg_next(&rows, a, &gone) || gone.n == 0)
		return es_fail(err, ES_NOT_FOUND, "no such dead letter");
	return ES_OK;
}

enum es_code
dead_letter_store_purge(struct pg *pg, int64_t keep_s, int64_t max, int64_t limit,
    struct arena *a, int64_t *gone, struct es_err *err)
{
	const char *const params[] = {
	    pg_int(a, keep_s), pg_int(a, max), pg_int(a, limit)};
	struct gone row = {0};
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &purge, params, a, &rows, err));
	*gone = pg_next(&rows, a, &row) ? row.n : 0;
	return ES_OK;
}

struct entry {
	const char *source_id;
	const char *entry; /* in hex */
};
static const struct pg_col entry_cols[] = {
    PG_COL(struct entry, source_id, PG_TEXT),
    PG_COL(struct entry, entry, PG_TEXT),
};

static const struct pg_stmt read_stmt = {
    .name = "dead_letter_read",
    .sql = "SELECT source_id, encode(entry, 'hex')"
	   " FROM es_dead_letter_list($1::bigint + 1, 1) WHERE id = $1",
    .cols = entry_cols,
    .n_cols = ES_COUNT(entry_cols),
    .n_params = 1,
};

/* PostgreSQL writes an even number of digits. */
static char *
dead_letter_store_bytes(const char *digits, struct arena *a, size_t *len)
{
	char *bytes = arena_alloc(a, strlen(digits) / 2 + 1);

	*len = strlen(digits) / 2;
	for (size_t i = 0; i < *len; i++)
		bytes[i] = (char)hex_octet(digits + 2 * i, 2);
	return bytes;
}

/* When one message of an entry failed, fanout has added "/" and its client message id to
 * the entry's position. */
static void
dead_letter_store_pick(const char *source_id, struct envelope *e)
{
	const char *slash = strrchr(source_id, '/');

	for (size_t i = 0; slash != NULL && i < e->n; i++)
		if (strcmp(e->messages[i].client_id, slash + 1) == 0) {
			e->messages += i;
			e->n = 1;
			return;
		}
}

enum es_code
dead_letter_store_redrive(
    struct pg *pg, int64_t id, struct arena *a, struct envelope *out, struct es_err *err)
{
	const char *const params[] = {pg_int(a, id)};
	struct envelope e;
	struct es_err why;
	struct entry row;
	struct pg_rows rows;
	const char *entry;
	size_t len;

	TRY(pg_run(pg, NULL, &read_stmt, params, a, &rows, err));
	if (!pg_next(&rows, a, &row))
		return es_fail(err, ES_NOT_FOUND, "no such dead letter");
	entry = dead_letter_store_bytes(row.entry, a, &len);
	if (envelope_decode(entry, len, a, &e, &why) != ES_OK)
		return es_fail(err, ES_INVALID, "the entry is not an envelope: %s %s",
		    why.field, why.text);
	dead_letter_store_pick(row.source_id, &e);
	uuid_new(e.id.text);
	e.reply = NULL;
	e.accepted_ms = clock_wall_ms();
	*out = e;
	return ES_OK;
}

enum es_code
dead_letter_store_redriven(struct pg *pg, int64_t id, const struct envelope *e,
    struct arena *a, struct es_err *err)
{
	const char *const dropped[] = {pg_int(a, id)};
	struct pg_batch_item items[] = {
	    {.stmt = &outcome_store_supersede_stmt,
		.params = outcome_store_supersede_params(a, e)},
	    {.stmt = &drop, .params = dropped},
	};

	return pg_batch(pg, NULL, items, ES_COUNT(items), a, err);
}
