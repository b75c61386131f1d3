/* One worker process: a loop, its doors to the outside, and the parts that work on them.
 * The only place that knows all of them; private to this room. */
#ifndef PUSH_WORKER_H
#define PUSH_WORKER_H

#include "conn/conn.h"
#include "core/heap_trim.h"
#include "env/loop_env.h"
#include "frames/frames.h"

struct accept;
struct drain;
struct handshake;
struct hub_loop;
struct origins;
struct pg_async;
struct queue_async;
struct redis_async;
struct redis_topics;
struct read_marks;
struct send_outcomes;

struct worker {
	struct loop_env env;
	struct conns conns;

	/* Doors. */
	struct pg_async *pg;        /* small look-ups: users, rights, heads, outcomes */
	struct pg_async *pg_write;  /* read marks: commits, never before a look-up */
	struct pg_async *pg_replay; /* pages of history: never in the way of the others */
	struct redis_async *redis;
	struct redis_topics *topics;
	struct queue_async *queue;

	/* Parts. */
	struct hub_loop *hub_loop;
	struct hub *hub;           /* of hub_loop */
	struct presence *presence; /* of hub_loop */
	struct who *who;
	struct send_outcomes *outcomes;
	struct send_queue *sends;
	struct read_marks *marks;
	struct frames frames;
	struct origins *origins;
	struct handshake *handshake;
	struct accept *accept;
	struct drain *drain;
	struct heap_trim heap;
};

/* Environment, connections, and the key of the process's hash tables; loop is the
 * caller's. The doors are opened next. */
void worker_init(struct worker *w, struct ev_loop *loop, const struct push_conf *conf,
    struct metrics *metrics, unsigned index);
/* Make the parts that work on the doors and tie them together. */
enum es_code worker_compose(struct worker *w, struct es_err *err) ES_MUST_CHECK;
void worker_fini(struct worker *w);

/* The end of a turn of the loop: what this turn has produced goes out, what it has ended
 * is gone. */
void worker_turn(struct worker *w);

#endif
