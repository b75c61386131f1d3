#include "store/partition_store.h"

#include <string.h>

#include "core/banned.h"

/* Claim and list share these columns; a claim returns its own number and owner. */
static const struct pg_col partition_cols[] = {
    PG_COL(struct partition, number, PG_INT8),
    PG_COL(struct partition, epoch, PG_INT8),
    PG_COL(struct partition, owner, PG_TEXT),
    PG_COL(struct partition, until_ms, PG_INT8),
    PG_COL(struct partition, done, PG_TEXT),
    PG_COL(struct partition, held, PG_BOOL),
};

static const struct pg_stmt claim = {
    .name = "partition_claim",
    .sql = "SELECT $1::int, epoch, $2::text, until_ms, done_id, true"
	   " FROM es_partition_claim($1, $2, $3)",
    .cols = partition_cols,
    .n_cols = ES_COUNT(partition_cols),
    .n_params = 3,
};

static const struct pg_stmt list = {
    .name = "partition_list",
    .sql = "SELECT partition, epoch, owner, until_ms, done_id, held"
	   " FROM es_partition_list()",
    .cols = partition_cols,
    .n_cols = ES_COUNT(partition_cols),
};

struct renewed {
	int64_t number, until_ms;
};
static const struct pg_col renewed_cols[] = {
    PG_COL(struct renewed, number, PG_INT8),
    PG_COL(struct renewed, until_ms, PG_INT8),
};
static const struct pg_stmt renew = {
    .name = "partition_renew",
    .sql = "SELECT partition, until_ms FROM es_partition_renew($1, $2, $3)",
    .cols = renewed_cols,
    .n_cols = ES_COUNT(renewed_cols),
    .n_params = 3,
};

static const struct pg_stmt release = {
    .name = "partition_release",
    .sql = "SELECT es_partition_release($1, $2)",
    .n_params = 2,
};
static const struct pg_stmt done_stmt = {
    .name = "partition_done",
    .sql = "SELECT es_partition_done($1, $2, $3)",
    .n_params = 3,
};

enum es_code
partition_store_claim(struct pg *pg, unsigned number, const char *owner, int64_t lease_ms,
    struct arena *a, struct partition *out, bool *got, struct es_err *err)
{
	const char *const params[] = {pg_int(a, number), owner, pg_int(a, lease_ms)};
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &claim, params, a, &rows, err));
	*got = pg_next(&rows, a, out);
	return ES_OK;
}

enum es_code
partition_store_renew(struct pg *pg, struct partition parts[], size_t n, int64_t lease_ms,
    struct arena *a, bool kept[], struct es_err *err)
{
	const char **numbers = arena_alloc(a, n * sizeof(*numbers));
	const char **epochs = arena_alloc(a, n * sizeof(*epochs));
	const char *params[] = {NULL, NULL, pg_int(a, lease_ms)};
	struct renewed row;
	struct pg_rows rows;

	for (size_t i = 0; i < n; i++) {
		numbers[i] = pg_int(a, parts[i].number);
		epochs[i] = pg_int(a, parts[i].epoch);
		kept[i] = false;
	}
	params[0] = pg_array(a, numbers, n);
	params[1] = pg_array(a, epochs, n);
	TRY(pg_run(pg, NULL, &renew, params, a, &rows, err));
	while (pg_next(&rows, a, &row))
		for (size_t i = 0; i < n; i++)
			if (parts[i].number == row.number) {
				kept[i] = true;
				parts[i].until_ms = row.until_ms;
			}
	return ES_OK;
}

enum es_code
partition_store_release(
    struct pg *pg, const struct partition *p, struct arena *a, struct es_err *err)
{
	const char *const params[] = {pg_int(a, p->number), pg_int(a, p->epoch)};
	struct pg_rows rows;

	return pg_run(pg, NULL, &release, params, a, &rows, err);
}

enum es_code
partition_store_done(struct pg *pg, const struct partition *p, const char *done,
    struct arena *a, struct es_err *err)
{
	const char *const params[] = {pg_int(a, p->number), pg_int(a, p->epoch), done};
	struct pg_rows rows;

	return pg_run(pg, NULL, &done_stmt, params, a, &rows, err);
}

enum es_code
partition_store_list(
    struct pg *pg, struct arena *a, struct partition **out, size_t *n, struct es_err *err)
{
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &list, NULL, a, &rows, err));
	*out = arena_alloc(a, (size_t)rows.count * sizeof(**out));
	for (*n = 0; pg_next(&rows, a, &(*out)[*n]); (*n)++)
		continue;
	return ES_OK;
}
