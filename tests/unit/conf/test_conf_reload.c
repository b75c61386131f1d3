/* Reload of settings: the program takes all changes of a good file or none. The master
 * hands the settings to its workers. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/conf_share.h"
#include "core/log.h"
#include "cunit_main.h"

struct values {
	const char *level, *folder, *secret;
	int64_t limit, workers;
	bool flag;
};

#define ROW(...) CONF_ITEM(struct values, __VA_ARGS__)

/* A reload accepts only names that conf_names.c lists. */
static const struct conf_item items[] = {
    ROW(level, "ES_LOG_LEVEL", CONF_ENUM, "info", 1, 8, "info debug", "level"),
    ROW(folder, "ES_RUN_DIR", CONF_TEXT, "/run", 1, 20, NULL, "folder"),
    ROW(secret, "ES_JWT_SECRET", CONF_SECRET, "none", 4, 8, NULL, "secret"),
    ROW(limit, "ES_LIMIT_FRAMES", CONF_INT, "7", 1, 100, NULL, "limit"),
    ROW(workers, "ES_API_WORKERS", CONF_INT, "4", 1, 100, NULL, "processes"),
    ROW(flag, "ES_DEV_TCP", CONF_BOOL, "no", 0, 0, NULL, "flag"),
};
static const char *const live[] = {
    "ES_LOG_LEVEL", "ES_JWT_SECRET", "ES_LIMIT_FRAMES", "ES_DEV_TCP"};
static const char *const fixed[] = {"ES_RUN_DIR", "ES_API_WORKERS"};
static const struct conf_reloads only = {CONF_RELOADS_ONLY, live, ES_COUNT(live)};
static const struct conf_reloads all_but = {CONF_RELOADS_ALL_BUT, fixed, ES_COUNT(fixed)};
static const struct conf_table by_name = {items, ES_COUNT(items), NULL, 0, &only};
static const struct conf_table by_rest = {items, ES_COUNT(items), NULL, 0, &all_but};

static char path[] = "/tmp/es-conf-reload-XXXXXX";
static struct arena *a;
static struct values v;

static void
write_file(const char *content)
{
	FILE *f = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_TRUE(fputs(content, f) >= 0);
	CU_ASSERT_EQUAL(fclose(f), 0);
}

static void
load_empty(const struct conf_table *table)
{
	struct conf_report report;

	(void)setenv("ES_SETTINGS_FILE", path, 1);
	arena_free(&a);
	a = arena_new();
	v = (struct values){0};
	write_file("");
	CU_ASSERT_EQUAL_FATAL(conf_load(table, 1, conf_names, a, &v, &report), ES_OK);
}

/* Reloads, and returns the log of the reload. The text is valid until the next call. */
static const char *
reload(const struct conf_table *table, enum es_code want)
{
	static char said[8192];
	FILE *log = tmpfile();
	const int stderr_was = dup(STDERR_FILENO);
	size_t n;

	CU_ASSERT_TRUE_FATAL(log != NULL && stderr_was >= 0);
	CU_ASSERT_TRUE(dup2(fileno(log), STDERR_FILENO) >= 0);
	log_init("test", LOG_INFO);
	CU_ASSERT_EQUAL(conf_reload(table, 1, &a, &v, sizeof(v)), want);
	CU_ASSERT_TRUE(dup2(stderr_was, STDERR_FILENO) >= 0);
	(void)close(stderr_was);
	rewind(log);
	n = fread(said, 1, sizeof(said) - 1, log);
	said[n] = '\0';
	(void)fclose(log);
	return said;
}

static void
makes_a_file(void)
{
	const int fd = mkstemp(path);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	(void)close(fd);
}

