/* Committing what came from the queue: the only way a message gets a number. */
#ifndef STORE_BATCH_STORE_H
#define STORE_BATCH_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/envelope.h"
#include "event/event.h"
#include "pg/pg.h"

/* What proves that a partition is still ours, and how far the last batch got. */
struct batch_fence {
	unsigned partition;
	int64_t epoch;
	const char *done; /* position to store with the commit; NULL: leave it */
};

struct batch_result {
	struct reply *replies; /* one an envelope, in order */
	struct event *events;  /* to publish, in order; repeats are among them */
	size_t n_events;
	size_t n_committed, n_repeats, n_refused;
};

/* One transaction: all or nothing. fence NULL: a queue without partitions. The strings of
 * the result live in a or belong to the envelopes. On failure see batch_store_fenced()
 * batch_store_miscounted() and pg_transient(err->sqlstate); anything else is a message's
 * own fault. */
enum es_code batch_store_commit(struct pg *pg, const struct batch_fence *fence,
    const struct envelope envelopes[], size_t n, struct arena *a,
    struct batch_result *out, struct es_err *err) ES_MUST_CHECK;

/* Did this failure say that the partition is no longer ours? */
bool batch_store_fenced(const struct es_err *err) ES_MUST_CHECK;

/* Did this failure say that a number or key which the database itself chose is taken or
 * out of range? A counter was restored too low: all further messages of the channel would
 * fail alike, and none is at fault. err is of the last call on pg. */
bool batch_store_miscounted(const struct pg *pg, const struct es_err *err) ES_MUST_CHECK;

/* An entry that no retry can help; texts may be NULL where they are not known. */
struct batch_dead {
	const char *source;    /* stream or queue, e.g. "es:q:3" */
	const char *source_id; /* position or receipt: unique in the source */
	const char *tenant, *channel, *envelope;
	const char *sqlstate;
	const char *reason;
	const char *entry; /* as it came, any bytes */
	size_t len;
	const struct envelope *of; /* its first message is the dead one; NULL: unknown */
};
/* Puts it aside in the transaction that passes it; who asks for its message by client id
 * hears that it was refused as invalid. Repeating is safe. */
enum es_code batch_store_bury(struct pg *pg, const struct batch_fence *fence,
    const struct batch_dead *dead, struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Forget old refusals and revocations, at most limit of each; *more: go on. */
enum es_code batch_store_purge(struct pg *pg, int64_t limit, struct arena *a, bool *more,
    struct es_err *err) ES_MUST_CHECK;

/* Delete at most limit rows that a deleted channel has left; *more: go on. */
enum es_code batch_store_purge_channels(struct pg *pg, int64_t limit, struct arena *a,
    bool *more, struct es_err *err) ES_MUST_CHECK;

#endif
