/* Applies migration files to a database, one runner at a time. Records the applied
 * versions in schema_migrations, as dbmate does, and a checksum of each file in a table
 * of its own. The functions of the schema are files of their own: migrate_functions.h. */
#ifndef CTL_MIGRATE_H
#define CTL_MIGRATE_H

#include <stdbool.h>

#include "pg/pg_admin.h"

#include "migration.h"
#include "sql_file.h"

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
	struct sql_file_list functions;
	struct migrate_row *rows; /* ascending by version */
	size_t n;
};

/* Reads the database and the files: migrations from dir (NULL: none), functions from the
 * folder "functions" beside it. Changes nothing. Prints a failure and returns false. */
bool migrate_open(
    struct migrate *m, const char *url, const char *dir, struct arena *a) ES_MUST_CHECK;
void migrate_close(struct migrate *m);

size_t migrate_count(const struct migrate *m, enum migrate_state state);

/* Waits for the lock of migrations, creates the tables of the record, and reads them
 * again. migrate_close() releases the lock. */
bool migrate_lock(struct migrate *m) ES_MUST_CHECK;

/* Applies or reverts one file, with a lock_timeout of its own; tries again when another
 * session holds a lock. Prints the result on stdout, a failure on stderr. Sets
 * row->state. */
bool migrate_apply(struct migrate *m, struct migrate_row *row) ES_MUST_CHECK;
bool migrate_revert(struct migrate *m, struct migrate_row *row) ES_MUST_CHECK;

/* Prints a fault of the database. path: the file that was run (NULL: none); part: its
 * part that fault->position counts from (NULL: unknown). */
void migrate_print_fault(
    const struct pg_fault *fault, const char *path, const struct migration_part *part);

#endif
