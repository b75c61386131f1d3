/* One turn of a fanout worker: keep the leases, wait for messages, commit what is there.
 * Back-off is per partition where one batch can't be committed, and of the whole worker
 * where database or queue are away. */
#ifndef FANOUT_TURN_H
#define FANOUT_TURN_H

#include <signal.h>

#include "core/metrics.h"
#include "fanout_conf.h"
#include "lease.h"
#include "pg/pg.h"
#include "redis/redis.h"

struct worker {
	const struct fanout_conf *conf;
	struct metrics *metrics;
	const char *owner;
	unsigned index; /* among the workers of this master */
	struct pg *pg;
	struct redis *redis;
	struct queue *queue;
	struct leases leases;
	struct arena *arena; /* reset after each turn */
	int64_t beat_at_ms, purge_at_ms;
	unsigned failures; /* turns in a row without database or queue */
	unsigned turns;    /* each turn begins with another partition */
	/* Halved after a failure and doubled after a success, as lease.ask: */
	size_t ask; /* messages of one receive from a queue that leases messages itself */
	size_t places; /* partitions of one wait, which returns an entry of each */
	volatile sig_atomic_t *stopping;
};

/* Records that the worker is alive: each time in the metrics, and twice a second in
 * Redis, where the programs that accept messages look, unless nothing can be committed.
 */
void turn_beat(struct worker *w);
/* One turn with a queue in partitions. Takes at most a third of a lease, since leases are
 * renewed between turns. */
void turn_partitions(struct worker *w);
/* One turn with a queue that leases messages itself (SQS) and has no partitions. */
void turn_leasing(struct worker *w);

#endif
