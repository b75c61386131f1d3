/* Declarations shared by pg_async.c (the connection) and pg_flight.c (statements). */
#ifndef PG_PG_ASYNC_PRIVATE_H
#define PG_PG_ASYNC_PRIVATE_H

#include "pg/pg_async.h"
#include "pg/pg_private.h"

struct held;

/* One statement in flight: a group of up to four commands that ends with a Sync. */
enum flight_step { STEP_PREPARE_FIRST, STEP_PREPARE, STEP_FIRST, STEP_RUN };
struct flight {
	const struct pg_stmt *first; /* begins the transaction; NULL: stmt does */
	const struct pg_stmt *stmt;
	/* Behind a pooler a statement waits until the previous statement is answered.
	 * NULL: this statement was sent. */
	struct held *held;
	enum flight_step steps[4];
	unsigned n_steps, at; /* at: the step whose result comes next */
	int64_t deadline_ms;
	pg_async_done *done;
	void *ctx;
	enum es_code rc; /* result of the first step that failed */
	struct es_err err;
};

enum pg_async_state { ASYNC_DOWN, ASYNC_CONNECTING, ASYNC_UP };

struct pg_async {
	struct arena *arena; /* lives as long as this struct */
	struct pg_target target;
	struct pg_async_loop loop;
	enum pg_async_state state;
	PGconn *conn; /* NULL while down */
	struct pg_known known;
	int watched; /* events last passed to loop.watch; -1: none */

	struct flight *ring; /* the oldest is at head */
	size_t size, head, n;
	struct arena *rows_arena; /* for the statement whose results are arriving */
	struct pg_rows rows;

	unsigned tries;
	/* while down: connect at that time; while connecting: give up then */
	int64_t due_ms;
	int64_t armed_ms; /* when the caller's timer fires; -1: not armed */
	bool broken;      /* drop the connection as soon as no callback is running */
	bool inside;      /* a callback is running */
	char detail[256];
	char lost_state[6]; /* SQLSTATE of the last failed connect, or "" */
};

/* pg_async.c */
void pg_async_arm(struct pg_async *pa, int64_t at_ms);
void pg_async_watch(struct pg_async *pa, int want);

/* pg_flight.c. Reads the results that have arrived and calls done for each complete
 * statement. */
void pg_flight_receive(struct pg_async *pa);
/* Sends what libpq has buffered, and watches for writing while bytes are left. */
void pg_flight_flush(struct pg_async *pa);
/* The connection is gone: calls done with ES_UNAVAILABLE for every statement in
 * flight. */
void pg_flight_fail_all(struct pg_async *pa);
/* Returns -1 when no statement is in flight. */
int64_t pg_flight_first_deadline(const struct pg_async *pa);

#endif
