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
	unsigned turns;    /* which partition comes first is taken in turns */
	/* As lease.ask: entries of one receive and batch of a queue that leases by
	 * itself; partitions of one wait, which brings an entry of each. */
	size_t ask, places;
	volatile sig_atomic_t *stopping;
};

/* Shows that somebody works: for operators each time, for acceptors twice a second, but
 * not while nothing can be committed. */
void turn_beat(struct worker *w);
/* A queue in partitions: at most a third of a lease, then it is time to renew. */
void turn_partitions(struct worker *w);
/* A queue that leases messages by itself (SQS): no partitions, no positions. */
void turn_leasing(struct worker *w);

#endif
