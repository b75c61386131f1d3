/* Any text as the value of a setting of each kind, as the file of a secret, and as the
 * settings file. The program accepts the setting or refuses it by name, and shows no
 * secret. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/conf_file.h"
#include "core/check.h"

#include "core/banned.h"

#define MARK "Zq7x"

extern char **environ;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct values {
	const char *text, *secret, *url, *mode;
	int64_t number;
	bool flag;
};

#define ROW(...) CONF_ITEM(struct values, __VA_ARGS__)

static const struct conf_item items[] = {
    ROW(text, "ES_TEXT", CONF_TEXT, "abc", 1, 50, NULL, "some text"),
    ROW(secret, "ES_SECRET", CONF_SECRET, "", 0, 4096, NULL, "a secret"),
    ROW(url, "ES_ADDR", CONF_URL, "redis:", 1, 4096, "redis mem host", "an address"),
    ROW(mode, "ES_MODE", CONF_ENUM, "one", 1, 9, "one two", "a mode"),
    ROW(number, "ES_NUMBER", CONF_INT, "7", -3, 10, NULL, "a number"),
    ROW(flag, "ES_FLAG", CONF_BOOL, "false", 0, 0, NULL, "a flag"),
};
static const struct conf_table table = {.items = items, .n = ES_COUNT(items)};
static const char *const known[] = {
    "ES_TEXT", "ES_SECRET", "ES_ADDR", "ES_MODE", "ES_NUMBER", "ES_FLAG", NULL};

static void
check_hidden(const struct values *v)
{
	char *printed = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&printed, &len);

	CHECK(to != NULL);
	conf_print(&table, 1, v, to);
	CHECK(fclose(to) == 0);
	CHECK(strstr(printed, MARK) == NULL);
	free(printed);
}

static void
check_values(const struct values *v)
{
	CHECK(strlen(v->text) >= 1 && strlen(v->text) <= 50);
	CHECK(strlen(v->secret) <= 4096 && strlen(v->url) <= 4096);
	CHECK(strcmp(v->mode, "one") == 0 || strcmp(v->mode, "two") == 0);
	CHECK(v->number >= -3 && v->number <= 10);
}

/* secret: the value contains MARK, which no output may show. */
static void
try(char *env[], bool secret, struct arena *a)
{
	struct values v = {0};
	struct conf_report report;
	char **const before = environ;

	environ = env;
	if (conf_load(&table, 1, known, a, &v, &report) == ES_OK) {
		check_values(&v);
		if (secret)
			check_hidden(&v);
	} else {
		CHECK(report.n_faults > 0 && strncmp(report.text, "ES_", 3) == 0);
		CHECK(!secret || strstr(report.text, MARK) == NULL);
	}
	environ = before;
}

static int
file_of(const uint8_t *data, size_t size)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("secret", 0);
	CHECK(fd >= 0 && ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	CHECK(write(fd, data, size) == (ssize_t)size);
	return fd;
}

/* Loads a settings file of one line with a secret, followed by the data. */
static void
try_settings_file(const uint8_t *data, size_t size, struct arena *a)
{
	static const char secret[] = "ES_SECRET=" MARK "\n";
	const int fd = file_of((const uint8_t *)secret, sizeof secret - 1);
	struct values v = {0};
	struct conf_report report;
	char **const before = environ;

	if (memmem(data, size, MARK, strlen(MARK)) != NULL)
		return; /* if data contains MARK, the report may show it */
	CHECK(write(fd, data, size) == (ssize_t)size);
	environ =
	    (char *[]){arena_printf(a, CONF_FILE_NAME "=/proc/self/fd/%d", fd), NULL};
	if (conf_load(&table, 1, known, a, &v, &report) == ES_OK) {
		CHECK(strcmp(v.secret, MARK) == 0);
		check_values(&v);
		check_hidden(&v);
	} else {
		CHECK(report.n_faults > 0);
		CHECK(strstr(report.text, MARK) == NULL);
	}
	environ = before;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	const char *s = arena_memdup(a, (const char *)data, size);

	for (size_t i = 0; i < ES_COUNT(items); i++)
		if (items[i].kind != CONF_SECRET)
			try((char *[]){arena_printf(a, "%s=%s", items[i].name, s), NULL},
			    false, a);
	try((char *[]){arena_printf(a, "ES_SECRET=" MARK "%s" MARK, s),
		arena_printf(a, "ES_ADDR=redis://u:" MARK "%s" MARK "@host/0", s), NULL},
	    true, a);
	try((char *[]){arena_printf(a, "ES_ADDR=host=h password%s='" MARK "'",
			   size % 2 == 0 ? " " : ""),
		arena_printf(a, "ES_SECRET_FILE=/proc/self/fd/%d", file_of(data, size)),
		NULL},
	    true, a);
	try((char *[]){arena_printf(a, "ES_%s", s), NULL}, false, a);
	try_settings_file(data, size, a);
	arena_free(&a);
	return 0;
}
