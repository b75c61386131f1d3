/* Blocking access to PostgreSQL through libpq. The rows of a result are allocated in an
 * arena. Each statement runs in a transaction in which the tenant is set. A lost
 * connection is opened again at the next call. */
#ifndef PG_PG_H
#define PG_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/id.h"

struct pg;
struct pg_result; /* a PGresult; opaque, so that only this folder includes libpq */

enum pg_type {
	PG_TEXT, /* const char *; NULL for SQL NULL */
	PG_UUID, /* char[ES_UUID_TEXT]; empty for NULL */
	PG_INT8, /* int64_t; 0 for NULL */
	PG_BOOL, /* bool; false for NULL */
};

/* SQLSTATE of a failed connect without a SQLSTATE of the server, and of a lost
 * connection. */
#define PG_LOST "08006"

/* Where pg_next() stores column i of a row in the caller's struct. Statements return
 * times as bigint milliseconds. */
struct pg_col {
	enum pg_type type;
	size_t offset;
};
#define PG_COL(type_, member, pgtype) \
	{ \
		(pgtype), offsetof(type_, member) \
	}

struct pg_stmt {
	/* each connection prepares the statement once, under this name */
	const char *name;
	const char *sql;
	const struct pg_col *cols;
	unsigned n_cols, n_params;
};

struct pg_rows {
	struct pg_result *res;
	const struct pg_stmt *stmt;
	int next, count;
	long affected; /* rows that INSERT, UPDATE or DELETE changed */
};

struct pg_settings {
	const char *url; /* libpq conninfo or URI */
	const char *application_name;
	/* statement_timeout_ms 0: no limit (migrations). lock_timeout_ms 0: a lock may
	 * wait as long as the statement. */
	int64_t connect_timeout_ms, statement_timeout_ms, lock_timeout_ms;
	/* A pooler may give each transaction another session of PostgreSQL: the programs
	 * prepare no statement by name and set nothing at the start of the connection;
	 * each transaction begins with its own settings, and a pg_async sends one
	 * transaction at a time. All this also works without a pooler, but slower. */
	bool pooled;
};

/* Returns ES_OK when libpq can parse the url as a URI or conninfo string, else
 * ES_INVALID. Does not connect. */
enum es_code pg_url_check(
    const char *url, struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Returns ES_INVALID when libpq can't parse the url. Does not connect: the first
 * statement does. */
enum es_code pg_open(const struct pg_settings *settings, struct pg **out,
    struct es_err *err) ES_MUST_CHECK;
void pg_close(struct pg **pg);

/* Runs one statement in one round trip and one transaction. tenant NULL sets no tenant,
 * for functions that cross tenants. a owns the rows of *out. The call never repeats a
 * statement, even if that would be safe: after a lost connection it returns
 * ES_UNAVAILABLE with err->sqlstate "08006". Other errors: 23505 is ES_CONFLICT, all
 * others of class 23 are ES_INVALID, classes 08 40 53 55 57 58 and 25006 (read only) are
 * ES_UNAVAILABLE, the rest is ES_INTERNAL. err->sqlstate is always set. */
enum es_code pg_run(struct pg *pg, const struct tenant_id *tenant,
    const struct pg_stmt *stmt, const char *const params[], struct arena *a,
    struct pg_rows *out, struct es_err *err) ES_MUST_CHECK;

/* pg_run() in two steps, for work that the caller does while the server runs the
 * statement. pg_start() sends the statement, copies params, and does not wait for the
 * answer; after ES_OK the caller must call pg_finish(), which waits for the answer.
 * Between the two calls the caller may only close pg. Do not call them inside a
 * transaction of pg_begin(). */
enum es_code pg_start(struct pg *pg, const struct tenant_id *tenant,
    const struct pg_stmt *stmt, const char *const params[],
    struct es_err *err) ES_MUST_CHECK;
enum es_code pg_finish(struct pg *pg, struct arena *a, struct pg_rows *out,
    struct es_err *err) ES_MUST_CHECK;

/* Runs several statements in one round trip (pipeline mode) and one transaction: all of
 * them take effect, or none. A statement can't use the rows of an earlier one. *err holds
 * the first error. */
struct pg_batch_item {
	const struct pg_stmt *stmt;
	const char *const *params;
	struct pg_rows rows; /* pg_batch() fills it */
};
enum es_code pg_batch(struct pg *pg, const struct tenant_id *tenant,
    struct pg_batch_item items[], size_t n, struct arena *a,
    struct es_err *err) ES_MUST_CHECK;

/* Reads ahead: a check and the reads that follow it go to the server together. Between
 * pg_ahead_begin() and pg_ahead_end() pg_run() and pg_batch() send nothing: the first two
 * calls note their statements (at most five, with their parameters, in the arena a), and
 * every call fails with ES_UNAVAILABLE. pg_ahead_run() then works like pg_run(), and also
 * runs the noted statements after its own, in the same round trip and in one transaction,
 * which is read-only when there are notes. tenant NULL: that of the notes. It returns an
 * error only when its own statement fails. When the next call of pg_run(), pg_batch() or
 * pg_ahead_run() has the statements, parameters and tenant of the first noted call, it
 * gets their results or their error without a round trip, and the call after it those of
 * the second. Any other call drops the results. Call pg_ahead_drop() before the arena is
 * reset. */
void pg_ahead_begin(struct pg *pg, struct arena *a);
void pg_ahead_end(struct pg *pg);
enum es_code pg_ahead_run(struct pg *pg, const struct tenant_id *tenant,
    const struct pg_stmt *stmt, const char *const params[], struct arena *a,
    struct pg_rows *out, struct es_err *err) ES_MUST_CHECK;
void pg_ahead_drop(struct pg *pg);

/* An explicit transaction, for work that must read a row before it can choose the next
 * statement. The tenant is set for the whole transaction, in which pg_run() and
 * pg_batch() ignore their tenant argument. Call pg_rollback() on every failure path.
 * PostgreSQL itself rolls back the transaction of a lost connection. */
enum es_code pg_begin(
    struct pg *pg, const struct tenant_id *tenant, struct es_err *err) ES_MUST_CHECK;
enum es_code pg_commit(struct pg *pg, struct es_err *err) ES_MUST_CHECK;
void pg_rollback(struct pg *pg);

/* Copies the next row to *out, and its texts to a. Returns false after the last row. */
bool pg_next(struct pg_rows *rows, struct arena *a, void *out) ES_MUST_CHECK;

/* Returns the text of an array parameter, {"a","b"}, with quotes and escapes. A NULL
 * element is SQL NULL. The text is allocated in the arena a. */
const char *pg_array(struct arena *a, const char *const items[], size_t n);
/* Return parameters as text; the text of pg_int() is allocated in the arena a. */
const char *pg_int(struct arena *a, int64_t value);
const char *pg_bool(bool value);

/* True when the server, the schema or the connection causes the failure, not the data of
 * the statement: wait and retry, and dead-letter no message. Classes 08 0A 25 26 28 3D 3F
 * 40 42 53 55 57 58 XX, and a missing SQLSTATE. */
bool pg_transient(const char *sqlstate);

/* Returns the server's message on the last failure. Log it, but never send it to a
 * client: it may quote data. */
const char *pg_detail(const struct pg *pg);

/* Checks in one round trip that the session keeps its settings and prepared statements.
 * Returns ES_UNAVAILABLE, with the reason in *err, when a pooler is in between that the
 * settings do not name. */
enum es_code pg_session_check(
    struct pg *pg, struct arena *a, struct es_err *err) ES_MUST_CHECK;

#endif
