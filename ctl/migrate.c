/* Compares applied migrations with the files, and locks out other runners. */
#include "migrate.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"

#include "core/banned.h"

static const char connect_sql[] =
    "SET client_min_messages = warning;"
    "SET statement_timeout = '5min'; SET lock_timeout = '1min'";

/* A superuser would own the tables that it makes, and row-level security would not apply
 * to that owner. */
static const char role_sql[] = "SELECT current_user, rolsuper OR rolbypassrls "
			       "FROM pg_roles WHERE rolname = current_user";

/* A statement that waited for the lock would hold a snapshot meanwhile, and CREATE INDEX
 * CONCURRENTLY of the run that has the lock would wait for that snapshot. */
static const char lock_sql[] =
    "SELECT pg_try_advisory_lock(hashtext('echostream.migrate'))";
#define LOCK_TRIES    600
#define LOCK_PAUSE_MS 100

static const char tables_sql[] =
    "CREATE TABLE IF NOT EXISTS schema_migrations (version varchar PRIMARY KEY);"
    "CREATE TABLE IF NOT EXISTS schema_migration_meta (version varchar PRIMARY KEY,"
    " sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(),"
    " ms integer NOT NULL, by text NOT NULL DEFAULT current_user)";

static const char have_sql[] = "SELECT to_regclass('schema_migrations') IS NOT NULL,"
			       " to_regclass('schema_migration_meta') IS NOT NULL";

static const char applied_sql[] =
    "SELECT version, sha256, to_char(applied_at AT TIME ZONE 'UTC',"
    " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), ms, by FROM schema_migrations"
    " LEFT JOIN schema_migration_meta USING (version) ORDER BY version COLLATE \"C\"";

/* Reads the applied versions of a database that dbmate migrated: it has
 * schema_migrations, but not our table of checksums. */
static const char foreign_sql[] =
    "SELECT version, NULL, NULL, NULL, NULL"
    " FROM schema_migrations ORDER BY version COLLATE \"C\"";

void
migrate_print_fault(
    const struct pg_fault *fault, const char *path, const struct migration_part *part)
{
	if (path && part && fault->position > 0)
		fprintf(stderr, "%s:%u: ", path, migration_line(part, fault->position));
	else
		fprintf(stderr, "%s: ", path ? path : "database");
	fprintf(stderr, "%s (SQLSTATE %s)\n", fault->message, fault->sqlstate);
	if (fault->detail)
		fprintf(stderr, "  detail: %s\n", fault->detail);
	if (fault->hint)
		fprintf(stderr, "  hint: %s\n", fault->hint);
}

static enum migrate_state
migrate_state_of(const struct migrate_row *row)
{
	if (!row->file)
		return MIGRATE_MISSING;
	if (row->sha256 && strcmp(row->sha256, row->file->sha256) != 0 &&
	    !migration_had_checksum(row->file, row->sha256))
		return MIGRATE_EDITED;
	return MIGRATE_APPLIED;
}

/* Merges the applied versions (done) with the files. Both are sorted by version. */
static void
migrate_merge(struct migrate *m, const struct pg_table *done)
{
	const struct migration_list *files = &m->files;
	size_t file = 0, row = 0;

	m->rows = arena_alloc(m->arena, (files->n + done->rows + 1) * sizeof(*m->rows));
	while (file < files->n || row < done->rows) {
		const struct migration *f = file < files->n ? &files->items[file] : NULL;
		const char **cells =
		    row < done->rows ? &done->cells[row * done->cols] : NULL;
		const int order = !f ? 1 : !cells ? -1 : strcmp(f->version, cells[0]);
		struct migrate_row *out = &m->rows[m->n++];

		if (order <= 0) {
			*out = (struct migrate_row){.version = f->version, .file = f};
			file++;
		}
		if (cells != NULL && order >= 0) {
			*out = (struct migrate_row){cells[0], out->file, MIGRATE_APPLIED,
			    cells[1], cells[2], cells[3], cells[4]};
			out->state = migrate_state_of(out);
			row++;
		}
	}
}

static bool
migrate_read_applied(struct migrate *m, struct pg_fault *fault)
{
	struct pg_table have, done = {0};

	m->n = 0;
	if (!pg_admin_query(m->db, have_sql, NULL, 0, m->arena, &have, fault))
		return false;
	if (*have.cells[0] == 't' &&
	    !pg_admin_query(m->db, *have.cells[1] == 't' ? applied_sql : foreign_sql,
		NULL, 0, m->arena, &done, fault))
		return false;
	migrate_merge(m, &done);
	return true;
}

static bool
migrate_check_role(struct migrate *m, struct pg_fault *fault)
{
	struct pg_table role;

	if (!pg_admin_query(m->db, role_sql, NULL, 0, m->arena, &role, fault))
		return false;
	if (*role.cells[1] == 'f')
		return true;
	*fault = (struct pg_fault){
	    .sqlstate = "42501",
	    .message = arena_printf(m->arena,
		"%s is a superuser or bypasses row-level security", role.cells[0]),
	    .hint = "Connect as echostream_owner; db/roles.sql creates it.",
	};
	return false;
}

/* The folder "functions" beside dir. */
static const char *
migrate_functions_dir(struct arena *a, const char *dir)
{
	const char *slash = strrchr(dir, '/');
	const char *last = slash != NULL ? slash + 1 : dir;

	if (*last == '\0' || *last == '.')
		return arena_printf(a, "%s/../functions", dir);
	return arena_printf(a, "%.*sfunctions", (int)(last - dir), dir);
}

bool
migrate_open(struct migrate *m, const char *url, const char *dir, struct arena *a)
{
	struct pg_fault fault;
	struct es_err err = {0};

	*m = (struct migrate){.arena = a};
	if (dir && (migration_load(dir, a, &m->files, &err) != ES_OK ||
		       sql_file_read_all(migrate_functions_dir(a, dir), a, &m->functions,
			   &err) != ES_OK)) {
		fprintf(stderr, "%s\n", err.text);
		return false;
	}
	if (pg_admin_open(url, a, &m->db, &fault) && pg_admin_direct(m->db, a, &fault) &&
	    pg_admin_script(m->db, connect_sql, a, &fault) &&
	    migrate_check_role(m, &fault) && migrate_read_applied(m, &fault))
		return true;
	migrate_print_fault(&fault, NULL, NULL);
	migrate_close(m);
	return false;
}

void
migrate_close(struct migrate *m)
{
	pg_admin_close(&m->db);
}

static bool
migrate_take_lock(struct migrate *m, struct pg_fault *fault)
{
	for (unsigned i = 0; i < LOCK_TRIES; i++) {
		struct pg_table locked;

		if (i > 0)
			clock_sleep_ms(LOCK_PAUSE_MS);
		if (!pg_admin_query(m->db, lock_sql, NULL, 0, m->arena, &locked, fault))
			return false;
		if (strcmp(locked.cells[0], "t") == 0)
			return true;
	}
	*fault = (struct pg_fault){
	    .sqlstate = "55P03",
	    .message = "another echostreamctl db has been at work on this database for a "
		       "minute",
	    .hint = "Wait until it has finished, and try again.",
	};
	return false;
}

bool
migrate_lock(struct migrate *m)
{
	struct pg_fault fault;

	if (migrate_take_lock(m, &fault) &&
	    pg_admin_script(m->db, tables_sql, m->arena, &fault) &&
	    migrate_read_applied(m, &fault))
		return true;
	migrate_print_fault(&fault, NULL, NULL);
	return false;
}

size_t
migrate_count(const struct migrate *m, enum migrate_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += m->rows[i].state == state;
	return n;
}
