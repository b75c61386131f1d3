/* The settings file: valid lines, refused lines, and the line number in a report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/conf_common.h"
#include "cunit_main.h"

struct values {
	const char *text, *secret;
	int64_t number;
};

#define ROW(...) CONF_ITEM(struct values, __VA_ARGS__)

static const struct conf_item items[] = {
    ROW(text, "ES_TEXT", CONF_TEXT, "abc", 0, 99, NULL, "some text"),
    ROW(secret, "ES_SECRET", CONF_SECRET, "", 0, 20, NULL, "a secret"),
    ROW(number, "ES_NUMBER", CONF_INT, "7", 1, 10, NULL, "a number"),
};
static const struct conf_table table = {.items = items, .n = ES_COUNT(items)};
static const char *const known[] = {"ES_TEXT", "ES_SECRET", "ES_NUMBER",
    "ES_OF_ANOTHER_PROGRAM", "ES_SETTINGS_FILE", NULL};

static char path[] = "/tmp/es-conf-file-XXXXXX";
static struct arena *a;
static struct values v;
static struct conf_report report;

static void
reset_environment(void)
{
	(void)unsetenv("ES_TEXT");
	(void)unsetenv("ES_SECRET");
	(void)unsetenv("ES_SECRET_FILE");
	(void)unsetenv("ES_NUMBER");
	(void)setenv("ES_SETTINGS_FILE", path, 1);
	arena_free(&a);
	a = arena_new();
	v = (struct values){0};
}

static void
write_bytes(const char *content, size_t len)
{
	FILE *f = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(fwrite(content, 1, len, f), len);
	CU_ASSERT_EQUAL(fclose(f), 0);
}

static enum es_code
load(const char *content)
{
	write_bytes(content, strlen(content));
	return conf_load(&table, 1, known, a, &v, &report);
}

static void
makes_a_file(void)
{
	const int fd = mkstemp(path);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	(void)close(fd);
}

static void
reads_lines(void)
{
	static const struct {
		const char *content, *text;
		int64_t number;
	} good[] = {
	    {"", "abc", 7},
	    {"ES_NUMBER=8", "abc", 8},
	    {"# ES_NUMBER=8\n\n  \nES_TEXT=x\n", "x", 7},
	    {"ES_TEXT=a b#c\r\n  ES_NUMBER=9  \r\n", "a b#c", 9},
	    {"ES_TEXT=\"a b \"\n", "a b ", 7},
	    {"ES_TEXT=' \"x\" '\n", " \"x\" ", 7},
	    {"ES_TEXT=a=b\\n$HOME\n", "a=b\\n$HOME", 7},
	    {"ES_TEXT=\"\"\n", "abc", 7},
	    {"ES_TEXT=\n", "abc", 7},
	    {"ES_OF_ANOTHER_PROGRAM=x\n", "abc", 7},
	};

	for (unsigned i = 0; i < ES_COUNT(good); i++) {
		reset_environment();
		CU_ASSERT_EQUAL(load(good[i].content), ES_OK);
		CU_ASSERT_STRING_EQUAL(v.text, good[i].text);
		CU_ASSERT_EQUAL(v.number, good[i].number);
	}
}

static void
names_the_line_of_a_fault(void)
{
	static const struct {
		const char *content, *fault;
	} bad[] = {
	    {"ES_NUMBER=11\n", "ES_NUMBER (%s:1): is \"11\""},
	    {"\n\nES_NUMBER=x\n", "ES_NUMBER (%s:3): is \"x\""},
	    {"export ES_NUMBER=8\n", "ES_SETTINGS_FILE (%s:1): the line is neither"},
	    {"ES_NUMBER 8\n", "ES_SETTINGS_FILE (%s:1): the line is neither"},
	    {"ES_NUMBER =8\n", "ES_SETTINGS_FILE (%s:1): the line is neither"},
	    {"=8\n", "ES_SETTINGS_FILE (%s:1): the line is neither"},
	    {"es_number=8\n", "ES_SETTINGS_FILE (%s:1): the line is neither"},
	    {"ES_TEXT=\"x\n", "ES_TEXT (%s:1): a quote is not closed"},
	    {"ES_TEXT='x\"\n", "ES_TEXT (%s:1): a quote is not closed"},
	    {"ES_TEXT='\n", "ES_TEXT (%s:1): a quote is not closed"},
	    {"ES_NUMBER=8\nES_NUMBER=8\n", "ES_NUMBER (%s:2): is set twice in this file"},
	    {"ES_NUMBRE=8\n",
		"ES_NUMBRE (%s:1): unknown setting; did you mean ES_NUMBER"},
	    {"PATH=/bin\n", "PATH (%s:1): unknown setting\n"},
	    {"ES_NUMBER_FILE=/etc/hostname\n",
		"ES_NUMBER_FILE (%s:1): this setting is not read from a file"},
	    {"ES_SETTINGS_FILE=/x\n",
		"ES_SETTINGS_FILE (%s:1): can't be set in the file that it names"},
	};

	for (unsigned i = 0; i < ES_COUNT(bad); i++) {
		char fault[300];

		reset_environment();
		CU_ASSERT_EQUAL(load(bad[i].content), ES_INVALID);
		CU_ASSERT_EQUAL(report.n_faults, 1);
		(void)snprintf(fault, sizeof(fault), "%.*s%s%s",
		    (int)strcspn(bad[i].fault, "%"), bad[i].fault, path,
		    strstr(bad[i].fault, "%s") + 2);
		CU_ASSERT_EQUAL(strncmp(report.text, fault, strlen(fault)), 0);
	}
}

/* The report truncates a long name. Otherwise the name would leave no room for the
 * description of the fault. */
