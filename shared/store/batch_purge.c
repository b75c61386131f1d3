/* Deletion of expired rows and of the rows of deleted channels. */
#include "store/batch_store.h"

#include "core/banned.h"

struct purged {
	int64_t refused, revoked;
};
static const struct pg_col purged_cols[] = {
    PG_COL(struct purged, refused, PG_INT8),
    PG_COL(struct purged, revoked, PG_INT8),
};
static const struct pg_stmt purge = {
    .name = "batch_purge",
    .sql = "SELECT refused, revoked FROM es_purge($1)",
    .cols = purged_cols,
    .n_cols = ES_COUNT(purged_cols),
    .n_params = 1,
};

struct purged_channels {
	int64_t rows;
};
static const struct pg_col purged_channels_cols[] = {
    PG_COL(struct purged_channels, rows, PG_INT8),
};
static const struct pg_stmt purge_channels = {
    .name = "batch_purge_channels",
    .sql = "SELECT es_purge_channels($1)",
    .cols = purged_channels_cols,
    .n_cols = ES_COUNT(purged_channels_cols),
    .n_params = 1,
};

enum es_code
batch_store_purge(
    struct pg *pg, int64_t limit, struct arena *a, bool *more, struct es_err *err)
{
	const char *const params[] = {pg_int(a, limit)};
	struct purged row = {0};
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &purge, params, a, &rows, err));
	*more = pg_next(&rows, a, &row) && (row.refused >= limit || row.revoked >= limit);
	return ES_OK;
}

enum es_code
batch_store_purge_channels(
    struct pg *pg, int64_t limit, struct arena *a, bool *more, struct es_err *err)
{
	const char *const params[] = {pg_int(a, limit)};
	struct purged_channels row = {0};
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &purge_channels, params, a, &rows, err));
	*more = pg_next(&rows, a, &row) && row.rows > 0;
	return ES_OK;
}
