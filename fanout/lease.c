#include "lease.h"

#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "core/clock.h"
#include "core/log.h"
#include "fanout_metrics.h"

#include "core/banned.h"

void
leases_init(struct leases *l, const char *owner, int64_t lease_ms, unsigned partitions,
    struct metrics *metrics)
{
	*l = (struct leases){.owner = owner,
	    .lease_ms = lease_ms,
	    .partitions = partitions,
	    .metrics = metrics};
	l->held = mem_new(partitions, sizeof(*l->held));
}

void
leases_fini(struct leases *l)
{
	mem_free(l->held);
	l->held = NULL;
}

void
leases_drop(struct leases *l, size_t i)
{
	CHECK(i < l->n);
	log_warn("partition lost", LOG_INT("partition", l->held[i].part.number));
	l->held[i] = l->held[--l->n];
	metrics_gauge_set(l->metrics, FM_PARTITIONS, (int64_t)l->n);
}

size_t
leases_find(const struct leases *l, int64_t number)
{
	size_t i = 0;

	while (i < l->n && l->held[i].part.number != number)
		i++;
	return i;
}

static enum es_code
renew(struct leases *l, struct pg *pg, struct arena *a, struct es_err *err)
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

/* The queue may have been flushed, or lost its end: then its positions start anew and a
 * remembered one would skip what comes now. What comes twice is a repeat. */
static enum es_code
notice_flush(
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
claim(struct leases *l, struct pg *pg, struct queue *q, unsigned number, struct arena *a,
    struct es_err *err)
{
	struct lease *held = &l->held[l->n];
	bool got = false, had;

	*held = (struct lease){.ask = QUEUE_RECEIVE_MAX};
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
	TRY(notice_flush(held, q, l->metrics, err));
	/* Said once: an idle partition would raise it again at each takeover. */
	if (held->done[0] == '\0' && had)
		TRY(partition_store_done(pg, &held->part, "", a, err));
	l->n++;
	metrics_add(l->metrics, FM_TAKEOVERS, 1);
	metrics_gauge_set(l->metrics, FM_PARTITIONS, (int64_t)l->n);
	log_info("partition taken", LOG_INT("partition", number),
	    LOG_INT("epoch", held->part.epoch), LOG_STR("position", held->done));
	return ES_OK;
}

/* Partitions divided by workers that are alive, rounded up. Owners in the database count
 * even when the roster does not know them. */
static size_t
fair_share(const struct leases *l, const struct partition all[], size_t n)
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

/* A third of the lease, or sooner: what others are about to let go should not lie idle
 * for long, nor what was a dead worker's. While the roster still counts that one, its
 * share stays empty. */
static int64_t
wait_ms(const struct leases *l, size_t share, const struct partition all[], size_t n)
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
take_share(
    struct leases *l, struct pg *pg, struct queue *q, struct arena *a, struct es_err *err)
{
	struct partition *all;
	size_t n, share;

	TRY(partition_store_list(pg, a, &all, &n, err));
	share = fair_share(l, all, n);
	while (l->n > share)
		TRY(leases_let_go(l, pg, q, a, err));
	for (unsigned p = 0; p < l->partitions && l->n < share; p++) {
		bool taken = leases_find(l, p) < l->n;

		for (size_t i = 0; i < n && !taken; i++)
			taken = all[i].number == p && all[i].held &&
			        strcmp(all[i].owner, l->owner) != 0;
		if (!taken)
			TRY(claim(l, pg, q, p, a, err));
	}
	l->next_ms = clock_mono_ms() + wait_ms(l, share, all, n);
	return ES_OK;
}

bool
leases_due(const struct leases *l)
{
	return clock_mono_ms() >= l->next_ms;
}

enum es_code
leases_turn(
    struct leases *l, struct pg *pg, struct queue *q, struct arena *a, struct es_err *err)
{
	l->next_ms = clock_mono_ms() + l->lease_ms / 3;
	TRY(renew(l, pg, a, err));
	for (size_t i = 0; i < l->n; i++)
		TRY(notice_flush(&l->held[i], q, l->metrics, err));
	return take_share(l, pg, q, a, err);
}
