/* echostreamctl db: changes the schema, as the role echostream_owner. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "core/parse.h"

#include "ctl.h"
#include "migrate_functions.h"

#include "core/banned.h"

#define NEAR_DIR      "db/migrations"
#define INSTALLED_DIR ES_DATA_DIR "/db/migrations"

struct db_conf {
	const char *url, *dir;
};

struct db_job {
	struct arena *arena;
	struct migrate migrate;
	const char *dir;
	const char *to; /* version of the last migration to apply; NULL: all */
	bool yes;
	char **words; /* arguments that are not options */
	int n_words;
};

static const struct conf_item items[] = {
    CONF_ITEM(struct db_conf, url, "ES_DATABASE_OWNER_URL", CONF_SECRET, NULL, 1, 4096,
	NULL, "PostgreSQL as URI or conninfo, with the role echostream_owner"),
    CONF_ITEM(struct db_conf, dir, "ES_MIGRATIONS_DIR", CONF_TEXT, "", 0, 4096, NULL,
	"folder of migrations, with the folder functions beside it; empty for "
	"./" NEAR_DIR " or " INSTALLED_DIR),
};

static int
ctl_db_usage(const char *verb, const char *what)
{
	fprintf(stderr, "echostreamctl db %s: %s (see 'echostreamctl db --help')\n", verb,
	    what);
	return CTL_USAGE;
}

/* Returns -1 when the verb may continue, else the exit status. */
static int
ctl_db_read_args(struct db_job *job, int argc, char **argv, int max_words)
{
	static const struct option options[] = {
	    {"dir", required_argument, NULL, 'd'},
	    {"to", required_argument, NULL, 't'},
	    {"yes", no_argument, NULL, 'y'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "d:t:y", options, NULL)) != -1) {
		if (option == 'd')
			job->dir = optarg;
		else if (option == 't')
			job->to = optarg;
		else if (option == 'y')
			job->yes = true;
		else
			return ctl_db_usage(argv[0],
			    "unknown option or missing value; the "
			    "options are --dir FOLDER, "
			    "--to VERSION and --yes");
	}
	job->words = argv + optind;
	job->n_words = argc - optind;
	return job->n_words <= max_words ? -1
	                                 : ctl_db_usage(argv[0], "too many arguments");
}

/* Returns -1 when the verb may continue, else the exit status. */
static int
ctl_db_read_conf(struct db_job *job, struct db_conf *out)
{
	const struct conf_table table = {.items = items, .n = ES_COUNT(items)};
	struct conf_report report;

	if (conf_load(&table, 1, NULL, job->arena, out, &report) != ES_OK) {
		fprintf(stderr, "%s", report.text);
		return CTL_CONFIG;
	}
	if (!job->dir)
		job->dir = *out->dir                     ? out->dir
		           : access(NEAR_DIR, F_OK) == 0 ? NEAR_DIR
		                                         : INSTALLED_DIR;
	return -1;
}

/* Reads arguments and settings, connects, runs the verb and frees everything. */
static int
ctl_db_with_database(
    int argc, char **argv, int max_words, bool files, int (*verb)(struct db_job *job))
{
	struct db_job job = {.arena = arena_new()};
	struct db_conf conf = {0};
	int status = ctl_db_read_args(&job, argc, argv, max_words);

	if (status < 0)
		status = ctl_db_read_conf(&job, &conf);
	if (status < 0)
		status = migrate_open(
			     &job.migrate, conf.url, files ? job.dir : NULL, job.arena)
		             ? verb(&job)
		             : CTL_FAILED;
	migrate_close(&job.migrate);
	arena_free(&job.arena);
	return status;
}

/* Prints every migration that was edited after it was applied. Returns false when there
 * is at least one. */
static bool
ctl_db_nothing_edited(const struct migrate *m)
{
	for (size_t i = 0; i < m->n; i++) {
		if (m->rows[i].state == MIGRATE_EDITED)
			fprintf(stderr, "%s: edited after it was applied at %s\n",
			    m->rows[i].file->path, m->rows[i].at);
	}
	return migrate_count(m, MIGRATE_EDITED) == 0;
}

/* Refuses an unknown --to, so that a typing error does not apply all migrations. */
static bool
ctl_db_has_file(const struct migrate *m, const char *version)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->rows[i].file && strcmp(m->rows[i].version, version) == 0)
			return true;
	fprintf(stderr, "%s: unknown version; no migration has it\n", version);
	return false;
}

static int
ctl_db_migrate(struct db_job *job)
{
	struct migrate *m = &job->migrate;
	size_t n = 0;

	if (job->to && !ctl_db_has_file(m, job->to))
		return CTL_FAILED;
	if (!migrate_lock(m) || !ctl_db_nothing_edited(m))
		return CTL_FAILED;
	if (migrate_count(m, MIGRATE_MISSING) > 0)
		fprintf(stderr, "%s: the database is newer than these files\n", job->dir);
	for (size_t i = 0; i < m->n; i++) {
		if (job->to && strcmp(m->rows[i].version, job->to) > 0)
			break;
		if (m->rows[i].state != MIGRATE_PENDING)
			continue;
		if (!migrate_apply(m, &m->rows[i]))
			return CTL_FAILED;
		n++;
	}
	if (n > 0)
		printf(
		    "%zu migration%s applied, %zu in all\n", n, n == 1 ? "" : "s", m->n);
	else
		printf("up to date, %zu migrations\n", m->n);
	if (m->functions.n > 0 && migrate_functions_fit(m) && !migrate_functions_load(m))
		return CTL_FAILED;
	return CTL_OK;
}

