#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "cunit_main.h"

struct values {
	const char *text, *secret, *url, *mode;
	int64_t number;
	bool flag;
};

#define ROW(...) CONF_ITEM(struct values, __VA_ARGS__)

static const struct conf_item items[] = {
    ROW(text, "ES_TEXT", CONF_TEXT, "abc", 1, 5, NULL, "some text"),
    ROW(secret, "ES_SECRET", CONF_SECRET, NULL, 4, 8, NULL, "a secret"),
    ROW(url, "ES_ADDR", CONF_URL, "redis:", 1, 99, "redis mem host", "an address"),
    ROW(mode, "ES_MODE", CONF_ENUM, "one", 1, 9, "one two", "a mode"),
    ROW(number, "ES_NUMBER", CONF_INT, "7", 1, 10, NULL, "a number"),
    ROW(flag, "ES_FLAG", CONF_BOOL, "false", 0, 0, NULL, "a flag"),
};

static enum es_code
refuse_mess(const char *value, struct arena *a, struct es_err *err)
{
	(void)a;
	return strstr(value, "mess") == NULL ? ES_OK
	                                     : es_fail(err, ES_INVALID, "is a mess");
}

static const struct conf_check checks[] = {
    {"ES_ADDR", refuse_mess}, {"ES_TEXT", refuse_mess}};
static const struct conf_table table = {
    items, ES_COUNT(items), checks, ES_COUNT(checks), NULL};
static const char *const known[] = {
    "ES_TEXT", "ES_SECRET", "ES_ADDR", "ES_MODE", "ES_NUMBER", "ES_FLAG", NULL};

static struct arena *a;
static struct values v;
static struct conf_report report;

static enum es_code
load(void)
{
	v = (struct values){0};
	return conf_load(&table, 1, known, a, &v, &report);
}

static void
reset_environment(void)
{
	for (size_t i = 0; known[i] != NULL; i++)
		(void)unsetenv(known[i]);
	(void)unsetenv("ES_SECRET_FILE");
	(void)unsetenv("ES_ADDR_FILE");
	(void)unsetenv("ES_NUMBER_FILE");
	(void)unsetenv("ES_NUMBRE_FILE");
	(void)unsetenv("ES_NUMBRE");
	(void)setenv("ES_SECRET", "12345", 1);
	arena_free(&a);
	a = arena_new();
}

static void
reads_defaults_and_environment(void)
{
	reset_environment();
	(void)setenv("ES_NUMBER", "10", 1);
	(void)setenv("ES_FLAG", "on", 1);
	(void)setenv("ES_TEXT", "", 1);
	CU_ASSERT_EQUAL(load(), ES_OK);
	CU_ASSERT_STRING_EQUAL(v.text, "abc");
	CU_ASSERT_STRING_EQUAL(v.secret, "12345");
	CU_ASSERT_EQUAL(v.number, 10);
	CU_ASSERT_TRUE(v.flag);
}

static void
every_setting_refuses_a_bad_value(void)
{
	static const struct {
		const char *name, *value;
	} bad[] = {{"ES_TEXT", "123456"}, {"ES_SECRET", "123"},
	    {"ES_SECRET", "123456789"}, {"ES_ADDR", "http://x"}, {"ES_ADDR", "redi:"},
	    {"ES_ADDR", "redis"}, {"ES_ADDR", "=x"}, {"ES_ADDR", "redis:mess"},
	    {"ES_TEXT", "mess"}, {"ES_TEXT", "messy mess"}, {"ES_MODE", "three"},
	    {"ES_MODE", "on"}, {"ES_NUMBER", "11"}, {"ES_NUMBER", "0"},
	    {"ES_NUMBER", "x"}, {"ES_FLAG", "maybe"}, {"ES_NUMBER_FILE", "/etc/hostname"},
	    {"ES_NUMBRE_FILE", "5"}, {"ES_NUMBRE", "5"}};

	for (unsigned i = 0; i < ES_COUNT(bad); i++) {
		reset_environment();
		(void)setenv(bad[i].name, bad[i].value, 1);
		CU_ASSERT_EQUAL(load(), ES_INVALID);
		CU_ASSERT_EQUAL(report.n_faults, 1);
		CU_ASSERT_EQUAL(
		    strncmp(report.text, bad[i].name, strlen(bad[i].name)), 0);
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(report.text, "did you mean ES_NUMBER?"));
}

