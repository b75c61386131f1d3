/* A non-blocking pipeline to PostgreSQL for an event loop. Many statements are in flight
 * on one connection, each with its tenant and in its own transaction. Reconnects with a
 * back-off of 100 ms to 5 s. Knows no event loop: the caller watches the descriptor and
 * the timer. */
#ifndef PG_PG_ASYNC_H
#define PG_PG_ASYNC_H

#include "pg/pg.h"

struct pg_async;

enum { PG_WANT_READ = 1, PG_WANT_WRITE = 2 };

/* The functions of the loop that watch the descriptor and run the timer. fd < 0: watch
 * nothing. timer_ms < 0: no timer. */
struct pg_async_loop {
	void (*watch)(void *ctx, int fd, int want);
	void (*timer)(void *ctx, int64_t after_ms);
	/* Called after the connection came up (true) or was lost (false). May be NULL. */
	void (*state)(void *ctx, bool up);
	/* Called after each failed connect, each lost connection, and each statement that
	 * failed because of the server or the schema. *err has ES_UNAVAILABLE or
	 * ES_INTERNAL, and err->cause. Must not send or close. May be NULL. */
	void (*failed)(void *ctx, const struct es_err *err);
	void *ctx;
};

/* rc is ES_OK with the rows, or the error with rows NULL. rows and arena are valid only
 * during the call. The callback may send, but not close. */
typedef void pg_async_done(void *ctx, enum es_code rc, struct pg_rows *rows,
    struct arena *a, const struct es_err *err);

/* At most max_in_flight statements may be sent and unanswered. Returns ES_INVALID when
 * libpq can't parse the url. */
enum es_code pg_async_open(const struct pg_settings *settings, size_t max_in_flight,
    const struct pg_async_loop *loop, struct pg_async **out,
    struct es_err *err) ES_MUST_CHECK;
/* Calls done with ES_UNAVAILABLE for every statement in flight, and then closes the
 * connection. */
void pg_async_close(struct pg_async **pa);

/* Sends a statement; copies params. deadline_ms is the time from now. At the deadline
 * done gets ES_UNAVAILABLE and the connection is dropped, because a pipeline can't skip a
 * statement. When the call returns ES_OK, done is called exactly once, never from inside
 * the call. Returns ES_UNAVAILABLE, and does not call done, when the connection is down
 * or max_in_flight statements are in flight. */
enum es_code pg_async_send(struct pg_async *pa, const struct tenant_id *tenant,
    const struct pg_stmt *stmt, const char *const params[], int64_t deadline_ms,
    pg_async_done *done, void *ctx, struct es_err *err) ES_MUST_CHECK;

/* The loop calls pg_async_ready() when the descriptor is ready, and pg_async_timer() when
 * the timer has fired. */
void pg_async_ready(struct pg_async *pa, int ready);
void pg_async_timer(struct pg_async *pa);

bool pg_async_up(const struct pg_async *pa);
size_t pg_async_in_flight(const struct pg_async *pa);
/* Returns the server's message on the last failure. Log it, but never send it to a
 * client: it may quote data. */
const char *pg_async_detail(const struct pg_async *pa);

#endif
