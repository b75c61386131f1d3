/* Applies one file at a time, each in its transaction and with a short lock_timeout: a
 * statement that waits for an exclusive lock holds up every statement behind it. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"

#include "migrate.h"

#include "core/banned.h"

#define TRIES 5

enum direction { UP, DOWN };

static bool
migrate_apply_worth_retrying(const struct pg_fault *fault)
{
	return strcmp(fault->sqlstate, "55P03") == 0 ||
	       strcmp(fault->sqlstate, "40P01") == 0;
}

static bool
migrate_apply_record_up(
    struct migrate *m, const struct migration *file, int64_t ms, struct pg_fault *fault)
{
	const char *const params[] = {
	    file->version, file->sha256, arena_printf(m->arena, "%lld", (long long)ms)};

	return pg_admin_query(m->db,
		   "INSERT INTO schema_migrations (version) VALUES ($1)", params, 1,
		   m->arena, NULL, fault) &&
	       pg_admin_query(m->db,
		   "INSERT INTO schema_migration_meta (version, sha256, ms) VALUES ($1, "
		   "$2, $3)",
		   params, 3, m->arena, NULL, fault);
}

static bool
migrate_apply_record_down(
    struct migrate *m, const struct migration *file, struct pg_fault *fault)
{
	const char *const params[] = {file->version};

	return pg_admin_query(m->db, "DELETE FROM schema_migrations WHERE version = $1",
		   params, 1, m->arena, NULL, fault) &&
	       pg_admin_query(m->db,
		   "DELETE FROM schema_migration_meta WHERE version = $1", params, 1,
		   m->arena, NULL, fault);
}

static bool
migrate_apply_record(struct migrate *m, const struct migration *file, enum direction way,
    int64_t ms, struct pg_fault *fault)
{
	return way == UP ? migrate_apply_record_up(m, file, ms, fault)
	                 : migrate_apply_record_down(m, file, fault);
}

/* On failure, *out_in_file is true when a statement of the file failed, and false when a
 * statement around the file failed, such as the one that records the migration. */
static bool
migrate_apply_run_once(struct migrate *m, const struct migration *file,
    enum direction way, int64_t *out_ms, bool *out_in_file, struct pg_fault *fault)
{
	const struct migration_part *part = way == UP ? &file->up : &file->down;
	const char *begin = part->transaction ? "SET lock_timeout = '1s'; BEGIN"
	                                      : "SET lock_timeout = '1s'";
	const int64_t start_ms = clock_mono_ms();

	*out_in_file = false;
	if (!pg_admin_script(m->db, begin, m->arena, fault))
		return false;
	*out_in_file = true;
	if (!pg_admin_script(m->db, part->sql, m->arena, fault))
		return false;
	*out_in_file = false;
	*out_ms = clock_mono_ms() - start_ms;
	if (!part->transaction && !pg_admin_script(m->db, "BEGIN", m->arena, fault))
		return false;
	return migrate_apply_record(m, file, way, *out_ms, fault) &&
	       pg_admin_script(m->db, "COMMIT", m->arena, fault);
}

static bool
migrate_apply_run(struct migrate *m, const struct migration *file, enum direction way)
{
	const struct migration_part *part = way == UP ? &file->up : &file->down;
	struct pg_fault fault, ignored;
	int64_t ms = 0;
	bool in_file;

	for (unsigned tries = 1;; tries++) {
		if (migrate_apply_run_once(m, file, way, &ms, &in_file, &fault))
			break;
		IGNORE(pg_admin_script(m->db, "ROLLBACK", m->arena, &ignored));
		if (tries == TRIES || !migrate_apply_worth_retrying(&fault)) {
			migrate_print_fault(&fault, file->path, in_file ? part : NULL);
			fprintf(stderr, "%s: %s\n", file->path,
			    part->transaction ? "nothing of this file was applied"
					      : "it runs outside a transaction; check "
						"which statements took effect");
			return false;
		}
		fprintf(stderr, "%s: another session holds a lock, trying again\n",
		    file->name);
		clock_sleep_ms(clock_backoff_ms(tries, 200, 3000));
	}
	printf("%s %s (%lld ms)\n", way == UP ? "applied" : "reverted", file->name,
	    (long long)ms);
	return true;
}

bool
migrate_apply(struct migrate *m, struct migrate_row *row)
{
	if (!migrate_apply_run(m, row->file, UP))
		return false;
	row->state = MIGRATE_APPLIED;
	return true;
}

bool
migrate_revert(struct migrate *m, struct migrate_row *row)
{
	if (!migrate_apply_run(m, row->file, DOWN))
		return false;
	row->state = MIGRATE_PENDING;
	return true;
}
