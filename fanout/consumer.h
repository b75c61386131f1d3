/* One turn of a fanout worker: keep the leases, wait for messages, commit what is there.
 * Back-off is per partition where one batch can't be committed, and of the whole worker
 * where database or queue are away. */
#ifndef FANOUT_CONSUMER_H
#define FANOUT_CONSUMER_H

#include <signal.h>

#include "core/metrics.h"
#include "fanout_conf.h"
#include "leases.h"
#include "pg/pg.h"
#include "redis/redis.h"

struct consumer {
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
	unsigned passes;   /* each turn begins with another partition */
	/* Halved after a failure and doubled after a success, as lease.receive_max: */
	size_t receive_max; /* messages of one receive from a queue that leases messages
	                       itself */
	size_t wait_max;    /* partitions of one wait, which returns an entry of each */
	volatile sig_atomic_t *stopping;
};

/* Records that the worker is alive: each time in the metrics, and twice a second in
 * Redis, where the programs that accept messages look, unless nothing can be committed.
 */
void consumer_beat(struct consumer *w);
/* One turn with a queue in partitions. Takes at most a third of a lease, since leases are
 * renewed between turns. */
void consumer_run_partitions(struct consumer *w);
/* One turn with a queue that leases messages itself (SQS) and has no partitions. */
void consumer_run_leasing(struct consumer *w);

#endif
