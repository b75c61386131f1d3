#include "conf/conf_file.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/regular_file.h"

#include "core/banned.h"

#define FILE_MAX \
	(64UL * 1024) /* bytes; ten times what all settings of all programs need */

enum es_code
conf_file_check_path(const char *path, struct arena *a, struct es_err *err)
{
	(void)a;
	return path[0] == '/' ? ES_OK : es_fail(err, ES_INVALID, "must be absolute");
}

/* Returns the content with a NUL at its end, or NULL after a fault, which it has
 * reported. */
static char *
conf_file_content(struct conf_load *l, const char *path)
{
	char *content = arena_alloc(l->arena, FILE_MAX + 1);
	const char *why;
	FILE *f = regular_file_open(path, &why);
	bool unread;
	size_t n;

	if (f == NULL) {
		conf_item_fault(
		    l, CONF_FILE_NAME, "environment", "can't read %s: %s", path, why);
		return NULL;
	}
	n = fread(content, 1, FILE_MAX + 1, f);
	unread = ferror(f) != 0;
	if (unread)
		conf_item_fault(
		    l, CONF_FILE_NAME, "environment", "can't read %s: %m", path);
	(void)fclose(f);
	if (unread)
		return NULL;
	if (n > FILE_MAX || memchr(content, '\0', n) != NULL) {
		conf_item_fault(l, CONF_FILE_NAME, "environment", "%s %s", path,
		    n > FILE_MAX ? "is larger than 64 KiB" : "contains a NUL byte");
		return NULL;
	}
	content[n] = '\0';
	return content;
}

/* Cuts blanks (and the CR of Windows) off both ends. */
static char *
conf_file_trim(char *s)
{
	size_t len;

	while (isspace((unsigned char)*s))
		s++;
	len = strlen(s);
	while (len > 0 && isspace((unsigned char)s[len - 1]))
		len--;
	s[len] = '\0';
	return s;
}

/* Takes a pair of quotes off the value. Returns NULL when a quote is not closed. */
static char *
conf_file_unquote(char *value)
{
	const char quote = value[0];
	const size_t len = strlen(value);

	if (quote != '"' && quote != '\'')
		return value;
	if (len < 2 || value[len - 1] != quote)
		return NULL;
	value[len - 1] = '\0';
	return value + 1;
}

static size_t
conf_file_name_length(const char *line)
{
	size_t n = 0;

	while (isupper((unsigned char)line[n]) || isdigit((unsigned char)line[n]) ||
	       line[n] == '_')
		n++;
	return n;
}

static void
conf_file_add(struct conf_load *l, char *line, const char *where)
{
	const size_t name_len = conf_file_name_length(line);
	const char *name, *value;

	if (name_len == 0 || line[name_len] != '=') {
		conf_item_fault(l, CONF_FILE_NAME, where,
		    "the line is neither NAME=VALUE nor a comment (#)");
		return;
	}
	line[name_len] = '\0';
	name = line;
	value = conf_file_unquote(conf_file_trim(line + name_len + 1));
	if (value == NULL)
		conf_item_fault(l, name, where, "a quote is not closed");
	else if (strcmp(name, CONF_FILE_NAME) == 0)
		conf_item_fault(l, name, where, "can't be set in the file that it names");
	else if (conf_item_line(&l->file, name) != NULL)
		conf_item_fault(l, name, where, "is set twice in this file");
	else
		l->file.lines[l->file.n++] =
		    (struct conf_file_line){.name = name, .value = value, .where = where};
}

static size_t
conf_file_count_lines(const char *content)
{
	size_t n = 1;

	for (; *content != '\0'; content++)
		n += *content == '\n';
	return n;
}

static void
conf_file_parse(struct conf_load *l, const char *path, char *content)
{
	const size_t lines = conf_file_count_lines(content);
	char *next = content;

	l->file.lines = arena_alloc(l->arena, lines * sizeof(*l->file.lines));
	for (size_t i = 1; next != NULL; i++) {
		char *line = strsep(&next, "\n");

		line = conf_file_trim(line);
		if (*line != '\0' && *line != '#')
			conf_file_add(l, line, arena_printf(l->arena, "%s:%zu", path, i));
	}
}

void
conf_file_read(struct conf_load *l, const struct conf_table tables[], size_t n)
{
	const char *path = getenv(CONF_FILE_NAME);
	struct es_err err;
	char *content;

	if (path == NULL || *path == '\0')
		return;
	if (conf_file_check_path(path, l->arena, &err) != ES_OK) {
		/* If the program's tables have this check, conf_load() reports the
		 * fault. */
		if (conf_item_check(tables, n, CONF_FILE_NAME) == NULL)
			conf_item_fault(l, CONF_FILE_NAME, "environment", "%s", err.text);
		return;
	}
	content = conf_file_content(l, path);
	if (content != NULL)
		conf_file_parse(l, path, content);
}
