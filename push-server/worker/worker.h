/* One worker process: an event loop, its connections to PostgreSQL, Redis and the queue,
 * and the parts that use them. Only worker/ knows all of them. */
#ifndef PUSH_WORKER_H
#define PUSH_WORKER_H

#include "conn/conn.h"
#include "core/heap_trim.h"
#include "env/loop_env.h"
#include "frames/frames.h"

struct accept;
struct change_gate;
struct drain;
struct handshake;
struct hub_loop;
struct origins;
struct pg_async;
struct queue_async;
struct redis_async;
struct redis_topics;
struct read_marks;
struct replay;
struct send_outcomes;

struct worker {
	struct loop_env env;
	struct conns conns;

	/* Connections to services. */
	struct pg_async *pg; /* short look-ups: users, rights, heads, outcomes */
	/* read marks, whose commits must not delay look-ups */
	struct pg_async *pg_write;
	/* pages of history; long queries must not delay the others */
	struct replay *replay;
	struct redis_async *redis;
	struct redis_topics *topics;
	struct queue_async *queue;

	/* Parts. */
	struct hub_loop *hub_loop;
	struct hub *hub;           /* belongs to hub_loop */
	struct presence *presence; /* belongs to hub_loop */
	struct who *who;
	struct send_outcomes *outcomes;
	struct change_gate *changes;
	struct send_queue *sends;
	struct read_marks *marks;
	struct frames frames;
	struct origins *origins;
	struct handshake *handshake;
	struct accept *accept;
	struct drain *drain;
	struct heap_trim heap;
};

/* Sets up the environment, the connections, and the random key of the process's hash
 * tables. The caller owns loop, and connects to the services next. */
void worker_init(struct worker *w, struct ev_loop *loop, const struct push_conf *conf,
    struct metrics *metrics, unsigned index);
/* Creates the parts that use the services, and links them to each other. */
enum es_code worker_compose(struct worker *w, struct es_err *err) ES_MUST_CHECK;
void worker_fini(struct worker *w);

/* The end of a turn of the loop: send the look-ups, write the queued frames, and free the
 * closed connections. */
void worker_turn(struct worker *w);

#endif
