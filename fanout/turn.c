#include "turn.h"

#include <stdio.h>
#include <string.h>

#include "batch.h"
#include "conf/crash_point.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/outage.h"
#include "fanout_metrics.h"
#include "lease_settle.h"
#include "lease_share.h"
#include "roster.h"

#include "core/banned.h"

#define WAIT_MS        200
#define BEAT_MS        500
#define BACKOFF_MIN_MS 50
#define BACKOFF_MAX_MS 2000
#define LEASE_MS       30000 /* of messages that are held back */
#define LEASE_AGAIN_MS 5000
#define LEASE_SLOW_MS  1000 /* work that takes longer keeps what it holds, too */

/* What was too much for a link's or a statement's time, or for memory, would be too much
 * for ever. Any failure counts: a slow link shows as a time-out or as a lost connection,
 * a backend without memory as one of half a dozen states. Asking for too little costs
 * some small batches, no more. */
static size_t
less_than(size_t asked, size_t failed)
{
	const size_t half = (failed < asked ? failed : asked) / 2;

	return half > 0 ? half : 1;
}

static size_t
more_than(size_t asked, size_t max)
{
	return asked < max / 2 ? asked * 2 : max;
}

/* Database or queue are away: nothing is received until they are back. What was waited
 * for in vain since then counts: who has sat out a time-out need not sleep on top of it.
 */
static void
back_off(struct worker *w, int64_t since_ms, const char *what, const struct es_err *err)
{
	const int64_t pause_ms =
	    clock_backoff_ms(w->failures, BACKOFF_MIN_MS, BACKOFF_MAX_MS);
	const int64_t left_ms = since_ms + pause_ms - clock_mono_ms();
	const int64_t ms = left_ms > BACKOFF_MIN_MS ? left_ms : BACKOFF_MIN_MS;

	outage_failed_call(err);
	log_debug(what, LOG_ERR(err), LOG_INT("tries", w->failures + 1),
	    LOG_INT("again_in_ms", ms));
	w->failures++;
	clock_sleep_ms(ms);
}

/* This batch of so many entries can't be committed now; the other partitions go on. */
static void
put_off(struct lease *held, size_t tried, const struct es_err *err)
{
	const int64_t ms = clock_backoff_ms(held->tries, BACKOFF_MIN_MS, BACKOFF_MAX_MS);

	outage_failed_call(err);
	log_debug("batch put off", LOG_INT("partition", held->part.number), LOG_ERR(err),
	    LOG_INT("entries", (int64_t)tried), LOG_INT("tries", held->tries + 1),
	    LOG_INT("again_in_ms", ms));
	held->tries++;
	held->ask = less_than(held->ask, tried);
	held->not_before_ms = clock_mono_ms() + ms;
}

void
turn_beat(struct worker *w)
{
	const int64_t now = clock_mono_ms();
	struct redis_value v;
	struct es_err err;

	metrics_beat(w->metrics);
	if (now < w->beat_at_ms || w->failures > 0)
		return;
	w->beat_at_ms = now + BEAT_MS;
	/* A lost beat is repeated half a second later; a lost Redis shows elsewhere. */
	IGNORE(redis_text(w->redis, w->arena, &v, &err, "SET", KEY_FANOUT_BEAT, "1", "PX",
	    FANOUT_BEAT_LIFE_MS, NULL));
}

static struct batch_ctx
context(const struct worker *w, const char *source)
{
	return (struct batch_ctx){.max_messages = (size_t)w->conf->batch_max,
	    .max_bytes = (size_t)w->conf->batch_bytes,
	    .pg = w->pg,
	    .redis = w->redis,
	    .metrics = w->metrics,
	    .source = source};
}

/* How many entries were dealt with; 0: stop with this partition for now. In memory of its
 * own, as what is received: a turn must not hold all partitions' batches at once. */
