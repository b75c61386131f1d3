/* A pass over a queue in partitions. turn.c commits the entries of all partitions
 * together. A partition whose entries could not be committed together with the others
 * stands alone until one of its batches is committed, so that its poison or its lost
 * lease stops no other partition. */
#include <stdio.h>
#include <string.h>

#include "conf/crash_point.h"
#include "consumer_private.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/outage.h"
#include "lease_settle.h"
#include "lease_share.h"
#include "roster.h"
#include "turn.h"

#include "core/banned.h"

/* Backs off from one partition after a batch of `tried` entries could not be committed.
 * Does not delay the other partitions. */
static void
consumer_partitions_put_off(struct lease *held, size_t tried, const struct es_err *err)
{
	const int64_t ms = clock_backoff_ms(held->tries, BACKOFF_MIN_MS, BACKOFF_MAX_MS);

	outage_report_failed_call(err);
	log_debug("batch postponed", LOG_INT("partition", held->part.number),
	    LOG_ERR_FIELDS(err), LOG_INT("entries", (int64_t)tried),
	    LOG_INT("tries", held->tries + 1), LOG_INT("again_in_ms", ms));
	held->tries++;
	held->receive_max = consumer_halve(held->receive_max, tried);
	held->not_before_ms = clock_mono_ms() + ms;
}

/* Returns the number of entries that are done; 0: leave this partition for this pass.
 * Each batch and each receive has an arena of its own, because a pass must not hold the
 * batches of all partitions in memory. */
static size_t
consumer_partitions_commit(
    struct consumer *w, size_t i, const struct queue_msg msgs[], size_t n)
{
	struct lease *held = &w->leases.held[i];
	const struct batch_ctx ctx = consumer_batch_ctx(w);
	const struct batch_fence fence = leases_fence(held);
	struct arena *a = arena_new();
	const char *source = arena_printf(a, "es:q:%u", fence.partition);
	struct es_err err;
	size_t taken = 0;
	const enum batch_end end =
	    batch_run(&ctx, source, &fence, msgs, n, &taken, a, &err);

	arena_free(&a);
	switch (end) {
	case BATCH_DONE:
		leases_advance(held, msgs[taken - 1].position);
		memcpy(held->ahead, held->read, sizeof(held->ahead));
		held->alone = false;
		return taken;
	case BATCH_RETRY:
		consumer_partitions_put_off(held, taken, &err);
		return 0;
	case BATCH_FENCED:
		leases_drop(&w->leases, i);
		return 0;
	}
	return 0;
}

/* Commits the entries that wait in one partition, at most held->receive_max of them. It
 * stops early when the leases are to be renewed, because a long queue must not cost the
 * worker its partitions. held->receive_max doubles once a receive, not once a batch,
 * because one receive has to end within one time-out. */
static enum es_code
consumer_partitions_drain(struct consumer *w, size_t i, struct es_err *err)
{
	struct lease *held = &w->leases.held[i];
	struct arena *a = arena_new();
	struct queue_msg *msgs = arena_alloc(a, held->receive_max * sizeof(*msgs));
	size_t n = 0, from = 0;
	const enum es_code rc = queue_receive(w->queue, (unsigned)held->part.number,
	    held->read, held->receive_max, 0, a, msgs, &n, err);

	if (rc != ES_OK)
		held->receive_max = consumer_halve(held->receive_max, held->receive_max);
	else if (n == 0)
		held->alone = false;
	else
		CRASH_POINT("after_receive");
	while (rc == ES_OK && from < n && !*w->stopping) {
		const size_t taken =
		    consumer_partitions_commit(w, i, msgs + from, n - from);

		from += taken;
		consumer_beat(w);
		if (taken == 0 || lease_share_due(&w->leases))
			break;
	}
	if (n > 0 && from == n)
		held->receive_max = consumer_double(held->receive_max, QUEUE_RECEIVE_MAX);
	arena_free(&a);
	return rc;
}

/* The worker enters the roster only after it has reached the database, so that the other
 * workers leave no share of the partitions to a worker that can't commit. */
static enum es_code
consumer_partitions_keep(struct consumer *w, struct es_err *err)
{
	if (lease_share_due(&w->leases)) {
		const enum es_code rc =
		    lease_share_update(&w->leases, w->pg, w->queue, w->arena, err);

		/* The update may have changed the partitions or their positions, so the
		 * turn that is planned may be outdated. */
		turn_forget(w);
		TRY(rc);
		w->leases.alive = roster_sign_in(
		    w->redis, w->leases.owner, w->leases.lease_ms, w->arena);
	}
	return lease_settle(&w->leases, w->pg, w->queue, false, w->arena, err);
}

/* Drains the partitions that stand alone. Skips a partition with entries in a planned
 * turn, because these entries must be committed first. */
static enum es_code
consumer_partitions_drain_alone(struct consumer *w, struct es_err *err)
{
	const int64_t now = clock_mono_ms();

	/* Backwards: leases_drop() puts the last lease in the place of the dropped one.
	 */
	for (size_t i = w->leases.n; i-- > 0 && !*w->stopping;) {
		const struct lease *held = &w->leases.held[i];

		if (!held->alone || held->not_before_ms > now ||
		    strcmp(held->ahead, held->read) != 0)
			continue;
		TRY(consumer_partitions_drain(w, i, err));
		if (lease_share_due(&w->leases))
			break;
	}
	return ES_OK;
}

void
consumer_partitions_run(struct consumer *w)
{
	const int64_t start_ms = clock_mono_ms();
	struct es_err err;

	if (consumer_partitions_keep(w, &err) != ES_OK) {
		w->leases.update_at_ms = 0; /* try again right after the pause */
		consumer_back_off(w, start_ms, "partitions not renewed", &err);
		return;
	}
	if (consumer_partitions_drain_alone(w, &err) != ES_OK ||
	    turn_run(w, &err) != ES_OK) {
		consumer_back_off(w, start_ms, "can't read the queue", &err);
		return;
	}
	w->failures = 0;
}