static int
ctl_db_status(struct db_job *job)
{
	static const char *const names[] = {
	    [MIGRATE_PENDING] = "pending",
	    [MIGRATE_APPLIED] = "applied",
	    [MIGRATE_EDITED] = "edited",
	    [MIGRATE_MISSING] = "missing",
	};
	const struct migrate *m = &job->migrate;

	for (size_t i = 0; i < m->n; i++) {
		const struct migrate_row *row = &m->rows[i];

		printf("%-8s  %-20s  %s\n", names[row->state], row->at ? row->at : "-",
		    row->file ? row->file->name : row->version);
	}
	printf("%zu applied, %zu pending\n", m->n - migrate_count(m, MIGRATE_PENDING),
	    migrate_count(m, MIGRATE_PENDING));
	return CTL_OK;
}

static int
ctl_db_verify(struct db_job *job)
{
	const size_t pending = migrate_count(&job->migrate, MIGRATE_PENDING);
	const size_t missing = migrate_count(&job->migrate, MIGRATE_MISSING);
	bool good = ctl_db_nothing_edited(&job->migrate);

	for (size_t i = 0; i < job->migrate.n; i++) {
		const struct migrate_row *row = &job->migrate.rows[i];

		if (row->state == MIGRATE_MISSING)
			fprintf(stderr, "%s: applied, but missing in %s\n", row->version,
			    job->dir);
		else if (row->state == MIGRATE_PENDING)
			fprintf(stderr, "%s: not applied\n", row->file->path);
	}
	good = good && pending == 0 && missing == 0 &&
	       migrate_functions_verify(&job->migrate);
	if (good)
		printf(
		    "%zu migrations applied, as in %s; %zu files of functions loaded\n",
		    job->migrate.n, job->dir, job->migrate.functions.n);
	return good ? CTL_OK : CTL_FAILED;
}

static int
ctl_db_revert_last(struct migrate *m, int64_t count)
{
	for (size_t i = m->n; i > 0 && count > 0; i--) {
		struct migrate_row *row = &m->rows[i - 1];

		if (row->state == MIGRATE_PENDING)
			continue;
		if (!row->file) {
			fprintf(stderr,
			    "%s: the migration's file is missing, so it cannot be "
			    "reverted\n",
			    row->version);
			return CTL_FAILED;
		}
		if (!migrate_revert(m, row))
			return CTL_FAILED;
		count--;
	}
	if (migrate_count(m, MIGRATE_PENDING) == m->n)
		return migrate_functions_drop(m) ? CTL_OK : CTL_FAILED;
	if (m->functions.n > 0)
		printf("functions stay as they are; echostreamctl db migrate of the "
		       "release that this schema belongs to loads its own\n");
	return CTL_OK;
}

static int
ctl_db_rollback(struct db_job *job)
{
	int64_t count = 1;

	if (job->n_words == 1 && strcmp(job->words[0], "all") == 0)
		count = INT64_MAX;
	else if (job->n_words == 1 && !parse_int(job->words[0], 1, 10000, &count))
		return ctl_db_usage(
		    "rollback", "COUNT must be a number from 1 to 10000, or all");
	if (!job->yes)
		return ctl_db_usage("rollback",
		    "rollback drops tables with their rows; add --yes to confirm");
	if (!migrate_lock(&job->migrate) || !ctl_db_nothing_edited(&job->migrate))
		return CTL_FAILED;
	return ctl_db_revert_last(&job->migrate, count);
}

static int
ctl_db_recovered(struct db_job *job)
{
	struct pg_table out;
	struct pg_fault fault;

	if (!pg_admin_query(job->migrate.db, "SELECT epoch, channels FROM es_recovered()",
		NULL, 0, job->arena, &out, &fault)) {
		migrate_print_fault(&fault, NULL, NULL);
		return CTL_FAILED;
	}
	printf("new epoch %s; the sequence numbers of %s channels were raised by "
	       "1,000,000\n",
	    out.cells[0], out.cells[1]);
	return CTL_OK;
}

#define RUN(verb, max_words, files) \
	static int ctl_db_run_##verb(int argc, char **argv) \
	{ \
		return ctl_db_with_database( \
		    argc, argv, max_words, files, ctl_db_##verb); \
	}
RUN(migrate, 0, true)
RUN(status, 0, true)
RUN(verify, 0, true)
RUN(rollback, 1, true)
RUN(recovered, 0, false)

static const struct ctl_verb verbs[] = {
    {"migrate", "[--to VERSION] [--dir FOLDER]",
	"apply the pending migrations, all or up to VERSION; load the functions",
	ctl_db_run_migrate},
    {"status", "[--dir FOLDER]", "list the migrations: applied, pending, edited, missing",
	ctl_db_run_status},
    {"verify", "[--dir FOLDER]",
	"exit 1 unless exactly the migrations of the folder are applied, unedited, and "
	"the functions are those of their files",
	ctl_db_run_verify},
    {"rollback", "[COUNT|all] --yes [--dir FOLDER]",
	"revert the last COUNT migrations, default 1 (for development)",
	ctl_db_run_rollback},
    {"recovered", "",
	"raise all sequence numbers and begin a new epoch, after a restore or a failover "
	"that lost commits",
	ctl_db_run_recovered},
};

const struct ctl_noun ctl_db = {"db", verbs, ES_COUNT(verbs)};
