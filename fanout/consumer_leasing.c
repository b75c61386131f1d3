/* The loop over a queue that leases its messages itself (SQS). */
#include "batch.h"
#include "conf/crash_point.h"
#include "consumer_private.h"
#include "core/clock.h"
#include "core/outage.h"
#include "fanout_metrics.h"

#include "core/banned.h"

/* Lease (SQS: visibility time-out) of received messages that are not committed yet, and
 * the time after which the worker extends it. LEASE_MS is six times LEASE_AGAIN_MS, so
 * that some lost requests in a row do not end the lease. */
#define LEASE_MS       30000
#define LEASE_AGAIN_MS 5000
#define LEASE_SLOW_MS  1000 /* time from the receive to the first extension */

/* Extends the leases of received messages that are not committed yet. If the leases ran
 * out, SQS would count another delivery of these messages, and an outage of PostgreSQL
 * would move them to the dead-letter queue. */
static void
consumer_leasing_extend(
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
consumer_leasing_commit(struct consumer *w, const struct queue_msg msgs[], size_t n)
{
	const struct batch_ctx ctx = consumer_batch_ctx(w);
	const int64_t start_ms = clock_mono_ms();
	struct arena *a = arena_new();
	struct es_err err;
	size_t taken = 0;

	if (batch_run(&ctx, w->queue->driver->name, NULL, msgs, n, &taken, a, &err) !=
	    BATCH_DONE) {
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
 * (queue_stats()). The value stays until the next receive. Otherwise a busy worker would
 * seem idle between two passes. */
static void
consumer_leasing_report_age(
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
consumer_leasing_run(struct consumer *w)
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
	consumer_leasing_report_age(w, msgs, n, received_ms);
	if (n > 0)
		CRASH_POINT("after_receive");
	while (from < n && !*w->stopping) {
		const size_t some = n - from < w->receive_max ? n - from : w->receive_max;
		const size_t taken = consumer_leasing_commit(w, msgs + from, some);

		from += taken;
		consumer_beat(w);
		/* Extend the leases immediately when a batch can't be committed, because
		 * the outage may last. */
		if (taken == 0 && !kept)
			keep_at_ms = 0;
		kept |= taken == 0;
		if (from < n) {
			consumer_leasing_report_age(
			    w, msgs + from, n - from, received_ms);
			consumer_leasing_extend(w, msgs + from, n - from, &keep_at_ms);
		}
	}
	/* The worker is stopping: give the messages back, so that their groups are not
	 * blocked until the leases end. */
	if (from < n)
		IGNORE(queue_retry(w->queue, 0, msgs + from, n - from, 0, &err));
	w->failures = 0;
}
