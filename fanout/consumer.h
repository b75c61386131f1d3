/* A worker's loop over the queue: keep the leases, wait for messages, commit them. When
 * one batch can't be committed, only its partition backs off. When PostgreSQL or the
 * queue does not answer, the whole worker backs off. The caller sets the settings, the
 * connections and receive_max, and zeroes the other members. turn_forget() frees the
 * entries that the struct keeps. */
#ifndef FANOUT_CONSUMER_H
#define FANOUT_CONSUMER_H

#include <signal.h>

#include "core/metrics.h"
#include "fanout_conf.h"
#include "leases.h"
#include "pg/pg.h"
#include "redis/redis.h"

struct haul;
struct turn;

struct consumer {
	const struct fanout_conf *conf;
	struct metrics *metrics;
	struct trace *trace; /* NULL: no traces */
	const char *owner;
	unsigned index; /* index of this worker among the workers of this master */
	struct pg *pg;
	struct redis *redis;
	struct queue *queue;
	struct leases leases;
	struct arena *arena; /* reset after each pass */
	struct haul *haul;   /* entries that are not in a turn yet, or NULL */
	struct turn *next;   /* decoded while the turn before it was committed, or NULL */
	bool more;           /* the last receive may have left entries in the queue */
	int64_t beat_at_ms, purge_at_ms;
	unsigned failures; /* passes in a row without PostgreSQL or the queue */
	unsigned passes;   /* each pass begins with another partition */
	/* Halved after a failure and doubled after a success, like receive_max of a
	 * lease. */
	size_t receive_max; /* entries of one receive from all partitions, or from a
	                       queue that leases messages itself */
	volatile sig_atomic_t *stopping;
};

/* Updates the heartbeat: at each call in the metrics, and at most twice a second in
 * Redis, where the programs that accept messages look for it. Skips Redis while
 * PostgreSQL or the queue does not answer. */
void consumer_beat(struct consumer *w);
/* One pass over a queue in partitions: renews the leases when that is due, and commits
 * one batch of all partitions, and one of each partition that stands alone. */
void consumer_partitions_run(struct consumer *w);
/* One pass over a queue that leases messages by itself (SQS) and has no partitions. */
void consumer_leasing_run(struct consumer *w);

#endif
