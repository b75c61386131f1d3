/* Dead letters: entries of the queue that no retry can commit. */
#include "crypto/digest.h"
#include "store/batch_store.h"

#include "core/banned.h"

static const struct pg_stmt fence_stmt = {
    .name = "batch_fence",
    .sql = "SELECT es_partition_done($1, $2, $3)",
    .n_params = 3,
};

static const struct pg_stmt dead_letter = {
    .name = "batch_dead_letter",
    .sql = "SELECT es_dead_letter($1, $2, $3, $4, $5, $6, $7, $8)",
    .n_params = 8,
};

static const struct pg_stmt refuse = {
    .name = "batch_refuse",
    .sql = "SELECT es_refuse($1, $2, $3, $4, $5, $6, $7)",
    .n_params = 7,
};

static const char *const *
batch_dead_letter_refuse_params(struct arena *a, const struct envelope *e)
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
batch_store_dead_letter(struct pg *pg, const struct batch_fence *fence,
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
	items[n++] = (struct pg_batch_item){.stmt = &dead_letter, .params = params};
	if (dead->of != NULL)
		items[n++] = (struct pg_batch_item){.stmt = &refuse,
		    .params = batch_dead_letter_refuse_params(a, dead->of)};
	return pg_batch(pg, NULL, items, n, a, err);
}
