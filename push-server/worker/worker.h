/* What one worker process is made of: a loop, its doors to the outside, its connections
 * and the hub. Made after the fork; plain, so that its parts find each other. */
#ifndef PUSH_WORKER_H
#define PUSH_WORKER_H

#include <ev.h>

#include "conn/conn.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "hub/hub_hooks.h"
#include "env/push_conf.h"
#include "env/push_metrics.h"

struct pg_async;
struct redis_async;
struct redis_topics;
struct queue_async;

struct worker {
	struct ev_loop *loop;
	const struct push_conf *conf;
	struct metrics *metrics;
	unsigned index; /* 0 .. conf->workers - 1 */
	struct uuid id; /* of this process, new at each start */
	char epoch[40]; /* of the numbers, from the database; "" until known */
	int64_t now_ms; /* CLOCK_MONOTONIC at the start of this turn of the loop */
	bool draining;

	struct pg_async *pg_auth;   /* small look-ups: who, may he, heads, by client id */
	struct pg_async *pg_replay; /* pages of history: never in the way of the others */
	struct redis_async *redis;
	struct redis_topics *topics;
	struct queue_async *queue;

	struct hub *hub;
	struct conn_table conns;

	/* Private to the files named. */
	struct conn_flush_list flush, lossy; /* conn_write.c */
	struct conn_flush_list expiring;     /* conn_expiry.c */
	struct conn_list slow;               /* conn_write.c: blocked, slowest first */
	int64_t out_bytes;                   /* conn_write.c: waiting in this process */
	struct ws *ws;
	struct handshake *desk;
	struct accept *accept;
	struct send_outcomes *send_outcomes;
	struct ping_wheel *wheel;
	struct origins *origins;
	struct conn_auth *auth;
	struct send_queue *sends;
	struct drain *drain;
};

/* Everything that needs no door to the outside; the loop is the caller's. */
void worker_init(struct worker *w, const struct push_conf *conf, struct metrics *metrics,
    unsigned index);
void worker_fini(struct worker *w);
/* The end of a turn and the slow beat, as the loop's watchers call them. */
void worker_turn(struct worker *w);
void worker_second(struct worker *w);

/* Body of a worker process; returns its exit status. */
struct push_listen;
int worker_run(const struct push_conf *conf, struct metrics *metrics,
    const struct push_listen *listen, unsigned index, unsigned slot);

/* Look the users of a tenant's connections up again (the tenant's acl_version has moved)
 * and close those that may no longer be here. */
void worker_revalidate(struct worker *w, const struct tenant_id *tenant);

#endif
