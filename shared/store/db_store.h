/* The state of the database itself: for readiness and for the epoch of cursors. */
#ifndef STORE_DB_STORE_H
#define STORE_DB_STORE_H

#include <stdbool.h>

#include "pg/pg.h"

struct db_state {
	const char *version;      /* newest migration, or NULL */
	char epoch[ES_UUID_TEXT]; /* of cursors */
	bool read_only;           /* a standby, or switched to read only */
};

/* The migration that these programs were built for; readiness asks for it or a newer one.
 */
#define DB_STORE_VERSION "20261129110100"

extern const struct pg_stmt
    db_store_stmt; /* row: struct db_state; no parameters, no tenant */
enum es_code db_store_get(struct pg *pg, struct arena *a, struct db_state *out,
    struct es_err *err) ES_MUST_CHECK;
/* Row: the name of a right that the role lacks (const char *), NULL when it has all. */
extern const struct pg_stmt db_rights_stmt;
/* ES_OK: writable, migrated, and open to the role. ES_UNAVAILABLE with the reason
 * otherwise. */
enum es_code db_store_ready(
    struct pg *pg, struct arena *a, struct es_err *err) ES_MUST_CHECK;

#endif
