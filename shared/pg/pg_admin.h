/* One plain connection for operators' scripts: migrations and the like. Nothing is
 * prepared, repeated or healed, and what the server says comes back whole: its reader
 * runs the server. Programs that serve requests use pg.h. */
#ifndef PG_PG_ADMIN_H
#define PG_PG_ADMIN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/attr.h"

struct pg_admin;

/* What went wrong. Texts live in the arena of the call; detail and hint may be NULL. */
struct pg_fault {
	char sqlstate[6]; /* "08006" where the connection is the matter */
	const char *message, *detail, *hint;
	long position; /* character of the script, from 1; 0 unknown */
};

/* Rows of texts, row by row; NULL for SQL NULL. */
struct pg_table {
	size_t rows, cols;
	const char **cells;
};

/* All return false with *out_fault filled when it did not work. url is never part of it.
 */
bool pg_admin_open(const char *url, struct arena *a, struct pg_admin **out,
    struct pg_fault *out_fault) ES_MUST_CHECK;
void pg_admin_close(struct pg_admin **admin);

/* Statements without parameters. Outside BEGIN they are one transaction. */
bool pg_admin_script(struct pg_admin *admin, const char *sql, struct arena *a,
    struct pg_fault *out_fault) ES_MUST_CHECK;

/* One statement; out may be NULL. */
bool pg_admin_query(struct pg_admin *admin, const char *sql, const char *const params[],
    size_t n_params, struct arena *a, struct pg_table *out,
    struct pg_fault *out_fault) ES_MUST_CHECK;

#endif
