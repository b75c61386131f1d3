/* All processes of a program together log one line when an outage begins, one when its
 * cause changes, and one when it ends. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/outage.h"
#include "cunit_main.h"

#include "core/banned.h"

#define FAILURES 100

static char seen[16384];
static FILE *file;
static int kept;

static void
capture_log(void)
{
	log_init("test", LOG_INFO);
	outage_init(); /* forget the failures of the test before */
	file = tmpfile();
	kept = dup(2);
	CU_ASSERT_TRUE_FATAL(file != NULL && kept >= 0);
	(void)dup2(fileno(file), 2);
}

/* Ends the capture. Returns the number of lines; `seen` holds their text. */
static unsigned
logged_lines(void)
{
	unsigned lines = 0;
	size_t len;

	(void)dup2(kept, 2);
	(void)close(kept);
	rewind(file);
	len = fread(seen, 1, sizeof(seen) - 1, file);
	seen[len] = '\0';
	(void)fclose(file);
	for (size_t i = 0; i < len; i++)
		lines += seen[i] == '\n';
	return lines;
}

static struct es_err
error_of(const char *text, const char *sqlstate, const char *cause)
{
	struct es_err err;

	IGNORE(es_fail(&err, ES_UNAVAILABLE, "%s", text));
	(void)snprintf(err.sqlstate, sizeof(err.sqlstate), "%s", sqlstate);
	(void)snprintf(err.cause, sizeof(err.cause), "%s", cause);
	return err;
}

static void
many_failures_make_one_line(void)
{
	const struct es_err err =
	    error_of("database unreachable", "28000", "no such role");

	capture_log();
	for (unsigned i = 0; i < FAILURES; i++)
		outage_report_failure(OUTAGE_POSTGRES, &err);
	CU_ASSERT_EQUAL(logged_lines(), 1);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(seen, "\"msg\":\"service unavailable\",\"service\":\"postgres\","
			 "\"error\":\"database unreachable\",\"sqlstate\":\"28000\","
			 "\"cause\":\"no such role\"}"));
}

static void
processes_share_an_outage(void)
{
	const struct es_err err = error_of("Redis: gone", "", "");

	capture_log();
	for (unsigned i = 0; i < 4; i++) {
		const pid_t child = fork();

		if (child == 0) {
			outage_report_failure(OUTAGE_REDIS, &err);
			_exit(0);
		}
		CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
	}
	outage_report_failure(OUTAGE_REDIS, &err);
	CU_ASSERT_EQUAL(logged_lines(), 1);
}

static void
two_causes_that_alternate_do_not_fill_the_log(void)
{
	const struct es_err a = error_of("a", "", ""), b = error_of("b", "", "");

	capture_log();
	for (unsigned i = 0; i < FAILURES; i++)
		outage_report_failure(OUTAGE_QUEUE, i % 2 == 0 ? &a : &b);
	CU_ASSERT_EQUAL(logged_lines(), 1);
}

static void
an_error_names_the_service(void)
{
	static const struct {
		const char *text, *sqlstate, *service;
	} rows[] = {{"database error", "42501", "\"postgres\""},
	    {"Redis: no answer in time", "", "\"redis\""},
	    {"database unreachable", "", "\"postgres\""},
	    {"too many statements in flight", "", "\"postgres\""},
	    {"SQS is throttling", "", "\"queue\""}};

	for (unsigned i = 0; i < ES_COUNT(rows); i++) {
		const struct es_err err = error_of(rows[i].text, rows[i].sqlstate, "");

		capture_log();
		outage_report_failed_call(&err);
		CU_ASSERT_EQUAL(logged_lines(), 1);
		CU_ASSERT_PTR_NOT_NULL(strstr(seen, rows[i].service));
	}
}

/* While calls of one process succeed and calls of another fail, the outage continues and
 * logs no further lines. */
static void
a_success_ends_an_outage_only_after_a_time_without_failures(void)
{
	const struct es_err err = error_of("Redis: gone", "", "");
	const int64_t start_ms = clock_mono_ms();

	capture_log();
	for (unsigned i = 0; i < FAILURES; i++) {
		outage_report_failure(OUTAGE_REDIS, &err);
		outage_report_success(OUTAGE_REDIS);
	}
	CU_ASSERT_TRUE_FATAL(clock_mono_ms() - start_ms < OUTAGE_QUIET_MS);
	outage_report_success(OUTAGE_POSTGRES);
	CU_ASSERT_EQUAL(logged_lines(), 1);

	capture_log();
	outage_report_failure(OUTAGE_REDIS, &err);
	while (clock_mono_ms() - start_ms < OUTAGE_QUIET_MS + 1000) {
		outage_report_success(OUTAGE_REDIS);
		clock_sleep_ms(50);
	}
	CU_ASSERT_EQUAL(logged_lines(), 2);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(seen, "\"msg\":\"service available again\",\"service\":\"redis\","
			 "\"outage_ms\":0,\"failures\":1}"));
}

static CU_TestInfo cases[] = {
    {"many failures make one line", many_failures_make_one_line},
    {"processes share an outage", processes_share_an_outage},
    {"two causes that alternate do not fill the log",
	two_causes_that_alternate_do_not_fill_the_log},
    {"an error names the service", an_error_names_the_service},
    {"a success ends an outage only after a time without failures",
	a_success_ends_an_outage_only_after_a_time_without_failures},
    CU_TEST_INFO_NULL,
};
CUNIT_MAIN("outage", cases)
