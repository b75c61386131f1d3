#include "consumer.h"

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

#define WAIT_MS 200 /* of one wait for messages */
/* A quarter of FANOUT_BEAT_LIFE_MS, so that a lost heartbeat does no harm. */
#define BEAT_MS        500
#define BACKOFF_MIN_MS 50
#define BACKOFF_MAX_MS 2000
/* Lease (SQS: visibility time-out) of received messages that are not committed yet, and
 * the time after which it is extended. The lease survives some lost requests in a row. */
#define LEASE_MS       30000
#define LEASE_AGAIN_MS 5000
#define LEASE_SLOW_MS  1000 /* a batch that takes longer extends its leases, too */

/* Halves the size of the next request, whatever the failure: a request that was too large
 * for a time-out or for memory would fail again, and a slow link can look like a lost
 * connection. The price is a few small batches. */
static size_t
consumer_halve(size_t asked, size_t failed)
{
	const size_t half = (failed < asked ? failed : asked) / 2;

	return half > 0 ? half : 1;
}

static size_t
consumer_double(size_t asked, size_t max)
{
	return asked < max / 2 ? asked * 2 : max;
}

/* Pauses while PostgreSQL or the queue does not answer. The time since since_ms counts as
 * a part of the pause: after a time-out there is little left to sleep. */
static void
consumer_back_off(
    struct consumer *w, int64_t since_ms, const char *what, const struct es_err *err)
{
	const int64_t pause_ms =
	    clock_backoff_ms(w->failures, BACKOFF_MIN_MS, BACKOFF_MAX_MS);
	const int64_t left_ms = since_ms + pause_ms - clock_mono_ms();
	const int64_t ms = left_ms > BACKOFF_MIN_MS ? left_ms : BACKOFF_MIN_MS;

	outage_report_failed_call(err);
	log_debug(what, LOG_ERR_FIELDS(err), LOG_INT("tries", w->failures + 1),
	    LOG_INT("again_in_ms", ms));
	w->failures++;
	clock_sleep_ms(ms);
}

/* Backs off from one partition after a batch of `tried` entries could not be committed.
 * Does not delay the other partitions. */
static void
consumer_put_off(struct lease *held, size_t tried, const struct es_err *err)
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

void
consumer_beat(struct consumer *w)
{
	const int64_t now = clock_mono_ms();
	struct redis_value v;
	struct es_err err;

	metrics_beat(w->metrics);
	if (now < w->beat_at_ms || w->failures > 0)
		return;
	w->beat_at_ms = now + BEAT_MS;
	/* A lost heartbeat is repeated half a second later; outage.c reports a lost
	 * Redis. */
	IGNORE(redis_text(w->redis, w->arena, &v, &err, "SET", KEY_FANOUT_BEAT, "1", "PX",
	    FANOUT_BEAT_LIFE_MS, NULL));
}

static struct batch_ctx
consumer_batch_ctx(const struct consumer *w, const char *source)
{
	return (struct batch_ctx){.max_messages = (size_t)w->conf->batch_max,
	    .max_bytes = (size_t)w->conf->batch_bytes,
	    .pg = w->pg,
	    .redis = w->redis,
	    .metrics = w->metrics,
	    .trace = w->trace,
	    .source = source};
}

/* Returns the number of entries that are done; 0: leave this partition for this pass. The
 * batch has an arena of its own, as has each receive, because a pass must not hold the
 * batches of all partitions in memory. */