static void
reports_all_faults_at_once(void)
{
	reset_environment();
	(void)unsetenv("ES_SECRET");
	(void)setenv("ES_NUMBER", "11", 1);
	(void)setenv("ES_MODE", "three", 1);
	CU_ASSERT_EQUAL(load(), ES_INVALID);
	CU_ASSERT_EQUAL(report.n_faults, 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.text, "ES_SECRET (not set): is required"));
	CU_ASSERT_PTR_NOT_NULL(strstr(report.text, "ES_NUMBER (environment)"));
	CU_ASSERT_PTR_NOT_NULL(strstr(report.text, "must be one of: one two"));
}

static void
reads_a_secret_from_a_file(void)
{
	char path[] = "/tmp/es-conf-XXXXXX";
	const int fd = mkstemp(path);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, "abcdef\n", 7), 7);
	(void)close(fd);
	reset_environment();
	(void)setenv("ES_SECRET_FILE", path, 1);
	CU_ASSERT_EQUAL(load(), ES_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.text, "is set twice"));
	(void)unsetenv("ES_SECRET");
	CU_ASSERT_EQUAL(load(), ES_OK);
	CU_ASSERT_STRING_EQUAL(v.secret, "abcdef");
	/* A compose file may set both variables, one of them to an empty value. */
	(void)setenv("ES_SECRET", "", 1);
	CU_ASSERT_EQUAL(load(), ES_OK);
	CU_ASSERT_STRING_EQUAL(v.secret, "abcdef");
	(void)setenv("ES_SECRET", "direct", 1);
	(void)setenv("ES_SECRET_FILE", "", 1);
	CU_ASSERT_EQUAL(load(), ES_OK);
	CU_ASSERT_STRING_EQUAL(v.secret, "direct");
	(void)unsetenv("ES_SECRET");
	CU_ASSERT_EQUAL(load(), ES_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.text, "ES_SECRET (not set): is required"));
	(void)setenv("ES_SECRET_FILE", path, 1);
	(void)unlink(path);
	CU_ASSERT_EQUAL(load(), ES_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.text, "can't read"));
}

/* A URL may contain a password, so a file may hold it as well. */
static void
reads_a_url_from_a_file(void)
{
	char path[] = "/tmp/es-conf-XXXXXX";
	const int fd = mkstemp(path);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, "redis://:pw@h/0\n", 16), 16);
	reset_environment();
	(void)setenv("ES_ADDR_FILE", path, 1);
	CU_ASSERT_EQUAL(load(), ES_OK);
	CU_ASSERT_STRING_EQUAL(v.url, "redis://:pw@h/0");
	CU_ASSERT_EQUAL(pwrite(fd, "\0", 1, 5), 1);
	CU_ASSERT_EQUAL(load(), ES_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.text, "contains a NUL byte"));
	CU_ASSERT_EQUAL(ftruncate(fd, 20000), 0);
	CU_ASSERT_EQUAL(load(), ES_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.text, "is larger than 16384 bytes"));
	(void)close(fd);
	(void)unlink(path);
}

static void
a_folder_is_refused_as_a_secret(void)
{
	reset_environment();
	(void)unsetenv("ES_SECRET");
	(void)setenv("ES_SECRET_FILE", "/tmp", 1);
	CU_ASSERT_EQUAL(load(), ES_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.text, "can't read /tmp: Is a directory"));
}

static void
a_name_that_is_too_long_is_not_a_setting(void)
{
	char name[300] = "ES_";

	memset(name + 3, 'X', sizeof(name) - 4);
	name[sizeof(name) - 1] = '\0';
	reset_environment();
	(void)setenv(name, "1", 1);
	CU_ASSERT_EQUAL(load(), ES_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.warnings, "not a setting of EchoStream"));
	(void)unsetenv(name);
}