static void
takes_the_settings_that_it_can_and_names_the_others(void)
{
	const struct conf_table *const tables[] = {&by_name, &by_rest};

	for (unsigned i = 0; i < ES_COUNT(tables); i++) {
		const char *said;

		load_empty(tables[i]);
		write_file("ES_LOG_LEVEL=debug\nES_RUN_DIR=/other\nES_JWT_SECRET=hidden\n"
			   "ES_LIMIT_FRAMES=8\nES_API_WORKERS=9\nES_DEV_TCP=yes\n");
		said = reload(tables[i], ES_OK);
		CU_ASSERT_STRING_EQUAL(v.level, "debug");
		CU_ASSERT_STRING_EQUAL(v.folder, "/run");
		CU_ASSERT_STRING_EQUAL(v.secret, "hidden");
		CU_ASSERT_EQUAL(v.limit, 8);
		CU_ASSERT_EQUAL(v.workers, 4);
		CU_ASSERT_TRUE(v.flag);
		CU_ASSERT_PTR_NOT_NULL(strstr(said,
		    "\"changed\":\"ES_LOG_LEVEL, ES_JWT_SECRET, ES_LIMIT_FRAMES, "
		    "ES_DEV_TCP\""));
		CU_ASSERT_PTR_NOT_NULL(strstr(said, "\"setting\":\"ES_RUN_DIR\""));
		CU_ASSERT_PTR_NOT_NULL(strstr(said, "\"setting\":\"ES_API_WORKERS\""));
		CU_ASSERT_PTR_NULL(strstr(said, "hidden"));
		/* The kept ES_RUN_DIR is a copy: a second reload frees the memory of the
		 * first. */
		said = reload(tables[i], ES_OK);
		CU_ASSERT_STRING_EQUAL(v.folder, "/run");
		CU_ASSERT_PTR_NOT_NULL(strstr(said, "\"changed\":\"none\""));
	}
}

static void
a_setting_removed_from_the_file_has_its_default(void)
{
	load_empty(&by_name);
	write_file("ES_LIMIT_FRAMES=8\n");
	(void)reload(&by_name, ES_OK);
	CU_ASSERT_EQUAL(v.limit, 8);
	write_file("");
	(void)reload(&by_name, ES_OK);
	CU_ASSERT_EQUAL(v.limit, 7);
}

static void
takes_nothing_from_a_faulty_file(void)
{
	const char *said;

	load_empty(&by_name);
	write_file("ES_LIMIT_FRAMES=8\nES_LOG_LEVEL=loud\nES_API_WORKERS=0\n");
	said = reload(&by_name, ES_INVALID);
	CU_ASSERT_EQUAL(v.limit, 7);
	CU_ASSERT_STRING_EQUAL(v.level, "info");
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "ES_LOG_LEVEL ("));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "ES_API_WORKERS ("));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "reload refused"));
	CU_ASSERT_EQUAL(unlink(path), 0);
	said = reload(&by_name, ES_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "can't read"));
	CU_ASSERT_STRING_EQUAL(v.level, "info");
}

/* open() of a named pipe waits for a writer. Meanwhile the master would handle no signal.
 */
static void
a_named_pipe_does_not_block(void)
{
	const char *said;

	load_empty(&by_name);
	CU_ASSERT_EQUAL(unlink(path), 0);
	CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0600), 0);
	(void)alarm(5); /* kills this test when the reload blocks */
	said = reload(&by_name, ES_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "not a regular file"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "reload refused"));
	CU_ASSERT_EQUAL(unlink(path), 0);
	write_file("ES_JWT_SECRET_FILE=/dev/null\n");
	said = reload(&by_name, ES_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "can't read /dev/null: not a regular file"));
	(void)alarm(0);
}

static void
logs_that_the_environment_can_not_change(void)
{
	load_empty(&by_name);
	(void)unsetenv("ES_SETTINGS_FILE");
	/* a compose file may set it to an empty value */
	(void)setenv("ES_JWT_SECRET_FILE", "", 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(reload(&by_name, ES_INVALID), "changes nothing"));
	(void)setenv("ES_JWT_SECRET_FILE", path, 1);
	write_file("secret\n");
	(void)reload(&by_name, ES_OK);
	CU_ASSERT_STRING_EQUAL(v.secret, "secret");
	(void)unsetenv("ES_JWT_SECRET_FILE");
}

/* A program reads its settings before its master handles signals. A SIGHUP that arrives
 * before that stays pending. */