static void
cuts_a_name_that_is_too_long_for_the_report(void)
{
	static char line[60000];

	reset_environment();
	memset(line, 'E', sizeof(line) - 1);
	memcpy(line + sizeof(line) - 4, "=1\n", 4);
	CU_ASSERT_EQUAL(load(line), ES_INVALID);
	CU_ASSERT_EQUAL(report.n_faults, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.text, ":1): unknown setting"));
	CU_ASSERT_TRUE(strlen(report.text) < 200);
}

/* If the environment took precedence, a reload could not change the setting, and nobody
 * would notice. */
static void
refuses_a_setting_in_environment_and_file(void)
{
	reset_environment();
	(void)setenv("ES_NUMBER", "8", 1);
	CU_ASSERT_EQUAL(load("ES_NUMBER=8\n"), ES_INVALID);
	CU_ASSERT_EQUAL(report.n_faults, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.text, "is set twice, in the environment"));
	(void)setenv("ES_NUMBER", "", 1);
	CU_ASSERT_EQUAL(load("ES_NUMBER=9\n"), ES_OK);
	CU_ASSERT_EQUAL(v.number, 9);
}

static void
a_line_may_name_the_file_of_a_secret(void)
{
	char secret[] = "/tmp/es-conf-secret-XXXXXX", content[100];
	const int fd = mkstemp(secret);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, "hidden\n", 7), 7);
	(void)close(fd);
	(void)snprintf(content, sizeof(content), "ES_SECRET_FILE=%s\n", secret);
	reset_environment();
	CU_ASSERT_EQUAL(load(content), ES_OK);
	CU_ASSERT_STRING_EQUAL(v.secret, "hidden");
	(void)setenv("ES_SECRET", "x", 1);
	CU_ASSERT_EQUAL(load(content), ES_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.text, "is set twice"));
	(void)unlink(secret);
}

static void
refuses_a_file_that_it_can_not_read(void)
{
	static char big[64UL * 1024 + 1];

	reset_environment();
	memset(big, '\n', sizeof(big));
	write_bytes(big, sizeof(big) - 1);
	CU_ASSERT_EQUAL(conf_load(&table, 1, known, a, &v, &report), ES_OK);
	write_bytes(big, sizeof(big));
	CU_ASSERT_EQUAL(conf_load(&table, 1, known, a, &v, &report), ES_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.text, "is larger than 64 KiB"));
	write_bytes("ES_TEXT=a\0b", 11);
	CU_ASSERT_EQUAL(conf_load(&table, 1, known, a, &v, &report), ES_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.text, "contains a NUL byte"));
	(void)setenv("ES_SETTINGS_FILE", "/tmp", 1);
	CU_ASSERT_EQUAL(conf_load(&table, 1, known, a, &v, &report), ES_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.text, "can't read /tmp: Is a directory"));
	(void)setenv("ES_SETTINGS_FILE", "/nonexistent/x", 1);
	CU_ASSERT_EQUAL(conf_load(&table, 1, known, a, &v, &report), ES_INVALID);
	CU_ASSERT_EQUAL(report.n_faults, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.text, "No such file or directory"));
}

/* conf_load() reports exactly one fault, whether or not the program's own table checks
 * the path, too. */
static void
requires_an_absolute_path(void)
{
	static const struct conf_item file[] = {ROW(
	    text, "ES_SETTINGS_FILE", CONF_TEXT, "", 0, 99, NULL, "the settings file")};
	const struct conf_table tables[] = {
	    {.items = file, .n = 1, .checks = conf_common_checks, .n_checks = 1}};

	reset_environment();
	(void)setenv("ES_SETTINGS_FILE", "x.env", 1);
	CU_ASSERT_EQUAL(conf_load(&table, 1, known, a, &v, &report), ES_INVALID);
	CU_ASSERT_EQUAL(report.n_faults, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.text, "must be absolute"));
	CU_ASSERT_EQUAL(conf_load(tables, 1, known, a, &v, &report), ES_INVALID);
	CU_ASSERT_EQUAL(report.n_faults, 1);
	(void)setenv("ES_SETTINGS_FILE", "", 1);
	CU_ASSERT_EQUAL(conf_load(&table, 1, known, a, &v, &report), ES_OK);
}

static void
print_names_the_line(void)
{
	char *printed = NULL, want[100];
	size_t len = 0;
	FILE *to = open_memstream(&printed, &len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(to);
	reset_environment();
	CU_ASSERT_EQUAL(load("\nES_NUMBER=9\nES_SECRET=hidden\n"), ES_OK);
	conf_print(&table, 1, &v, to);
	(void)fclose(to);
	(void)snprintf(want, sizeof(want), "# %s:2\nES_NUMBER=9\n", path);
	CU_ASSERT_PTR_NOT_NULL(strstr(printed, want));
	CU_ASSERT_PTR_NULL(strstr(printed, "hidden"));
	free(printed);
}

static void
removes_the_file(void)
{
	(void)unsetenv("ES_SETTINGS_FILE");
	CU_ASSERT_EQUAL(unlink(path), 0);
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"makes a file", makes_a_file},
    {"reads lines", reads_lines},
    {"names the line of a fault", names_the_line_of_a_fault},
    {"truncates a name that is too long for the report",
	cuts_a_name_that_is_too_long_for_the_report},
    {"refuses a setting in environment and file",
	refuses_a_setting_in_environment_and_file},
    {"a line may name the file of a secret", a_line_may_name_the_file_of_a_secret},
    {"refuses a file that it can't read", refuses_a_file_that_it_can_not_read},
    {"requires an absolute path", requires_an_absolute_path},
    {"print names the line", print_names_the_line},
    {"removes the file", removes_the_file},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("conf_file", cases)