/* Misspelt names are refused; names of other projects and earlier releases are not. */
static void
names_of_other_projects_do_not_stop_a_start(void)
{
	static const char *const others[] = {"ES_JAVA_OPTS", "ES_JAVA_HOME", "ES_HOME",
	    "ES_PATH_CONF", "ES_PATH_DATA", "ES_HEAP_SIZE", "ES_HOST", "ES_HOSTS",
	    "ES_USER", "ES_USERNAME", "ES_PASSWORD", "ES_PASS", "ES_INDEX",
	    "ES_NODE_NAME", "ES_CLUSTER_NAME", "ES_API_KEY", "ES_CLOUD_ID", "ES_TMPDIR",
	    "ES_VERSION", "ES_SSL_CA", "ES_STARTUP_SLEEP_TIME", "ES_GROUP", "ES_NODES",
	    "ES_PASSWORD_FILE", "ES_KEYSTORE_PASSPHRASE_FILE", "ES_", "ES_X",
	    "ES_PUSH_LOOKUP_WAIT_MS", "ES_PUSH_LOOKUP_CALM_PER_S"};

	for (unsigned i = 0; i < ES_COUNT(others); i++) {
		reset_environment();
		(void)setenv(others[i], "x", 1);
		IGNORE(conf_load(&table, 1, conf_names, a, &v, &report) == ES_OK);
		CU_ASSERT_PTR_NOT_NULL(strstr(report.warnings, others[i]));
		CU_ASSERT_PTR_NULL(strstr(report.text, others[i]));
		(void)unsetenv(others[i]);
	}
}

static void
misspelt_names_are_refused(void)
{
	static const struct {
		const char *name, *meant;
	} slips[] = {{"ES_API_WORKRS", "ES_API_WORKERS?"},
	    {"ES_API_WOKRERS", "ES_API_WORKERS?"}, {"ES_REDIS_URI", "ES_REDIS_URL?"},
	    {"ES_DATABSE_ULR", "ES_DATABASE_URL?"}, {"ES_LOG_LEVL", "ES_LOG_LEVEL?"},
	    {"ES_LIMIT_USER_SENDS", "ES_LIMIT_USER_SEND?"},
	    {"ES_JWT_SECRT_FILE", "ES_JWT_SECRET_FILE?"},
	    {"ES_OPERATOR_KEYS", "ES_OPERATOR_KEY?"},
	    {"ES_PUSH_WORKER", "ES_PUSH_WORKERS?"},
	    {"ES_SEND_WAITMS", "ES_SEND_WAIT_MS?"}};

	for (unsigned i = 0; i < ES_COUNT(slips); i++) {
		reset_environment();
		(void)setenv(slips[i].name, "x", 1);
		CU_ASSERT_EQUAL(
		    conf_load(&table, 1, conf_names, a, &v, &report), ES_INVALID);
		CU_ASSERT_PTR_NOT_NULL(strstr(report.text, slips[i].name));
		CU_ASSERT_PTR_NOT_NULL(strstr(report.text, slips[i].meant));
		(void)unsetenv(slips[i].name);
	}
}

static char *
print(void)
{
	char *printed = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&printed, &len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(to);
	conf_print(&table, 1, &v, to);
	(void)fclose(to);
	return printed;
}

static void
every_way_to_write_a_password_is_masked(void)
{
	static const char *const urls[] = {"redis://u:hidden@h/0", "redis://:hidden@h",
	    "redis://u:hid@hidden@h", "redis://u:hi/hidden@h", "host=h password=hidden",
	    "host=h password = 'hidden'", "redis://h/0?password=hidden",
	    "redis://u:x@h/0?sslpassword=hidden"};

	for (unsigned i = 0; i < ES_COUNT(urls); i++) {
		char *printed;

		reset_environment();
		(void)setenv("ES_ADDR", urls[i], 1);
		CU_ASSERT_EQUAL(load(), ES_OK);
		printed = print();
		CU_ASSERT_PTR_NULL(strstr(printed, "hidden"));
		CU_ASSERT_PTR_NOT_NULL(strstr(printed, "********"));
		free(printed);
	}
}

/* Calls conf_main() as a program does, and copies the output to `out`. */
static int
run(const char *option, char out[8192])
{
	char *argv[] = {(char[]){"prog"}, (char *)(uintptr_t)option, NULL};
	FILE *file = tmpfile();
	const int kept[2] = {dup(1), dup(2)};
	struct values got = {0};
	size_t n;
	int status;

	CU_ASSERT_TRUE_FATAL(file != NULL && kept[0] >= 0 && kept[1] >= 0);
	(void)fflush(stdout);
	(void)dup2(fileno(file), 1);
	(void)dup2(fileno(file), 2);
	status = conf_main(option != NULL ? 2 : 1, argv, "prog", &table, 1, a, &got);
	(void)fflush(stdout);
	(void)dup2(kept[0], 1);
	(void)dup2(kept[1], 2);
	(void)close(kept[0]);
	(void)close(kept[1]);
	rewind(file);
	n = fread(out, 1, 8191, file);
	out[n] = '\0';
	(void)fclose(file);
	return status;
}

