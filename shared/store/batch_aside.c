/* The statements of a worker that commit no message: dead letters, and deletion of
 * expired rows and of the rows of deleted channels. */
#include <string.h>

#include "crypto/digest.h"
#include "store/batch_store.h"

#include "core/banned.h"

static const struct pg_stmt fence_stmt = {
    .name = "batch_fence",
    .sql = "SELECT es_partition_done($1, $2, $3)",
    .n_params = 3,
};

static const struct pg_stmt bury = {
    .name = "batch_bury",
    .sql = "SELECT es_dead_letter($1, $2, $3, $4, $5, $6, $7, $8)",
    .n_params = 8,
};

static const struct pg_stmt refuse = {
    .name = "batch_refuse",
    .sql = "SELECT es_refuse($1, $2, $3, $4, $5, $6, $7)",
    .n_params = 7,
};

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

static const char *const *
batch_aside_refuse_params(struct arena *a, const struct envelope *e)
{
	const char **params = arena_alloc(a, 7 * sizeof(*params));

	params[0] = e->tenant.text;
	params[1] = e->channel.text;
	params[2] = e->messages[0].dedupe_key;
	params[3] = e->id.text;
	params[4] = e->user.text;
	params[5] = e->messages[0].client_id;
	params[6] = es_code_name(ES_INVALID);
	return params;
}

enum es_code
batch_store_bury(struct pg *pg, const struct batch_fence *fence,
    const struct batch_dead *dead, struct arena *a, struct es_err *err)
{
	char *entry = arena_alloc(a, 2 * dead->len + 3);
	const char *const params[] = {dead->source, dead->source_id, dead->tenant,
	    dead->channel, dead->envelope, dead->sqlstate, dead->reason, entry};
	struct pg_batch_item items[3];
	size_t n = 0;

	entry[0] = '\\';
	entry[1] = 'x';
	digest_hex((const unsigned char *)dead->entry, dead->len, entry + 2);
	if (fence != NULL) {
		const char **held = arena_alloc(a, 3 * sizeof(*held));

		held[0] = pg_int(a, fence->partition);
		held[1] = pg_int(a, fence->epoch);
		held[2] = fence->done;
		items[n++] = (struct pg_batch_item){.stmt = &fence_stmt, .params = held};
	}
	items[n++] = (struct pg_batch_item){.stmt = &bury, .params = params};
	if (dead->of != NULL)
		items[n++] = (struct pg_batch_item){
		    .stmt = &refuse, .params = batch_aside_refuse_params(a, dead->of)};
	return pg_batch(pg, NULL, items, n, a, err);
}

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
