/* Applies migration files to a database, one runner at a time, and remembers what it
 * applied: schema_migrations as dbmate keeps it, and beside it a checksum of each file.
 */
#ifndef CTL_MIGRATE_H
#define CTL_MIGRATE_H

#include <stdbool.h>

#include "pg/pg_admin.h"

#include "migration.h"

enum migrate_state {
	MIGRATE_PENDING,
	MIGRATE_APPLIED,
	MIGRATE_EDITED,  /* applied, and the file has changed since */
	MIGRATE_MISSING, /* applied, and there is no such file */
};

/* A version that is applied, or has a file, or both. */
struct migrate_row {
	const char *version;
	const struct migration *file; /* NULL when missing */
	enum migrate_state state;
	const char *sha256, *at, *ms,
	    *by; /* as stored; NULL when another tool applied it */
};

struct migrate {
	struct arena *arena;
	struct pg_admin *db;
	struct migration_list files;
	struct migrate_row *rows; /* by version, rising */
	size_t n;
};

/* Reads files (dir NULL: none) and database. Changes nothing. Failures are printed; false
 * then. */
bool migrate_open(
    struct migrate *m, const char *url, const char *dir, struct arena *a) ES_MUST_CHECK;
void migrate_close(struct migrate *m);

size_t migrate_count(const struct migrate *m, enum migrate_state state);

/* Wait for our turn, make the tables that remember, and look again. Until migrate_close.
 */
bool migrate_lock(struct migrate *m) ES_MUST_CHECK;

/* Apply, or take back, one file with its own lock_timeout, and retry where a lock was not
 * to be had. Says what it did on stdout, what went wrong on stderr. */
bool migrate_apply(struct migrate *m, const struct migrate_row *row) ES_MUST_CHECK;
bool migrate_revert(struct migrate *m, const struct migrate_row *row) ES_MUST_CHECK;

/* Print a fault of the database; file and part (may be NULL) say where it came from. */
void migrate_complain(const struct pg_fault *fault, const struct migration *file,
    const struct migration_part *part);

#endif
