#include "lease_settle.h"

#include <string.h>

#include "conf/crash_point.h"
#include "core/clock.h"
#include "core/log.h"
#include "fanout_metrics.h"
#include "store/batch_store.h"

#include "core/banned.h"

/* The worker stores the position of a partition that has been idle for this time. The
 * next batch of a busy partition stores its position. */
#define SETTLE_AFTER_MS 200
/* The worker trims the queue of a busy partition at most this often: while a commit is
 * under way or, when that was not possible, between two commits. */
#define TRIM_EVERY_MS      200
#define TRIM_LATE_EVERY_MS 400
/* A worker that stops gives up settling after this time, so that a slow PostgreSQL or
 * queue does not hold it. */
#define LEAVING_MS 5000

/* Stores the position first, then trims the queue up to it: an entry that is trimmed
 * before its position is stored would be lost if its commit were undone by a restore, and
 * nobody would notice. An entry that is stored but not yet trimmed only takes room. */
static enum es_code
lease_settle_one(struct lease *held, struct pg *pg, struct queue *q, bool idle,
    struct arena *a, struct es_err *err)
{
	const int64_t now = clock_mono_ms();

	if (idle && strcmp(held->read, held->done) != 0) {
		TRY(partition_store_done(pg, &held->part, held->read, a, err));
		memcpy(held->done, held->read, sizeof(held->done));
		held->trimmed = false;
	}
	if (held->trimmed || held->done[0] == '\0' ||
	    (!idle && now - held->trimmed_ms < TRIM_LATE_EVERY_MS))
		return ES_OK;
	CRASH_POINT("before_queue_done");
	TRY(queue_done(q, (unsigned)held->part.number, NULL, 0, held->done, err));
	CRASH_POINT("after_queue_done");
	held->trimmed = true;
	held->trimmed_ms = now;
	return ES_OK;
}

enum es_code
lease_settle_trim(struct leases *l, struct queue *q, struct arena *a, struct es_err *err)
{
	const int64_t now = clock_mono_ms();
	struct queue_cursor *due = arena_alloc(a, l->n * sizeof(*due));
	struct lease **held = arena_alloc(a, l->n * sizeof(*held));
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct lease *h = &l->held[i];

		if (h->trimmed || h->done[0] == '\0' ||
		    now - h->trimmed_ms < TRIM_EVERY_MS)
			continue;
		held[n] = h;
		due[n++] = (struct queue_cursor){
		    .partition = (unsigned)h->part.number, .after = h->done};
	}
	if (n == 0)
		return ES_OK;
	CRASH_POINT("before_queue_done");
	TRY(queue_trim(q, due, n, err));
	CRASH_POINT("after_queue_done");
	for (size_t i = 0; i < n; i++) {
		held[i]->trimmed = true;
		held[i]->trimmed_ms = now;
	}
	return ES_OK;
}

enum es_code
lease_settle(struct leases *l, struct pg *pg, struct queue *q, bool all, struct arena *a,
    struct es_err *err)
{
	const int64_t start = clock_mono_ms(), before = start - SETTLE_AFTER_MS;
	enum es_code first = ES_OK;

	/* Backwards: leases_drop() puts the last lease in the place of the dropped one.
	 */
	for (size_t i = l->n; i-- > 0;) {
		struct lease *held = &l->held[i];
		struct es_err why;
		const enum es_code rc = lease_settle_one(
		    held, pg, q, all || held->idle_since_ms <= before, a, &why);

		if (rc == ES_OK)
			continue;
		if (batch_store_fenced(&why)) {
			leases_drop(l, i);
			continue;
		}
		/* A worker that stops tries every partition, so that their next owners
		 * repeat fewer entries. */
		if (first == ES_OK) {
			*err = why;
			first = rc;
		}
		if (!all || clock_mono_ms() - start > LEAVING_MS)
			break;
	}
	return first;
}

enum es_code
lease_settle_give_back(
    struct leases *l, struct pg *pg, struct queue *q, struct arena *a, struct es_err *err)
{
	struct lease *last = &l->held[l->n - 1];
	const enum es_code rc = lease_settle_one(last, pg, q, true, a, err);

	if (rc != ES_OK && batch_store_fenced(err)) {
		leases_drop(l, l->n - 1);
		return ES_OK;
	}
	TRY(rc);
	TRY(partition_store_release(pg, &last->part, a, err));
	l->n--;
	metrics_gauge_set(l->metrics, FM_PARTITIONS, (int64_t)l->n);
	log_info("partition released", LOG_INT("partition", last->part.number));
	return ES_OK;
}

void
lease_settle_give_back_all(struct leases *l, struct pg *pg, struct arena *a)
{
	struct es_err err;

	/* A lease that the worker can't release expires. After the first failure the loop
	 * ends, so that the worker waits only once for a database that does not answer.
	 */
	while (l->n > 0) {
		if (partition_store_release(pg, &l->held[l->n - 1].part, a, &err) !=
		    ES_OK) {
			log_warn("can't release partitions", LOG_ERR_FIELDS(&err));
			l->n = 1;
		}
		l->n--;
	}
	metrics_gauge_set(l->metrics, FM_PARTITIONS, 0);
}
