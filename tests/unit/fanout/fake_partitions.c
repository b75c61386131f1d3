#include "fake_partitions.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "store/batch_store.h"

struct fake_partitions fake;

void
fake_reset(void)
{
	fake = (struct fake_partitions){.fail_done = -1};
}

void
fake_lapse(const char *owner)
{
	for (size_t i = 0; i < FAKE_PARTITIONS; i++)
		if (strcmp(fake.rows[i].owner, owner) == 0) {
			fake.rows[i].held = false;
			fake.rows[i].until_ms = clock_wall_ms() - 1;
		}
}

static enum es_code
fail(struct es_err *err, const char *sqlstate)
{
	(void)es_fail(err, ES_UNAVAILABLE, "fake");
	(void)snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", sqlstate);
	return ES_UNAVAILABLE;
}

bool
batch_store_fenced(const struct es_err *err)
{
	return strcmp(err->sqlstate, "ES001") == 0;
}

enum es_code
partition_store_claim(struct pg *pg, unsigned number, const char *owner, int64_t lease_ms,
    struct arena *a, struct partition *out, bool *got, struct es_err *err)
{
	struct fake_row *row = &fake.rows[number];

	(void)pg;
	if (fake.away)
		return fail(err, "08006");
	*got = !row->held || strcmp(row->owner, owner) == 0;
	if (!*got)
		return ES_OK;
	row->epoch++;
	row->held = true;
	row->until_ms = clock_wall_ms() + lease_ms;
	(void)snprintf(row->owner, sizeof(row->owner), "%s", owner);
	*out = (struct partition){.number = number,
	    .epoch = row->epoch,
	    .owner = owner,
	    .until_ms = row->until_ms,
	    .done = *row->done != '\0' ? arena_strdup(a, row->done) : NULL,
	    .held = true};
	return ES_OK;
}

enum es_code
partition_store_renew(struct pg *pg, struct partition parts[], size_t n, int64_t lease_ms,
    struct arena *a, bool kept[], struct es_err *err)
{
	(void)pg, (void)a;
	if (fake.away)
		return fail(err, "08006");
	fake.renewals++;
	for (size_t i = 0; i < n; i++) {
		struct fake_row *row = &fake.rows[parts[i].number];

		kept[i] = row->epoch == parts[i].epoch;
		if (!kept[i])
			continue;
		row->held = true;
		row->until_ms = clock_wall_ms() + lease_ms;
	}
	return ES_OK;
}

enum es_code
partition_store_release(
    struct pg *pg, const struct partition *p, struct arena *a, struct es_err *err)
{
	(void)pg, (void)a;
	fake.releases++;
	if (fake.away)
		return fail(err, "08006");
	if (fake.rows[p->number].epoch != p->epoch)
		return ES_OK;
	fake.rows[p->number].held = false;
	fake.rows[p->number].until_ms = 0;
	return ES_OK;
}

enum es_code
partition_store_done(struct pg *pg, const struct partition *p, const char *done,
    struct arena *a, struct es_err *err)
{
	struct fake_row *row = &fake.rows[p->number];

	(void)pg, (void)a;
	if (fake.away || fake.fail_done == p->number)
		return fail(err, "08006");
	if (row->epoch != p->epoch)
		return fail(err, "ES001");
	fake.dones++;
	(void)snprintf(row->done, sizeof(row->done), "%s", done);
	return ES_OK;
}

enum es_code
partition_store_list(
    struct pg *pg, struct arena *a, struct partition **out, size_t *n, struct es_err *err)
{
	struct partition *all = arena_alloc(a, FAKE_PARTITIONS * sizeof(*all));

	(void)pg;
	if (fake.away)
		return fail(err, "08006");
	*n = 0;
	for (size_t i = 0; i < FAKE_PARTITIONS; i++)
		if (fake.rows[i].epoch > 0)
			all[(*n)++] = (struct partition){.number = (int64_t)i,
			    .epoch = fake.rows[i].epoch,
			    .owner = arena_strdup(a, fake.rows[i].owner),
			    .until_ms = fake.rows[i].until_ms,
			    .held = fake.rows[i].held};
	*out = all;
	return ES_OK;
}
