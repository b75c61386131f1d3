#include "migrate_functions.h"

#include <stdio.h>
#include <string.h>

#include "store/db_store.h"

#include "core/banned.h"

/* Bodies are not checked at creation: a function may call one of a later file. CREATE on
 * the schema is for the roles that own functions; they have it only in this transaction.
 */
static const char begin_sql[] =
    "BEGIN; SET LOCAL lock_timeout = '1s'; SET LOCAL check_function_bodies = off;"
    "GRANT CREATE ON SCHEMA public TO es_batch, es_lookup, es_operator";

static const char end_sql[] =
    "REVOKE CREATE ON SCHEMA public FROM es_batch, es_lookup, es_operator; COMMIT";

/* Reads what the file of a function decides: its text, owner and grants. */
static const char state_sql[] =
    "SELECT string_agg(concat_ws(' ', pg_get_functiondef(p.oid), p.proowner::regrole,"
    " (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(p.proacl) a)), ' '"
    " ORDER BY pg_get_function_identity_arguments(p.oid)) FROM pg_proc p"
    " WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'"
    " AND p.proname = $1";

static const char drops_sql[] =
    "SELECT format('DROP FUNCTION %s', p.oid::regprocedure) FROM pg_proc p"
    " WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'"
    " AND p.proname = $1";

/* Only names that begin with es_, because extensions have functions in the schema, too.
 */
static const char without_file_sql[] =
    "SELECT p.oid::regprocedure FROM pg_proc p"
    " WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'es\\_%'"
    " AND NOT p.proname = ANY ($1) ORDER BY 1";

static const char *
migrate_functions_name(const struct migrate *m, const struct sql_file *file)
{
	return arena_memdup(m->arena, file->name, strlen(file->name) - strlen(".sql"));
}

bool
migrate_functions_fit(const struct migrate *m)
{
	bool reached = false;

	if (migrate_count(m, MIGRATE_MISSING) > 0) {
		fprintf(stderr, "functions: not loaded, the database is newer than these "
				"files\n");
		return false;
	}
	for (size_t i = 0; i < m->n; i++)
		if (m->rows[i].state == MIGRATE_APPLIED &&
		    strcmp(m->rows[i].version, DB_STORE_VERSION) == 0)
			reached = true;
	if (!reached)
		fprintf(stderr, "functions: not loaded before migration " DB_STORE_VERSION
				" is applied\n");
	return reached;
}

/* Sets *out_state to NULL when there is no function of the name. */
static bool
migrate_functions_read_state(
    struct migrate *m, const char *name, const char **out_state, struct pg_fault *fault)
{
	struct pg_table state;

	if (!pg_admin_query(m->db, state_sql, &name, 1, m->arena, &state, fault))
		return false;
	*out_state = state.cells[0];
	return true;
}

static bool
migrate_functions_drop_one(struct migrate *m, const char *name, struct pg_fault *fault)
{
	struct pg_table drops;

	if (!pg_admin_query(m->db, drops_sql, &name, 1, m->arena, &drops, fault))
		return false;
	for (size_t i = 0; i < drops.rows; i++)
		if (!pg_admin_script(m->db, drops.cells[i], m->arena, fault))
			return false;
	return true;
}

/* Runs the file. Drops the function and runs the file again where CREATE OR REPLACE is
 * not enough: it can't change the type of the result or the names of parameters (42P13)
 * or the owner (42501). With other parameter types it makes a second function, so that a
 * grant in the file is ambiguous (42725). Other transactions see the old function until
 * the commit. */
static bool
migrate_functions_run(struct migrate *m, const struct sql_file *file, const char *name,
    struct pg_fault *fault)
{
	if (pg_admin_script(m->db, file->text, m->arena, fault))
		return true;
	if (strcmp(fault->sqlstate, "42P13") != 0 &&
	    strcmp(fault->sqlstate, "42501") != 0 &&
	    strcmp(fault->sqlstate, "42725") != 0)
		return false;
	return pg_admin_script(m->db, "ROLLBACK TO one", m->arena, fault) &&
	       migrate_functions_drop_one(m, name, fault) &&
	       pg_admin_script(m->db, file->text, m->arena, fault);
}

