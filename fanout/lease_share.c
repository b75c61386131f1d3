#include "lease_share.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "fanout_metrics.h"
#include "lease_settle.h"

#include "core/banned.h"

static enum es_code
lease_share_renew(struct leases *l, struct pg *pg, struct arena *a, struct es_err *err)
{
	struct partition *parts = arena_alloc(a, l->n * sizeof(*parts));
	bool *kept = arena_alloc(a, l->n * sizeof(*kept));

	if (l->n == 0)
		return ES_OK;
	for (size_t i = 0; i < l->n; i++)
		parts[i] = l->held[i].part;
	TRY(partition_store_renew(pg, parts, l->n, l->lease_ms, a, kept, err));
	for (size_t i = l->n; i-- > 0;) {
		l->held[i].part.until_ms = parts[i].until_ms;
		if (!kept[i])
			leases_drop(l, i);
	}
	return ES_OK;
}

/* When the partition's stream was flushed or lost its newest entries, new entries may get
 * positions below the one that the worker read last, and it would skip them. So the
 * worker reads the stream from its beginning. An entry that the worker reads twice is
 * committed only once. */
static enum es_code
lease_share_check_flushed(
    struct lease *held, struct queue *q, struct metrics *metrics, struct es_err *err)
{
	bool behind = false;

	TRY(queue_behind(q, (unsigned)held->part.number, held->read, &behind, err));
	if (behind) {
		metrics_add(metrics, FM_FLUSHED, 1);
		log_error("queue was flushed; reading from its start",
		    LOG_INT("partition", held->part.number),
		    LOG_STR("position", held->read));
		held->read[0] = held->done[0] = '\0';
	}
	return ES_OK;
}

static enum es_code
lease_share_claim(struct leases *l, struct pg *pg, struct queue *q, unsigned number,
    struct arena *a, struct es_err *err)
{
	struct lease *held = &l->held[l->n];
	bool got = false, had;

	*held = (struct lease){.receive_max = QUEUE_RECEIVE_MAX};
	TRY(partition_store_claim(
	    pg, number, l->owner, l->lease_ms, a, &held->part, &got, err));
	if (!got)
		return ES_OK;
	held->part.owner = l->owner;
	if (held->part.done != NULL)
		(void)snprintf(held->done, sizeof(held->done), "%s", held->part.done);
	had = held->done[0] != '\0';
	held->part.done = NULL;
	memcpy(held->read, held->done, sizeof(held->read));
	TRY(lease_share_check_flushed(held, q, l->metrics, err));
	/* Store the reset, so that the next owner of an idle partition does not report
	 * the flush again. */
	if (held->done[0] == '\0' && had)
		TRY(partition_store_done(pg, &held->part, "", a, err));
	l->n++;
	metrics_add(l->metrics, FM_TAKEOVERS, 1);
	metrics_gauge_set(l->metrics, FM_PARTITIONS, (int64_t)l->n);
	log_info("partition taken", LOG_INT("partition", number),
	    LOG_INT("epoch", held->part.epoch), LOG_STR("position", held->done));
	return ES_OK;
}

/* The number of partitions divided by the number of live workers, rounded up. An owner in
 * the database counts as live even if the roster does not list it. */
static size_t
lease_share_fair_share(const struct leases *l, const struct partition all[], size_t n)
{
	size_t owners = 1;

	for (size_t i = 0; i < n; i++) {
		bool seen = !all[i].held || strcmp(all[i].owner, l->owner) == 0;

		for (size_t j = 0; j < i && !seen; j++)
			seen = all[j].held && strcmp(all[j].owner, all[i].owner) == 0;
		owners += !seen;
	}
	if (owners < l->alive)
		owners = l->alive;
	return (l->partitions + owners - 1) / owners;
}

/* When to update the leases again: after a third of the lease, or sooner when another
 * worker's lease is about to expire, so that its partition is not idle for long. The
 * other workers take a dead worker's share once the roster no longer lists that worker.
 */
static int64_t
lease_share_wait_ms(
    const struct leases *l, size_t share, const struct partition all[], size_t n)
{
	const int64_t soon = l->lease_ms / 15, now = clock_wall_ms();
	int64_t wait = l->n < share ? soon : l->lease_ms / 3;

	for (size_t i = 0; i < n; i++) {
		const struct partition *p = &all[i];
		int64_t left = p->held ? p->until_ms - now : 0;

		if (p->until_ms == 0 || p->number >= l->partitions ||
		    strcmp(p->owner, l->owner) == 0 || leases_find(l, p->number) < l->n)
			continue;
		if (left < soon)
			left = soon;
		if (left < wait)
			wait = left;
	}
	return wait;
}

static enum es_code
lease_share_balance(
    struct leases *l, struct pg *pg, struct queue *q, struct arena *a, struct es_err *err)
{
	struct partition *all;
	size_t n, share;

	TRY(partition_store_list(pg, a, &all, &n, err));
	share = lease_share_fair_share(l, all, n);
	while (l->n > share)
		TRY(lease_settle_give_back(l, pg, q, a, err));
	for (unsigned p = 0; p < l->partitions && l->n < share; p++) {
		bool taken = leases_find(l, p) < l->n;

		for (size_t i = 0; i < n && !taken; i++)
			taken = all[i].number == p && all[i].held &&
			        strcmp(all[i].owner, l->owner) != 0;
		if (!taken)
			TRY(lease_share_claim(l, pg, q, p, a, err));
	}
	l->update_at_ms = clock_mono_ms() + lease_share_wait_ms(l, share, all, n);
	return ES_OK;
}

bool
lease_share_due(const struct leases *l)
{
	return clock_mono_ms() >= l->update_at_ms;
}

enum es_code
lease_share_update(
    struct leases *l, struct pg *pg, struct queue *q, struct arena *a, struct es_err *err)
{
	l->update_at_ms = clock_mono_ms() + l->lease_ms / 3;
	TRY(lease_share_renew(l, pg, a, err));
	for (size_t i = 0; i < l->n; i++)
		TRY(lease_share_check_flushed(&l->held[i], q, l->metrics, err));
	return lease_share_balance(l, pg, q, a, err);
}
