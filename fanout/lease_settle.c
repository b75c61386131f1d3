/* What has been committed is stored as done, and only what is stored is cut off the
 * queue; and how partitions are given back. */
#include <string.h>

#include "conf/crash_point.h"
#include "core/clock.h"
#include "core/log.h"
#include "fanout_metrics.h"
#include "lease.h"
#include "store/batch_store.h"

#include "core/banned.h"

#define SETTLE_AFTER_MS \
	200                /* idle for so long: nobody else stores the last batch's end */
#define LEAVING_MS    5000 /* on the way out: enough for one that answers slowly */
#define TRIM_EVERY_MS 200  /* under load the next batch stores it; cut now and then */

/* Must come in this order: an entry that is cut before its position is stored would be
 * missed by nobody, and one that is stored but not cut is only a little too long there.
 */
static enum es_code
settle(struct lease *held, struct pg *pg, struct queue *q, bool idle, struct arena *a,
    struct es_err *err)
{
	const int64_t now = clock_mono_ms();

	if (idle && strcmp(held->read, held->done) != 0) {
		TRY(partition_store_done(pg, &held->part, held->read, a, err));
		memcpy(held->done, held->read, sizeof(held->done));
		held->trimmed = false;
	}
	if (held->trimmed || held->done[0] == '\0' ||
	    (!idle && now - held->trimmed_ms < TRIM_EVERY_MS))
		return ES_OK;
	CRASH_POINT("before_queue_done");
	TRY(queue_done(q, (unsigned)held->part.number, NULL, 0, held->done, err));
	CRASH_POINT("after_queue_done");
	held->trimmed = true;
	held->trimmed_ms = now;
	return ES_OK;
}

enum es_code
leases_settle(struct leases *l, struct pg *pg, struct queue *q, bool now, struct arena *a,
    struct es_err *err)
{
	const int64_t start = clock_mono_ms(), before = start - SETTLE_AFTER_MS;
	enum es_code first = ES_OK;

	/* From the end: one that is lost is replaced by the last one. */
	for (size_t i = l->n; i-- > 0;) {
		struct lease *held = &l->held[i];
		struct es_err why;
		const enum es_code rc =
		    settle(held, pg, q, now || held->idle_since_ms <= before, a, &why);

		if (rc == ES_OK)
			continue;
		if (batch_store_fenced(&why)) {
			leases_drop(l, i);
			continue;
		}
		/* On the way out each is tried: the next owner repeats less. */
		if (first == ES_OK)
			*err = why;
		first = rc;
		if (!now || clock_mono_ms() - start > LEAVING_MS)
			return rc;
	}
	return first;
}

enum es_code
leases_let_go(
    struct leases *l, struct pg *pg, struct queue *q, struct arena *a, struct es_err *err)
{
	struct lease *last = &l->held[l->n - 1];
	const enum es_code rc = settle(last, pg, q, true, a, err);

	if (rc != ES_OK && batch_store_fenced(err)) {
		leases_drop(l, l->n - 1);
		return ES_OK;
	}
	TRY(rc);
	TRY(partition_store_release(pg, &last->part, a, err));
	l->n--;
	metrics_gauge_set(l->metrics, FM_PARTITIONS, (int64_t)l->n);
	log_info("partition let go", LOG_INT("partition", last->part.number));
	return ES_OK;
}

void
leases_release(struct leases *l, struct pg *pg, struct arena *a)
{
	struct es_err err;

	/* What can't be given back ends by itself; a database that is away is asked once.
	 */
	while (l->n > 0) {
		if (partition_store_release(pg, &l->held[l->n - 1].part, a, &err) !=
		    ES_OK) {
			log_warn("can't release partitions", LOG_STR("error", err.text));
			l->n = 1;
		}
		l->n--;
	}
	metrics_gauge_set(l->metrics, FM_PARTITIONS, 0);
}
