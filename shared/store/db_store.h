/* The state of the database: for readiness, and for the epoch of cursors. */
#ifndef STORE_DB_STORE_H
#define STORE_DB_STORE_H

#include <stdbool.h>

#include "pg/pg.h"

struct db_state {
	const char *version;      /* version of the newest migration, or NULL */
	char epoch[ES_UUID_TEXT]; /* epoch of all cursors */
	/* the server is a standby or switched to read only */
	bool read_only;
};

/* The migration for which these programs were built. Readiness demands it or a newer
 * one. */
#define DB_STORE_VERSION "20261129160100"

extern const struct pg_stmt
    db_store_stmt; /* row: struct db_state; no parameters, no tenant */
enum es_code db_store_get(struct pg *pg, struct arena *a, struct db_state *out,
    struct es_err *err) ES_MUST_CHECK;
/* Returns one row: the name of a right that the role lacks (const char *), or NULL. */
extern const struct pg_stmt db_rights_stmt;
/* ES_OK: the database is writable and migrated, the role has all rights, and there is no
 * pooler that the settings do not name. Else ES_UNAVAILABLE; err->text says why. */
enum es_code db_store_ready(
    struct pg *pg, struct arena *a, struct es_err *err) ES_MUST_CHECK;

#endif