static size_t
commit(struct worker *w, size_t i, const struct queue_msg msgs[], size_t n)
{
	struct lease *held = &w->leases.held[i];
	char source[32];
	const struct batch_ctx ctx = context(w, source);
	const struct batch_fence fence = {.partition = (unsigned)held->part.number,
	    .epoch = held->part.epoch,
	    .done = held->read[0] != '\0' ? held->read : NULL};
	struct arena *a = arena_new();
	struct es_err err;
	enum batch_end end;
	size_t taken = 0;

	(void)snprintf(source, sizeof(source), "es:q:%lld", (long long)held->part.number);
	end = batch_run(&ctx, &fence, msgs, n, &taken, a, &err);
	arena_free(&a);
	switch (end) {
	case BATCH_DONE:
		held->tries = 0;
		/* The commit stored the end of the batch before: that much may go. */
		if (strcmp(held->done, held->read) != 0)
			held->trimmed = false;
		memcpy(held->done, held->read, sizeof(held->done));
		(void)snprintf(
		    held->read, sizeof(held->read), "%s", msgs[taken - 1].position);
		held->idle_since_ms = clock_mono_ms();
		return taken;
	case BATCH_RETRY:
		put_off(held, taken, &err);
		return 0;
	case BATCH_FENCED:
		leases_drop(&w->leases, i);
		return 0;
	}
	return 0;
}

/* What waits in one partition, at most held->ask entries of it; less when the leases want
 * to be renewed: a long queue must not cost the partitions. Grows once a receive, not
 * once a batch: what is asked for has to come within one time-out. */
static enum es_code
drain_partition(struct worker *w, size_t i, struct es_err *err)
{
	struct lease *held = &w->leases.held[i];
	struct arena *a = arena_new();
	struct queue_msg *msgs = arena_alloc(a, held->ask * sizeof(*msgs));
	size_t n = 0, from = 0;
	const enum es_code rc = queue_receive(w->queue, (unsigned)held->part.number,
	    held->read, held->ask, 0, a, msgs, &n, err);

	if (rc != ES_OK)
		held->ask = less_than(held->ask, held->ask);
	else
		CRASH_POINT("after_receive");
	while (from < n && !*w->stopping) {
		const size_t taken = commit(w, i, msgs + from, n - from);

		turn_beat(w);
		from += taken;
		if (taken == 0 || lease_share_due(&w->leases))
			break;
	}
	if (n > 0 && from == n)
		held->ask = more_than(held->ask, QUEUE_RECEIVE_MAX);
	arena_free(&a);
	return rc;
}

/* Who can't reach the database does not sign in, and nobody leaves a share to him. */
static enum es_code
turn_leases(struct worker *w, struct es_err *err)
{
	if (lease_share_due(&w->leases)) {
		TRY(lease_share_turn(&w->leases, w->pg, w->queue, w->arena, err));
		w->leases.alive = roster_turn(
		    w->redis, w->leases.owner, true, w->leases.lease_ms, w->arena);
	}
	return lease_settle(&w->leases, w->pg, w->queue, false, w->arena, err);
}

/* Cursors of the partitions that are not put off; the longest wait for those that are. */
static size_t
cursors_of(struct worker *w, struct queue_cursor out[], int64_t *wait_ms)
{
	const int64_t now = clock_mono_ms();
	size_t n = 0;

	*wait_ms = WAIT_MS;
	for (size_t k = 0; k < w->leases.n; k++) {
		const size_t i = (k + w->turns) % w->leases.n;
		const struct lease *held = &w->leases.held[i];

		if (held->not_before_ms <= now)
			out[n++] = (struct queue_cursor){
			    (unsigned)held->part.number, held->read, false};
		else if (held->not_before_ms - now < *wait_ms)
			*wait_ms = held->not_before_ms - now;
	}
	w->turns++;
	return n;
}

/* A wait brings an entry of each partition that has one, which may be too much as well:
 * then they are asked by parts, and none waits. */
static enum es_code
wait_at(struct worker *w, struct queue_cursor cursors[], size_t n, int64_t wait_ms,
    struct es_err *err)
{
	const size_t part = n < w->places ? n : w->places;

	for (size_t i = 0; i < n; i += part) {
		const size_t some = n - i < part ? n - i : part;

		if (queue_wait(w->queue, cursors + i, some, part < n ? 0 : wait_ms,
			err) != ES_OK) {
			w->places = less_than(w->places, some);
			return err->code;
		}
	}
	w->places = more_than(w->places, QUEUE_PARTITIONS_MAX);
	return ES_OK;
}

static enum es_code
drain_ready(
    struct worker *w, const struct queue_cursor cursors[], size_t n, struct es_err *err)
{
	for (size_t k = 0; k < n && !*w->stopping; k++) {
		/* Where it stands may have changed when another was lost. */
		const size_t i = leases_find(&w->leases, cursors[k].partition);

		if (!cursors[k].ready || i == w->leases.n)
			continue;
		TRY(drain_partition(w, i, err));
		if (lease_share_due(&w->leases))
			break;
	}
	return ES_OK;
}

