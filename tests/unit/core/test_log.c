/* A line of the log is one JSON object, whatever its fields contain. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/check.h"
#include "core/log.h"
#include "cunit_main.h"
#include "json/json_check.h"

static char line[8192];

/* Copies to `line` what one call of log_write() writes to stderr. */
static void
write_line(
    enum log_level level, const char *msg, const struct log_field fields[], unsigned n)
{
	FILE *file = tmpfile();
	const int kept = dup(2);
	size_t len;

	CU_ASSERT_TRUE_FATAL(file != NULL && kept >= 0);
	(void)dup2(fileno(file), 2);
	log_write(level, msg, fields, n);
	(void)dup2(kept, 2);
	(void)close(kept);
	rewind(file);
	len = fread(line, 1, sizeof(line) - 1, file);
	line[len] = '\0';
	(void)fclose(file);
}

static bool
is_one_json_line(void)
{
	const size_t len = strlen(line);
	struct json_check seen;

	return len > 0 && strchr(line, '\n') == line + len - 1 &&
	       json_check(line, len - 1, &seen);
}

static void
fields_follow_the_message(void)
{
	log_init("test", LOG_INFO);
	write_line(LOG_WARN, "hello",
	    (const struct log_field[]){LOG_STR("a", "q\"\\\n\x7f"), LOG_INT("n", -5),
		LOG_STR("z", NULL), LOG_NONE},
	    4);
	CU_ASSERT_TRUE(is_one_json_line());
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(line, "\"lvl\":\"warn\",\"svc\":\"test\",\"pid\":"));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(line, ",\"msg\":\"hello\",\"a\":\"q\\\"\\\\\\u000a\\u007f\",\"n\":-5,"
			 "\"z\":null}\n"));
}

/* After log_init(), a failed CHECK writes a JSON line, as log_write() does. */
static void
a_failed_check_is_a_json_line(void)
{
	FILE *file = tmpfile();
	pid_t child;
	size_t len;

	CU_ASSERT_TRUE_FATAL(file != NULL);
	child = fork();
	CU_ASSERT_TRUE_FATAL(child >= 0);
	if (child == 0) {
		(void)dup2(fileno(file), 2);
		(void)signal(SIGABRT, SIG_DFL);
		log_init("test", LOG_INFO);
		CHECK(strcmp("a", "b") == 0);
		_exit(0);
	}
	CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
	rewind(file);
	len = fread(line, 1, sizeof(line) - 1, file);
	line[len] = '\0';
	(void)fclose(file);
	CU_ASSERT_TRUE(is_one_json_line());
	CU_ASSERT_PTR_NOT_NULL(strstr(line, "\"msg\":\"CHECK failed\",\"file\":"));
}

static void
a_lower_level_is_not_written(void)
{
	enum log_level level = LOG_ERROR;

	log_set_level(LOG_WARN);
	write_line(LOG_INFO, "hello", (const struct log_field[]){LOG_NONE}, 1);
	CU_ASSERT_STRING_EQUAL(line, "");
	CU_ASSERT_TRUE(log_level_parse("debug", &level) && level == LOG_DEBUG);
	CU_ASSERT_FALSE(log_level_parse("loud", &level));
	log_set_level(level);
	write_line(LOG_DEBUG, "hello", (const struct log_field[]){LOG_NONE}, 1);
	CU_ASSERT_TRUE(is_one_json_line());
}

/* The path of a request may contain any bytes. */
static void
bytes_that_are_not_utf_8_are_replaced(void)
{
	write_line(LOG_WARN, "m",
	    (const struct log_field[]){LOG_STR("p", "/\xff\xc3(\xc3\xa9\xe2\x82")}, 1);
	CU_ASSERT_TRUE(is_one_json_line());
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(line, "\"p\":\"/\\ufffd\\ufffd(\xc3\xa9\\ufffd\\ufffd\"}"));
}

/* A line may reach its maximum length anywhere, also inside a character or an escape. */
static void
a_long_line_is_cut_and_stays_json(void)
{
	static const char *const units[] = {
	    "x", "\xc3\xa9", "\xf0\x9f\x98\x80", "\"", "\x01"};
	char text[6000];

	for (unsigned i = 0; i < ES_COUNT(units); i++)
		for (size_t shift = 0; shift < 7; shift++) {
			const size_t step = strlen(units[i]);
			size_t at = shift;

			memset(text, 'y', shift);
			for (; at + step < sizeof(text); at += step)
				memcpy(text + at, units[i], step);
			text[at] = '\0';
			write_line(LOG_WARN, "m",
			    (const struct log_field[]){LOG_STR("a", text),
				LOG_STR("b", text), LOG_INT("c", INT64_MIN)},
			    3);
			CU_ASSERT_TRUE(is_one_json_line());
			CU_ASSERT_TRUE(strlen(line) > 3500 && strlen(line) <= 4096);
		}
}

static CU_TestInfo cases[] = {
    {"a failed CHECK is a JSON line", a_failed_check_is_a_json_line},
    {"fields follow the message", fields_follow_the_message},
    {"a lower level is not written", a_lower_level_is_not_written},
    {"bytes that are not UTF-8 are replaced", bytes_that_are_not_utf_8_are_replaced},
    {"a long line is cut and stays JSON", a_long_line_is_cut_and_stays_json},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("log", cases)
