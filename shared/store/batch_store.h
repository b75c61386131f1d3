/* Commits batches of the queue. Only batch_store_commit() gives a message its number. */
#ifndef STORE_BATCH_STORE_H
#define STORE_BATCH_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/envelope.h"
#include "event/event.h"
#include "pg/pg.h"

/* Proves that this worker still holds the partition, and stores how far it has
 * committed. */
struct batch_fence {
	unsigned partition;
	int64_t epoch;
	/* position that the commit stores; NULL: keep the stored one */
	const char *done;
};

struct batch_result {
	struct reply *replies; /* one for each envelope, in order */
	/* events to publish, in order, including those of repeats */
	struct event *events;
	size_t n_events;
	size_t n_committed, n_repeats, n_refused;
};

/* Commits all envelopes in one transaction, or none. fence is NULL for a queue without
 * partitions. The strings of the result are allocated in the arena a or belong to the
 * envelopes. After a failure call batch_store_fenced(), batch_store_miscounted() and
 * pg_transient(err->sqlstate). When all three return false, one of the messages causes
 * the failure. */
enum es_code batch_store_commit(struct pg *pg, const struct batch_fence *fence,
    const struct envelope envelopes[], size_t n, struct arena *a,
    struct batch_result *out, struct es_err *err) ES_MUST_CHECK;

/* batch_store_commit() in two steps, for a batch of n_fences partitions (0: the queue has
 * no partitions). batch_store_start() sends the batch, and batch_store_finish() waits for
 * the result. Between the two calls pg can't be used for anything else, and the envelopes
 * must stay valid. Call batch_store_finish() exactly when batch_store_start() has
 * returned ES_OK. The transaction commits nothing unless the worker still holds each of
 * the partitions. */
struct batch_commit;
enum es_code batch_store_start(struct pg *pg, const struct batch_fence fences[],
    size_t n_fences, const struct envelope envelopes[], size_t n, struct arena *a,
    struct batch_commit **out, struct es_err *err) ES_MUST_CHECK;
enum es_code batch_store_finish(struct pg *pg, struct batch_commit *commit,
    struct batch_result *out, struct es_err *err) ES_MUST_CHECK;

/* True when the commit failed because another worker holds one of the partitions now. */
bool batch_store_fenced(const struct es_err *err) ES_MUST_CHECK;

/* True when the commit failed because a number or key that the database itself chose is
 * taken or out of range. That happens when a counter was restored too low. Then all
 * further messages of the channel fail, although no message is the cause. err must come
 * from the last call on pg. */
bool batch_store_miscounted(const struct pg *pg, const struct es_err *err) ES_MUST_CHECK;

/* An entry of the queue that PostgreSQL will never accept. A text that is not known is
 * NULL. */
struct batch_dead {
	const char *source;    /* stream or queue, e.g. "es:q:3" */
	const char *source_id; /* position or receipt, unique in the source */
	const char *tenant, *channel, *envelope;
	const char *sqlstate;
	const char *reason;
	const char *entry; /* the entry as received, any bytes */
	size_t len;
	/* the envelope whose first message failed; NULL: not known */
	const struct envelope *of;
};
/* Stores a dead letter and the position after it in one transaction. If dead->of is set,
 * requests for the outcome of the envelope's first message get the answer "refused,
 * invalid" from then on. Repeating the call changes nothing. */
enum es_code batch_store_dead_letter(struct pg *pg, const struct batch_fence *fence,
    const struct batch_dead *dead, struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Deletes expired refusals and revocations, at most limit of each. *more is true when a
 * further call may find more. */
enum es_code batch_store_purge(struct pg *pg, int64_t limit, struct arena *a, bool *more,
    struct es_err *err) ES_MUST_CHECK;

/* Deletes at most limit rows of deleted channels. *more is true when a further call may
 * find more. */
enum es_code batch_store_purge_channels(struct pg *pg, int64_t limit, struct arena *a,
    bool *more, struct es_err *err) ES_MUST_CHECK;

#endif