static size_t
consumer_commit_entries(
    struct consumer *w, size_t i, const struct queue_msg msgs[], size_t n)
{
	struct lease *held = &w->leases.held[i];
	char source[32];
	const struct batch_ctx ctx = consumer_batch_ctx(w, source);
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
		/* The commit stored the end of the previous batch, so the queue may be
		 * trimmed up to there. */
		if (strcmp(held->done, held->read) != 0)
			held->trimmed = false;
		memcpy(held->done, held->read, sizeof(held->done));
		(void)snprintf(
		    held->read, sizeof(held->read), "%s", msgs[taken - 1].position);
		held->idle_since_ms = clock_mono_ms();
		return taken;
	case BATCH_RETRY:
		consumer_put_off(held, taken, &err);
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
consumer_drain_partition(struct consumer *w, size_t i, struct es_err *err)
{
	struct lease *held = &w->leases.held[i];
	struct arena *a = arena_new();
	struct queue_msg *msgs = arena_alloc(a, held->receive_max * sizeof(*msgs));
	size_t n = 0, from = 0;
	const enum es_code rc = queue_receive(w->queue, (unsigned)held->part.number,
	    held->read, held->receive_max, 0, a, msgs, &n, err);

	if (rc != ES_OK)
		held->receive_max = consumer_halve(held->receive_max, held->receive_max);
	else
		CRASH_POINT("after_receive");
	while (from < n && !*w->stopping) {
		const size_t taken = consumer_commit_entries(w, i, msgs + from, n - from);

		consumer_beat(w);
		from += taken;
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
consumer_keep_leases(struct consumer *w, struct es_err *err)
{
	if (lease_share_due(&w->leases)) {
		TRY(lease_share_update(&w->leases, w->pg, w->queue, w->arena, err));
		w->leases.alive = roster_sign_in(
		    w->redis, w->leases.owner, w->leases.lease_ms, w->arena);
	}
	return lease_settle(&w->leases, w->pg, w->queue, false, w->arena, err);
}

/* The cursors of the partitions that are not in back-off. *wait_ms: the time until the
 * first of the others is tried again. */
static size_t
consumer_ready_cursors(struct consumer *w, struct queue_cursor out[], int64_t *wait_ms)
{
	const int64_t now = clock_mono_ms();
	size_t n = 0;

	*wait_ms = WAIT_MS;
	for (size_t k = 0; k < w->leases.n; k++) {
		const size_t i = (k + w->passes) % w->leases.n;
		const struct lease *held = &w->leases.held[i];

		if (held->not_before_ms <= now)
			out[n++] = (struct queue_cursor){
			    (unsigned)held->part.number, held->read, false};
		else if (held->not_before_ms - now < *wait_ms)
			*wait_ms = held->not_before_ms - now;
	}
	w->passes++;
	return n;
}

/* Waits for entries. One wait returns an entry of each partition that has one. After an
 * answer that was too large the worker asks for the partitions in parts, without waiting.
 */
static enum es_code
consumer_wait(struct consumer *w, struct queue_cursor cursors[], size_t n,
    int64_t wait_ms, struct es_err *err)
{
	const size_t part = n < w->wait_max ? n : w->wait_max;

	for (size_t i = 0; i < n; i += part) {
		const size_t some = n - i < part ? n - i : part;

		if (queue_wait(w->queue, cursors + i, some, part < n ? 0 : wait_ms,
			err) != ES_OK) {
			w->wait_max = consumer_halve(w->wait_max, some);
			return err->code;
		}
	}
	w->wait_max = consumer_double(w->wait_max, QUEUE_PARTITIONS_MAX);
	return ES_OK;
}

static enum es_code
consumer_drain_ready(
    struct consumer *w, const struct queue_cursor cursors[], size_t n, struct es_err *err)
{
	for (size_t k = 0; k < n && !*w->stopping; k++) {
		/* The index of the partition changes when another one is lost. */
		const size_t i = leases_find(&w->leases, cursors[k].partition);

		if (!cursors[k].ready || i == w->leases.n)
			continue;
		TRY(consumer_drain_partition(w, i, err));
		if (lease_share_due(&w->leases))
			break;
	}
	return ES_OK;
}

void
consumer_run_partitions(struct consumer *w)
{
	const int64_t start_ms = clock_mono_ms();
	struct queue_cursor *cursors;
	struct es_err err;
	int64_t wait_ms;
	size_t n;

	if (consumer_keep_leases(w, &err) != ES_OK) {
		w->leases.update_at_ms = 0; /* try again right after the pause */
		consumer_back_off(w, start_ms, "partitions not renewed", &err);
		return;
	}
	cursors = arena_alloc(w->arena, w->leases.n * sizeof(*cursors));
	n = consumer_ready_cursors(w, cursors, &wait_ms);
	if (n == 0) {
		w->failures = 0;
		clock_sleep_ms(wait_ms);
		return;
	}
	if (consumer_wait(w, cursors, n, wait_ms, &err) != ES_OK ||
	    consumer_drain_ready(w, cursors, n, &err) != ES_OK) {
		consumer_back_off(w, start_ms, "can't read the queue", &err);
		return;
	}
	w->failures = 0;
}

/* Extends the leases of received messages that are not committed yet. If they ran out,
 * the messages would count as tried, and an outage of PostgreSQL would move them to the
 * dead-letter queue. */
static void
consumer_extend_leases(
    struct consumer *w, const struct queue_msg msgs[], size_t n, int64_t *keep_at_ms)
{
	const int64_t now = clock_mono_ms();
	struct es_err err;

	if (now < *keep_at_ms)
		return;
	*keep_at_ms = now + LEASE_AGAIN_MS;
	if (queue_extend(w->queue, 0, msgs, n, LEASE_MS, &err) != ES_OK)
		outage_report_failure(OUTAGE_QUEUE, &err);
}

/* Commits one batch and returns the number of messages that are done; 0: try again with
 * fewer. The batch has an arena of its own, because it may be tried for minutes.
 * w->receive_max doubles with each success, because messages are received in small
 * requests. */
static size_t
consumer_commit_messages(struct consumer *w, const struct queue_msg msgs[], size_t n)
{
	const struct batch_ctx ctx = consumer_batch_ctx(w, w->queue->driver->name);
	const int64_t start_ms = clock_mono_ms();
	struct arena *a = arena_new();
	struct es_err err;
	size_t taken = 0;

	if (batch_run(&ctx, NULL, msgs, n, &taken, a, &err) != BATCH_DONE) {
		w->receive_max = consumer_halve(w->receive_max, taken);
		consumer_back_off(w, start_ms, "batch postponed", &err);
		taken = 0;
	} else {
		w->failures = 0;
		w->receive_max = consumer_double(w->receive_max, QUEUE_RECEIVE_MAX);
		CRASH_POINT("before_queue_done");
		if (queue_done(w->queue, 0, msgs, taken, "", &err) != ES_OK)
			outage_report_failure(OUTAGE_QUEUE, &err);
		CRASH_POINT("after_queue_done");
	}
	arena_free(&a);
	return taken;
}

/* Reports the age of the oldest message that this worker has received. A queue that
 * leases its messages does not report the age of messages that no worker has received
 * (queue_stats()). The value stays until the next receive: a busy worker would else seem
 * idle between two passes. */
static void
consumer_report_age(
    struct consumer *w, const struct queue_msg msgs[], size_t n, int64_t received_ms)
{
	const int64_t since_ms = clock_mono_ms() - received_ms;
	int64_t oldest_ms = 0;

	for (size_t i = 0; i < n; i++)
		if (msgs[i].age_ms + since_ms > oldest_ms)
			oldest_ms = msgs[i].age_ms + since_ms;
	metrics_gauge_set(w->metrics, FM_QUEUE_AGE, oldest_ms / 1000);
}

void
consumer_run_leasing(struct consumer *w)
{
	const size_t request = w->queue->driver->request_max;
	const int64_t start_ms = clock_mono_ms();
	struct queue_msg *msgs = arena_alloc(w->arena, w->receive_max * sizeof(*msgs));
	int64_t keep_at_ms, received_ms;
	struct es_err err;
	bool kept = false;
	size_t n = 0, from = 0;

	if (queue_receive(w->queue, 0, "", w->receive_max, WAIT_MS, w->arena, msgs, &n,
		&err) != ES_OK) {
		/* The driver receives in requests of request_max messages. A failed
		 * request may count as a delivery of its messages, so the next one has to
		 * be smaller. */
		w->receive_max = consumer_halve(
		    w->receive_max, request > 0 ? request : w->receive_max);
		consumer_back_off(w, start_ms, "can't read the queue", &err);
		return;
	}
	received_ms = clock_mono_ms();
	keep_at_ms = received_ms + LEASE_SLOW_MS;
	consumer_report_age(w, msgs, n, received_ms);
	if (n > 0)
		CRASH_POINT("after_receive");
	while (from < n && !*w->stopping) {
		const size_t some = n - from < w->receive_max ? n - from : w->receive_max;
		const size_t taken = consumer_commit_messages(w, msgs + from, some);

		from += taken;
		consumer_beat(w);
		/* Extend the leases at once when a batch can't be committed: the outage
		 * may last. */
		if (taken == 0 && !kept)
			keep_at_ms = 0;
		kept |= taken == 0;
		if (from < n) {
			consumer_report_age(w, msgs + from, n - from, received_ms);
			consumer_extend_leases(w, msgs + from, n - from, &keep_at_ms);
		}
	}
	/* Stopping: give the messages back at once, so that their groups are not blocked
	 * until the leases end. */
	if (from < n)
		IGNORE(queue_retry(w->queue, 0, msgs + from, n - from, 0, &err));
	w->failures = 0;
}
