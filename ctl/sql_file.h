/* Files of SQL in a folder: migrations and functions. */
#ifndef CTL_SQL_FILE_H
#define CTL_SQL_FILE_H

#include <stddef.h>

#include "core/arena.h"
#include "core/err.h"

#define SQL_FILE_BYTES_MAX (4L * 1024 * 1024)

struct sql_file {
	const char *name, *path; /* name: without the folder */
	char *text;              /* ends with a NUL, holds no other */
	size_t len;
};

struct sql_file_list {
	struct sql_file *items; /* by name, rising */
	size_t n;
};

/* Reads all files of dir whose names end with ".sql" and do not begin with a dot. The
 * result is allocated in the arena a. err->text names the file at fault. */
enum es_code sql_file_read_all(const char *dir, struct arena *a,
    struct sql_file_list *out, struct es_err *err) ES_MUST_CHECK;

#endif
