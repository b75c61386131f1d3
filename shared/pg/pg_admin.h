/* One plain connection for operators' scripts, such as migrations. It prepares and
 * repeats nothing and does not reconnect. An error holds the server's full message,
 * because the reader operates the server. Programs that serve requests use pg.h. */
#ifndef PG_PG_ADMIN_H
#define PG_PG_ADMIN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/attr.h"

struct pg_admin;

/* Describes a failure. Its texts are allocated in the arena of the call. detail and hint
 * may be NULL. */
struct pg_fault {
	char sqlstate[6]; /* "08006" when the connection failed */
	const char *message, *detail, *hint;
	long position; /* character of the script, from 1; 0 unknown */
};

/* The cells of a result as texts, row by row; NULL for SQL NULL. */
struct pg_table {
	size_t rows, cols;
	const char **cells;
};

/* The functions return false on failure and fill *out_fault, which never holds the
 * url. */
bool pg_admin_open(const char *url, struct arena *a, struct pg_admin **out,
    struct pg_fault *out_fault) ES_MUST_CHECK;
void pg_admin_close(struct pg_admin **admin);

/* Returns true when this connection keeps one session of PostgreSQL for all its life.
 * Returns false when a pooler assigns sessions, or on failure; *out_fault says which. */
bool pg_admin_direct(
    struct pg_admin *admin, struct arena *a, struct pg_fault *out_fault) ES_MUST_CHECK;

/* Runs statements without parameters. Without BEGIN they form one transaction. */
bool pg_admin_script(struct pg_admin *admin, const char *sql, struct arena *a,
    struct pg_fault *out_fault) ES_MUST_CHECK;

/* Runs one statement. out may be NULL. */
bool pg_admin_query(struct pg_admin *admin, const char *sql, const char *const params[],
    size_t n_params, struct arena *a, struct pg_table *out,
    struct pg_fault *out_fault) ES_MUST_CHECK;

#endif