/* Runs one file, and rolls it back when the function is the same as before. */
static bool
migrate_functions_apply(struct migrate *m, const struct sql_file *file, const char *name,
    bool *out_changed, struct pg_fault *fault)
{
	const char *before = NULL, *after = NULL;

	if (!pg_admin_script(m->db, "SAVEPOINT one", m->arena, fault) ||
	    !migrate_functions_read_state(m, name, &before, fault) ||
	    !migrate_functions_run(m, file, name, fault) ||
	    !migrate_functions_read_state(m, name, &after, fault))
		return false;
	if (after == NULL) {
		*fault = (struct pg_fault){
		    .sqlstate = "42883",
		    .message = arena_printf(m->arena, "creates no function %s", name),
		};
		return false;
	}
	*out_changed = before == NULL || strcmp(before, after) != 0;
	return pg_admin_script(m->db,
	    *out_changed ? "RELEASE one" : "ROLLBACK TO one; RELEASE one", m->arena,
	    fault);
}

/* Runs all files in an open transaction. Sets *out_changed to the number of functions
 * that differed. */
static bool
migrate_functions_apply_all(struct migrate *m, const char *word, size_t *out_changed)
{
	static const struct migration_part whole = {.line = 1};
	struct pg_fault fault;

	*out_changed = 0;
	for (size_t i = 0; i < m->functions.n; i++) {
		const struct sql_file *file = &m->functions.items[i];
		struct migration_part part = whole;
		bool changed = false;

		part.sql = file->text;
		if (!migrate_functions_apply(
			m, file, migrate_functions_name(m, file), &changed, &fault)) {
			migrate_print_fault(&fault, file->path, &part);
			return false;
		}
		if (changed)
			printf("%s %s\n", word, migrate_functions_name(m, file));
		*out_changed += changed;
	}
	return true;
}

static bool
migrate_functions_script(struct migrate *m, const char *sql)
{
	struct pg_fault fault;

	if (pg_admin_script(m->db, sql, m->arena, &fault))
		return true;
	migrate_print_fault(&fault, NULL, NULL);
	return false;
}

static void
migrate_functions_roll_back(struct migrate *m)
{
	struct pg_fault ignored;

	IGNORE(pg_admin_script(m->db, "ROLLBACK", m->arena, &ignored));
}

bool
migrate_functions_load(struct migrate *m)
{
	size_t changed = 0;

	if (m->functions.n == 0)
		return true;
	if (!migrate_functions_script(m, begin_sql) ||
	    !migrate_functions_apply_all(m, "loaded", &changed) ||
	    (changed > 0 && !migrate_functions_script(m, end_sql))) {
		migrate_functions_roll_back(m);
		fprintf(stderr, "functions: no function was loaded\n");
		return false;
	}
	if (changed == 0)
		migrate_functions_roll_back(m);
	return true;
}

/* Prints the functions without a file. Sets *out_n to their number. */
static bool
migrate_functions_print_without_file(struct migrate *m, size_t *out_n)
{
	const char *names = "{";
	struct pg_table found;
	struct pg_fault fault;

	for (size_t i = 0; i < m->functions.n; i++)
		names = arena_printf(m->arena, "%s%s%s", names, i > 0 ? "," : "",
		    migrate_functions_name(m, &m->functions.items[i]));
	names = arena_printf(m->arena, "%s}", names);
	if (!pg_admin_query(
		m->db, without_file_sql, &names, 1, m->arena, &found, &fault)) {
		migrate_print_fault(&fault, NULL, NULL);
		return false;
	}
	for (size_t i = 0; i < found.rows; i++)
		printf("no file has the function %s\n", found.cells[i]);
	*out_n = found.rows;
	return true;
}

bool
migrate_functions_verify(struct migrate *m)
{
	size_t changed = 0, strangers = 0;
	bool good;

	if (m->functions.n == 0)
		return true;
	good = migrate_functions_script(m, begin_sql) &&
	       migrate_functions_apply_all(m, "differs from its file:", &changed) &&
	       migrate_functions_print_without_file(m, &strangers);
	migrate_functions_roll_back(m);
	return good && changed == 0 && strangers == 0;
}

bool
migrate_functions_drop(struct migrate *m)
{
	struct pg_fault fault;

	if (m->functions.n == 0)
		return true;
	if (!migrate_functions_script(m, "BEGIN"))
		return false;
	for (size_t i = 0; i < m->functions.n; i++) {
		const struct sql_file *file = &m->functions.items[i];

		if (!migrate_functions_drop_one(
			m, migrate_functions_name(m, file), &fault)) {
			migrate_print_fault(&fault, file->path, NULL);
			migrate_functions_roll_back(m);
			return false;
		}
	}
	return migrate_functions_script(m, "COMMIT");
}
