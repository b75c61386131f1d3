/* The blocking door to libpq. Results belong to an arena, never to the caller. Statements
 * run with the tenant set in the same transaction; the connection heals itself. */
#ifndef PG_PG_H
#define PG_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/id.h"

struct pg;
struct pg_result; /* a PGresult; named so that nobody else needs libpq */

enum pg_type {
	PG_TEXT, /* const char *; NULL for SQL NULL */
	PG_UUID, /* char[ES_UUID_TEXT]; empty for NULL */
	PG_INT8, /* int64_t; 0 for NULL */
	PG_BOOL, /* bool; false for NULL */
};

/* SQLSTATE of a connection that can't be made or was lost. */
#define PG_LOST "08006"

/* Where column number i of a row goes in the caller's struct. Times are read as bigint
 * milliseconds that the statement makes. */
struct pg_col {
	enum pg_type type;
	size_t offset;
};
#define PG_COL(type_, member, pgtype) \
	{ \
		(pgtype), offsetof(type_, member) \
	}

struct pg_stmt {
	const char *name; /* prepared once per connection under this name */
	const char *sql;
	const struct pg_col *cols;
	unsigned n_cols, n_params;
};

struct pg_rows {
	struct pg_result *res;
	const struct pg_stmt *stmt;
	int next, count;
	long affected; /* rows of an INSERT, UPDATE, DELETE */
};

struct pg_settings {
	const char *url; /* libpq conninfo or URI */
	const char *application_name;
	/* statement 0: no limit (migrations); lock 0: none of its own. */
	int64_t connect_timeout_ms, statement_timeout_ms, lock_timeout_ms;
	bool no_prepare; /* behind a proxy that hands out a connection per transaction */
};

/* As a check of a setting: is this a URI or conninfo? Connects to nothing. */
enum es_code pg_url_check(
    const char *url, struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Never fails for a server that is away: connects on first use and again after a loss. */
enum es_code pg_open(const struct pg_settings *settings, struct pg **out,
    struct es_err *err) ES_MUST_CHECK;
void pg_close(struct pg **pg);

/* One statement, one round trip, one transaction. tenant NULL: none is set (functions
 * that cross tenants). A statement that is safe to repeat is not repeated here: after a
 * lost connection the caller gets ES_UNAVAILABLE and err->sqlstate "08006". Errors: 23505
 * ES_CONFLICT, other 23xxx ES_INVALID, classes 08 40 53 55 57 58 and 25006 (read only)
 * ES_UNAVAILABLE, else ES_INTERNAL; err->sqlstate is always set. */
enum es_code pg_run(struct pg *pg, const struct tenant_id *tenant,
    const struct pg_stmt *stmt, const char *const params[], struct arena *a,
    struct pg_rows *out, struct es_err *err) ES_MUST_CHECK;

/* Several statements, one round trip, one transaction: all or none (pipeline mode). They
 * can't depend on each other's rows. The first error wins. */
struct pg_batch_item {
	const struct pg_stmt *stmt;
	const char *const *params;
	struct pg_rows rows; /* filled by pg_batch */
};
enum es_code pg_batch(struct pg *pg, const struct tenant_id *tenant,
    struct pg_batch_item items[], size_t n, struct arena *a,
    struct es_err *err) ES_MUST_CHECK;

/* Explicit transaction, for work that must look at a row before the next statement. The
 * tenant is set until the end. pg_run inside one ignores its tenant argument. Roll back
 * on every failure path; a lost connection has rolled back by itself. */
enum es_code pg_begin(
    struct pg *pg, const struct tenant_id *tenant, struct es_err *err) ES_MUST_CHECK;
enum es_code pg_commit(struct pg *pg, struct es_err *err) ES_MUST_CHECK;
void pg_rollback(struct pg *pg);

/* Copy the next row into out; false when there is none. Texts go to a. */
bool pg_next(struct pg_rows *rows, struct arena *a, void *out) ES_MUST_CHECK;

/* Text of an array parameter: {"a","b"} with quoting; NULL elements are NULL. */
const char *pg_array(struct arena *a, const char *const items[], size_t n);
/* Parameters as text, in the arena. */
const char *pg_int(struct arena *a, int64_t value);
const char *pg_bool(bool value);

/* Not the statement's data but the state of the server, the schema or the connection:
 * wait and retry, count nothing against a message. Classes 08 0A 25 26 28 3D 3F 40 42 53
 * 55 57 58 XX, and no SQLSTATE at all. */
bool pg_transient(const char *sqlstate);

/* The server's words on the last failure: for the log, never for a client. */
const char *pg_detail(const struct pg *pg);

#endif
