/* What pg_async.c (the connection) and pg_flight.c (the statements) share. */
#ifndef PG_PG_ASYNC_PRIVATE_H
#define PG_PG_ASYNC_PRIVATE_H

#include "pg/pg_async.h"
#include "pg/pg_private.h"

/* One statement under way: a Sync group of up to four commands. */
enum flight_step { STEP_PREPARE_TENANT, STEP_PREPARE, STEP_TENANT, STEP_RUN };
struct flight {
	const struct pg_stmt *stmt;
	enum flight_step steps[4];
	unsigned n_steps, at; /* at: whose result comes next */
	int64_t deadline_ms;
	pg_async_done *done;
	void *ctx;
	enum es_code rc; /* the first error wins */
	struct es_err err;
};

enum pg_async_state { ASYNC_DOWN, ASYNC_CONNECTING, ASYNC_UP };

struct pg_async {
	struct arena *arena; /* as long as this struct */
	struct pg_target target;
	struct pg_async_loop loop;
	enum pg_async_state state;
	PGconn *conn; /* NULL when down */
	struct pg_known known;
	int watched; /* what was asked for last while up; -1: nothing */

	struct flight *ring; /* oldest at head */
	size_t size, head, n;
	struct arena *rows_arena; /* of the statement whose results are coming in */
	struct pg_rows rows;

	unsigned tries;
	int64_t due_ms;   /* down: connect again; connecting: give up */
	int64_t armed_ms; /* when the caller's timer fires; -1: never */
	bool broken;      /* to be dropped as soon as nobody is inside */
	bool inside;      /* a callback is running */
	char detail[256];
	char lost_state[6]; /* SQLSTATE of the last failed connect; "": it told none */
};

/* pg_async.c */
void pg_async_arm(struct pg_async *pa, int64_t at_ms);
void pg_async_watch(struct pg_async *pa, int want);

/* pg_flight.c: take what has arrived, call done for what is complete. */
void pg_flight_receive(struct pg_async *pa);
/* Send what libpq still holds back and watch accordingly. */
void pg_flight_flush(struct pg_async *pa);
/* The connection is gone: everything in flight ends with ES_UNAVAILABLE. */
void pg_flight_fail_all(struct pg_async *pa);
/* -1 with nothing in flight. */
int64_t pg_flight_first_deadline(const struct pg_async *pa);

#endif
