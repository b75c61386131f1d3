#include "lease.h"

#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "core/clock.h"
#include "core/log.h"
#include "fanout_metrics.h"
#include "store/batch_store.h"

#include "core/banned.h"

#define SETTLE_AFTER_MS 200

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

static bool
holds(const struct leases *l, int64_t number)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->held[i].part.number == number)
			return true;
	return false;
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

/* The queue may have been flushed: then its positions start anew and a remembered one
 * would skip what comes now. */
static enum es_code
start_position(
    struct lease *held, struct queue *q, struct metrics *metrics, struct es_err *err)
{
	bool behind = false;

	TRY(queue_behind(q, (unsigned)held->part.number, held->done, &behind, err));
	if (behind) {
		metrics_add(metrics, FM_FLUSHED, 1);
		log_error("queue was flushed; reading from its start",
		    LOG_INT("partition", held->part.number),
		    LOG_STR("position", held->done));
		held->done[0] = '\0';
	}
	memcpy(held->read, held->done, sizeof(held->read));
	return ES_OK;
}

static enum es_code
claim(struct leases *l, struct pg *pg, struct queue *q, unsigned number, struct arena *a,
    struct es_err *err)
{
	struct lease *held = &l->held[l->n];
	bool got = false;

	*held = (struct lease){.trimmed = false};
	TRY(partition_store_claim(
	    pg, number, l->owner, l->lease_ms, a, &held->part, &got, err));
	if (!got)
		return ES_OK;
	held->part.owner = l->owner;
	if (held->part.done != NULL)
		(void)snprintf(held->done, sizeof(held->done), "%s", held->part.done);
	held->part.done = NULL;
	TRY(start_position(held, q, l->metrics, err));
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

static enum es_code
let_go(
    struct leases *l, struct pg *pg, struct queue *q, struct arena *a, struct es_err *err)
{
	struct lease *last = &l->held[l->n - 1];

	if (strcmp(last->read, last->done) != 0)
		TRY(partition_store_done(pg, &last->part, last->read, a, err));
	TRY(queue_done(q, (unsigned)last->part.number, NULL, 0, last->read, err));
	TRY(partition_store_release(pg, &last->part, a, err));
	l->n--;
	metrics_gauge_set(l->metrics, FM_PARTITIONS, (int64_t)l->n);
	log_info("partition let go", LOG_INT("partition", last->part.number));
	return ES_OK;
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
		TRY(let_go(l, pg, q, a, err));
	for (unsigned p = 0; p < l->partitions && l->n < share; p++) {
		bool taken = holds(l, p);

		for (size_t i = 0; i < n && !taken; i++)
			taken = all[i].number == p && all[i].held &&
			        strcmp(all[i].owner, l->owner) != 0;
		if (!taken)
			TRY(claim(l, pg, q, p, a, err));
	}
	/* What others are about to let go should not lie idle for long. */
	if (l->n < share)
		l->next_ms = clock_mono_ms() + l->lease_ms / 15;
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
	return take_share(l, pg, q, a, err);
}

enum es_code
leases_settle(struct leases *l, struct pg *pg, struct queue *q, bool now, struct arena *a,
    struct es_err *err)
{
	const int64_t before = clock_mono_ms() - SETTLE_AFTER_MS;

	for (size_t i = 0; i < l->n; i++) {
		struct lease *held = &l->held[i];

		if (!now && held->idle_since_ms > before)
			continue;
		if (strcmp(held->read, held->done) != 0) {
			TRY(partition_store_done(pg, &held->part, held->read, a, err));
			memcpy(held->done, held->read, sizeof(held->done));
			held->trimmed = false;
		}
		if (!held->trimmed && held->done[0] != '\0') {
			TRY(queue_done(
			    q, (unsigned)held->part.number, NULL, 0, held->done, err));
			held->trimmed = true;
		}
	}
	return ES_OK;
}

void
leases_release(struct leases *l, struct pg *pg, struct arena *a)
{
	struct es_err err;

	while (l->n > 0) {
		/* A lease that can't be given back ends by itself. */
		if (partition_store_release(pg, &l->held[l->n - 1].part, a, &err) !=
		    ES_OK)
			log_warn("can't release a partition", LOG_STR("error", err.text));
		l->n--;
	}
	metrics_gauge_set(l->metrics, FM_PARTITIONS, 0);
}
