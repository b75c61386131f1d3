/* A non-blocking pipeline to PostgreSQL for an event loop: many statements in flight on
 * one connection, each with its tenant in its own transaction; reconnects with back-off.
 * Knows no loop: the caller watches the descriptor and the timer. */
#ifndef PG_PG_ASYNC_H
#define PG_PG_ASYNC_H

#include "pg/pg.h"

struct pg_async;

enum { PG_WANT_READ = 1, PG_WANT_WRITE = 2 };

/* How the loop is told. fd < 0: nothing to watch. timer_ms < 0: no timer. */
struct pg_async_loop {
	void (*watch)(void *ctx, int fd, int want);
	void (*timer)(void *ctx, int64_t after_ms);
	/* After the connection came up (true) or was lost (false). May be NULL. */
	void (*state)(void *ctx, bool up);
	/* After each failed connect, each loss of the connection, and each statement that
	 * failed for a cause of the server or the schema: ES_UNAVAILABLE or ES_INTERNAL,
	 * with err->cause. It must not send or close. May be NULL. */
	void (*failed)(void *ctx, const struct es_err *err);
	void *ctx;
};

/* rc ES_OK with rows, or the error (rows is NULL then). rows and arena are valid during
 * the call only. It may send, but not close. */
typedef void pg_async_done(void *ctx, enum es_code rc, struct pg_rows *rows,
    struct arena *a, const struct es_err *err);

/* Bounded: at most max_in_flight statements sent and waiting together. */
enum es_code pg_async_open(const struct pg_settings *settings, size_t max_in_flight,
    const struct pg_async_loop *loop, struct pg_async **out,
    struct es_err *err) ES_MUST_CHECK;
/* Calls done of everything in flight with ES_UNAVAILABLE first. */
void pg_async_close(struct pg_async **pa);

/* Queue a statement; params are copied. ES_UNAVAILABLE at once when down or when
 * max_in_flight is reached (done is then not called). done is called exactly once
 * otherwise, never from inside this call. deadline_ms: relative; past it done gets
 * ES_UNAVAILABLE and the connection is dropped (a pipeline can't skip). */
enum es_code pg_async_send(struct pg_async *pa, const struct tenant_id *tenant,
    const struct pg_stmt *stmt, const char *const params[], int64_t deadline_ms,
    pg_async_done *done, void *ctx, struct es_err *err) ES_MUST_CHECK;

/* From the loop: the descriptor is ready, the timer has fired. */
void pg_async_ready(struct pg_async *pa, int ready);
void pg_async_timer(struct pg_async *pa);

bool pg_async_up(const struct pg_async *pa);
size_t pg_async_in_flight(const struct pg_async *pa);
/* The server's words on the last failure: for the log, never for a client. */
const char *pg_async_detail(const struct pg_async *pa);

#endif