void
turn_partitions(struct worker *w)
{
	const int64_t start_ms = clock_mono_ms();
	struct queue_cursor *cursors;
	struct es_err err;
	int64_t wait_ms;
	size_t n;

	if (turn_leases(w, &err) != ES_OK) {
		w->leases.next_ms = 0; /* again after the pause, not after a third */
		back_off(w, start_ms, "partitions not renewed", &err);
		return;
	}
	cursors = arena_alloc(w->arena, w->leases.n * sizeof(*cursors));
	n = cursors_of(w, cursors, &wait_ms);
	if (n == 0) {
		w->failures = 0;
		clock_sleep_ms(wait_ms);
		return;
	}
	if (wait_at(w, cursors, n, wait_ms, &err) != ES_OK ||
	    drain_ready(w, cursors, n, &err) != ES_OK) {
		back_off(w, start_ms, "queue not readable", &err);
		return;
	}
	w->failures = 0;
}

/* What was received and is not dealt with yet stays ours: given back it would count as
 * tried, and a database that is away would fill the dead-letter queue. */
static void
leasing_keep(
    struct worker *w, const struct queue_msg msgs[], size_t n, int64_t *keep_at_ms)
{
	const int64_t now = clock_mono_ms();
	struct es_err err;

	if (now < *keep_at_ms)
		return;
	*keep_at_ms = now + LEASE_AGAIN_MS;
	if (queue_extend(w->queue, 0, msgs, n, LEASE_MS, &err) != ES_OK)
		outage_failed(OUTAGE_QUEUE, &err);
}

/* One batch, in memory of its own: it may be tried for minutes. How many were dealt with;
 * 0: try again, with less. Grows with each: what is received comes by small requests. */
static size_t
leasing_commit(struct worker *w, const struct queue_msg msgs[], size_t n)
{
	const struct batch_ctx ctx = context(w, w->queue->driver->name);
	const int64_t start_ms = clock_mono_ms();
	struct arena *a = arena_new();
	struct es_err err;
	size_t taken = 0;

	if (batch_run(&ctx, NULL, msgs, n, &taken, a, &err) != BATCH_DONE) {
		w->ask = less_than(w->ask, taken);
		back_off(w, start_ms, "batch put off", &err);
		taken = 0;
	} else {
		w->failures = 0;
		w->ask = more_than(w->ask, QUEUE_RECEIVE_MAX);
		CRASH_POINT("before_queue_done");
		if (queue_done(w->queue, 0, msgs, taken, "", &err) != ES_OK)
			outage_failed(OUTAGE_QUEUE, &err);
		CRASH_POINT("after_queue_done");
	}
	arena_free(&a);
	return taken;
}

void
turn_leasing(struct worker *w)
{
	const size_t request = w->queue->driver->request_max;
	const int64_t start_ms = clock_mono_ms();
	struct queue_msg *msgs = arena_alloc(w->arena, w->ask * sizeof(*msgs));
	int64_t keep_at_ms;
	struct es_err err;
	bool kept = false;
	size_t n = 0, from = 0;

	if (queue_receive(w->queue, 0, "", w->ask, WAIT_MS, w->arena, msgs, &n, &err) !=
	    ES_OK) {
		/* A failed request may count against its messages: the next one has to be
		 * smaller, not one of those that would come after it. */
		w->ask = less_than(w->ask, request > 0 ? request : w->ask);
		back_off(w, start_ms, "queue not readable", &err);
		return;
	}
	keep_at_ms = clock_mono_ms() + LEASE_SLOW_MS;
	if (n > 0)
		CRASH_POINT("after_receive");
	while (from < n && !*w->stopping) {
		const size_t some = n - from < w->ask ? n - from : w->ask;
		const size_t taken = leasing_commit(w, msgs + from, some);

		from += taken;
		turn_beat(w);
		/* At once when it can't be committed: who knows for how long. */
		if (taken == 0 && !kept)
			keep_at_ms = 0;
		kept |= taken == 0;
		if (from < n)
			leasing_keep(w, msgs + from, n - from, &keep_at_ms);
	}
	/* Stopping: back at once, so that their groups are not held up. */
	if (from < n)
		IGNORE(queue_retry(w->queue, 0, msgs + from, n - from, 0, &err));
	w->failures = 0;
}
