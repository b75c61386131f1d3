/* The functions of the schema: db/functions has today's text of each in a file of its
 * name (all overloads of a name in one file). Migrations create only functions that a
 * table needs in the same transaction (for a trigger), in their first text; all others,
 * and all later texts, come from the files. A file's statements are CREATE OR REPLACE
 * FUNCTION, its grants, and SET LOCAL ROLE for a function that another role owns. */
#ifndef CTL_MIGRATE_FUNCTIONS_H
#define CTL_MIGRATE_FUNCTIONS_H

#include "migrate.h"

/* Returns true when the files fit the schema: the migration that these programs ask for
 * (DB_STORE_VERSION) is applied, and each applied migration has a file. Otherwise
 * functions of one release would be loaded into the schema of another. Prints the reason
 * when they do not fit. */
bool migrate_functions_fit(const struct migrate *m) ES_MUST_CHECK;

/* Makes the functions of the database those of the files, in one transaction: runs each
 * file and keeps its result when that differs from the function that was there. A
 * function keeps its OID, unless its result type, parameter names or owner differ: then
 * it is dropped and created again. Changes nothing when all functions are equal. Prints
 * each change. On failure prints the fault and returns false. */
bool migrate_functions_load(struct migrate *m) ES_MUST_CHECK;

/* True when the functions of the database are those of the files. Prints each that
 * differs, and each that has no file. Changes nothing, but runs the files in a
 * transaction that it rolls back. */
bool migrate_functions_verify(struct migrate *m) ES_MUST_CHECK;

/* Drops all functions that have a file. Call it after the last migration was reverted. */
bool migrate_functions_drop(struct migrate *m) ES_MUST_CHECK;

#endif
