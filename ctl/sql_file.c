#include "sql_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/banned.h"

static enum es_code
sql_file_read_text(FILE *file, struct arena *a, struct sql_file *out, struct es_err *err)
{
	struct stat st;

	if (fstat(fileno(file), &st) != 0 || !S_ISREG(st.st_mode))
		return es_fail(err, ES_INVALID, "not a regular file");
	if (st.st_size > SQL_FILE_BYTES_MAX)
		return es_fail(
		    err, ES_TOO_LARGE, "longer than %ld bytes", SQL_FILE_BYTES_MAX);
	out->text = arena_alloc(a, (size_t)st.st_size + 1);
	out->len = fread(out->text, 1, (size_t)st.st_size, file);
	if (out->len != (size_t)st.st_size)
		return es_fail(err, ES_INVALID, "can't be read");
	if (memchr(out->text, '\0', out->len) != NULL)
		return es_fail(err, ES_INVALID, "holds a NUL byte");
	return ES_OK;
}

static enum es_code
sql_file_read(struct sql_file *out, struct arena *a, struct es_err *err)
{
	FILE *file = fopen(out->path, "re");
	enum es_code rc;

	if (file == NULL)
		return es_fail(err, ES_INVALID, "%s", strerror(errno));
	rc = sql_file_read_text(file, a, out, err);
	(void)fclose(file);
	return rc;
}

static int
sql_file_is_sql(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot != NULL && strcmp(dot, ".sql") == 0;
}

static int
sql_file_by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum es_code
sql_file_read_named(const char *dir, struct dirent **names, size_t n, struct arena *a,
    struct sql_file_list *out, struct es_err *err)
{
	struct sql_file_list list = {.n = n};

	list.items = arena_alloc(a, (n + 1) * sizeof(*list.items));
	for (size_t i = 0; i < n; i++) {
		struct sql_file *file = &list.items[i];
		struct es_err why = {0};

		file->name = arena_strdup(a, names[i]->d_name);
		file->path = arena_printf(a, "%s/%s", dir, file->name);
		if (sql_file_read(file, a, &why) != ES_OK)
			return es_fail(err, why.code, "%s: %s", file->path, why.text);
	}
	*out = list;
	return ES_OK;
}

enum es_code
sql_file_read_all(
    const char *dir, struct arena *a, struct sql_file_list *out, struct es_err *err)
{
	struct dirent **names;
	const int n = scandir(dir, &names, sql_file_is_sql, sql_file_by_name);
	enum es_code rc;

	if (n < 0)
		return es_fail(err, ES_INVALID, "%s: %s", dir, strerror(errno));
	rc = sql_file_read_named(dir, names, (size_t)n, a, out, err);
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return rc;
}