static void
a_reload_during_the_start_waits(void)
{
	char *argv[] = {(char[]){"test"}, NULL};
	sigset_t waiting;

	load_empty(&by_name);
	CU_ASSERT_EQUAL(conf_main(1, argv, "test", &by_name, 1, a, &v), CONF_RUN);
	(void)raise(SIGHUP);
	CU_ASSERT_EQUAL(sigpending(&waiting), 0);
	CU_ASSERT_EQUAL(sigismember(&waiting, SIGHUP), 1);
	(void)signal(SIGHUP, SIG_IGN); /* discards the pending signal */
	(void)signal(SIGHUP, SIG_DFL);
}

static void
a_worker_gets_the_settings_that_the_master_puts(void)
{
	struct conf_share *s = conf_share_new(&by_name, 1);
	struct values worker;
	struct es_err err;

	load_empty(&by_name);
	worker = v;
	CU_ASSERT_EQUAL(conf_share_get(s, a, &worker, &err), ES_NOT_FOUND);
	v.secret = "12345678"; /* eight characters, the maximum of its row */
	v.limit = 9;
	v.workers = 99;
	v.flag = true;
	conf_share_put(s, &v);
	CU_ASSERT_EQUAL(conf_share_get(s, a, &worker, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(worker.secret, "12345678");
	CU_ASSERT_STRING_EQUAL(worker.level, "info");
	CU_ASSERT_EQUAL(worker.limit, 9);
	CU_ASSERT_EQUAL(worker.workers, 4); /* a reload does not change ES_API_WORKERS */
	CU_ASSERT_TRUE(worker.flag);
	conf_share_free(&s);
	CU_ASSERT_PTR_NULL(s);
}

/* The master always writes secret and limit together; a worker must never read a mix of
 * two writes. */
static void
a_worker_never_reads_a_mix_of_two_writes(void)
{
	struct conf_share *s = conf_share_new(&by_name, 1);
	struct es_err err;
	int mixed = 0, seen[2] = {0};
	pid_t master;

	load_empty(&by_name);
	conf_share_put(s, &v);
	master = fork();
	if (master == 0)
		for (unsigned i = 0; getppid() > 1; i++) {
			v.secret = i % 2 == 0 ? "evenevn" : "oddd";
			v.limit = i % 2 == 0 ? 2 : 1;
			conf_share_put(s, &v);
		}
	for (int i = 0; i < 200000 && (seen[0] < 100 || seen[1] < 100); i++) {
		struct arena *r = arena_new();
		struct values worker = v;

		CU_ASSERT_EQUAL(conf_share_get(s, r, &worker, &err), ES_OK);
		if (worker.limit != 7) {
			mixed += (worker.limit == 2) !=
			         (strcmp(worker.secret, "evenevn") == 0);
			seen[worker.limit == 2]++;
		}
		arena_free(&r);
	}
	CU_ASSERT_EQUAL(kill(master, SIGKILL), 0);
	CU_ASSERT_EQUAL(waitpid(master, NULL, 0), master);
	CU_ASSERT_EQUAL(mixed, 0);
	CU_ASSERT_TRUE(seen[0] > 0 && seen[1] > 0);
	conf_share_free(&s);
}

static void
removes_the_file(void)
{
	(void)unsetenv("ES_SETTINGS_FILE");
	(void)unlink(path);
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"makes a file", makes_a_file},
    {"takes the settings that can change and logs the others",
	takes_the_settings_that_it_can_and_names_the_others},
    {"a setting removed from the file has its default",
	a_setting_removed_from_the_file_has_its_default},
    {"takes nothing from a faulty file", takes_nothing_from_a_faulty_file},
    {"does not wait for a named pipe", a_named_pipe_does_not_block},
    {"a reload without a file logs that it changes nothing",
	logs_that_the_environment_can_not_change},
    {"a SIGHUP during the start stays pending", a_reload_during_the_start_waits},
    {"a worker gets the settings that the master shares",
	a_worker_gets_the_settings_that_the_master_puts},
    {"a worker never reads a mix of two writes",
	a_worker_never_reads_a_mix_of_two_writes},
    {"removes the file", removes_the_file},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("conf_reload", cases)