static void
each_option_prints_its_text_and_ends_the_program(void)
{
	static const struct {
		const char *option;
		int status;
		const char *says;
	} options[] = {
	    {"--help", 0, "usage: prog"},
	    {"--help", 0, "--take-over: share the listening"},
	    {"-h", 0, "ES_NUMBER"},
	    {"--version", 0, "prog " ES_VERSION "\n"},
	    {"--settings-markdown", 0,
		"| `ES_SECRET` (or `_FILE`) | `(required)` | 4 to 8"},
	    {"--settings-json", 0,
		"{\"name\":\"ES_NUMBER\",\"kind\":\"int\",\"default\":\"7\",\"min\":1,"
		"\"max\":10,\"allowed\":null,\"file\":false,\"checked\":false,"
		"\"reloaded\":false,"
		"\"meaning\":\"a number\"}"},
	    {"--oops", 2, "unknown option"},
	    {"--check-config", 0, "ES_SECRET (environment): not a setting of EchoStream"},
	    {"--check-config", 0, "prog: settings are good"},
	    {NULL, CONF_RUN, "\"lvl\":\"warn\""},
	    {"--take-over", CONF_TAKE_OVER, "\"lvl\":\"warn\""},
	};
	static const struct {
		const char *option, *says;
	} faulty[] = {
	    {"--check-config",
		"prog: 1 faulty setting\nES_REDIS_URI (environment): unknown"},
	    {"--print-config", "faulty setting"},
	    {"--take-over", "\"msg\":\"faulty setting\""},
	    {NULL, "\"msg\":\"faulty setting\",\"setting\":\"ES_REDIS_URI (environment): "
		   "unknown setting; did you mean ES_REDIS_URL?\"}"},
	};
	char out[8192];

	reset_environment();
	for (unsigned i = 0; i < ES_COUNT(options); i++) {
		CU_ASSERT_EQUAL(run(options[i].option, out), options[i].status);
		CU_ASSERT_PTR_NOT_NULL(strstr(out, options[i].says));
	}
	(void)setenv("ES_REDIS_URI", "redis:", 1);
	for (unsigned i = 0; i < ES_COUNT(faulty); i++) {
		CU_ASSERT_EQUAL(run(faulty[i].option, out), 78);
		CU_ASSERT_PTR_NOT_NULL(strstr(out, faulty[i].says));
	}
	(void)unsetenv("ES_REDIS_URI");
}

static void
printing_masks_secrets(void)
{
	char *printed;

	reset_environment();
	(void)setenv("ES_ADDR", "redis://user:hidden@host/0", 1);
	CU_ASSERT_EQUAL(load(), ES_OK);
	printed = print();
	CU_ASSERT_PTR_NULL(strstr(printed, "12345"));
	CU_ASSERT_PTR_NULL(strstr(printed, "hidden"));
	CU_ASSERT_PTR_NOT_NULL(strstr(printed, "ES_ADDR=redis://user:********@host/0\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(printed, "# default\nES_NUMBER=7\n"));
	free(printed);
}

static CU_TestInfo cases[] = {
    {"reads defaults and environment", reads_defaults_and_environment},
    {"every setting refuses a bad value", every_setting_refuses_a_bad_value},
    {"names of other projects do not stop a start",
	names_of_other_projects_do_not_stop_a_start},
    {"misspelt names are refused", misspelt_names_are_refused},
    {"reports all faults at once", reports_all_faults_at_once},
    {"reads a secret from a file", reads_a_secret_from_a_file},
    {"printing masks secrets", printing_masks_secrets},
    {"reads a URL from a file", reads_a_url_from_a_file},
    {"a folder is refused as a secret", a_folder_is_refused_as_a_secret},
    {"a name that is too long is not a setting",
	a_name_that_is_too_long_is_not_a_setting},
    {"every way to write a password is masked", every_way_to_write_a_password_is_masked},
    {"each option prints its text and exits the program",
	each_option_prints_its_text_and_ends_the_program},
    CU_TEST_INFO_NULL,
};

static int
end(void)
{
	arena_free(&a);
	return 0;
}

CUNIT_MAIN_WITH("settings", cases, NULL, end)
