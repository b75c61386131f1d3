/* Migration files in dbmate's format: a folder of VERSION_name.sql, each with one
 * "-- migrate:up" and one "-- migrate:down" part. */
#ifndef CTL_MIGRATION_H
#define CTL_MIGRATION_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/err.h"

#define MIGRATION_VERSION_LEN 14 /* YYYYMMDDhhmmss */
#define MIGRATION_BYTES_MAX   (4L * 1024 * 1024)

struct migration_part {
	const char *sql;
	unsigned line;    /* of the file, where sql begins */
	bool transaction; /* false: after "-- migrate:up transaction:false" */
};

struct migration {
	const char *version, *name, *path; /* name: the file's, without the folder */
	struct migration_part up, down;
	char sha256[65];
};

struct migration_list {
	struct migration *items; /* by version, rising */
	size_t n;
};

/* Everything lives in a. err->text names the file at fault. */
enum es_code migration_load(const char *dir, struct arena *a, struct migration_list *out,
    struct es_err *err) ES_MUST_CHECK;

/* One file's text, for migration_load and tests. text is cut up in place. */
enum es_code migration_parse(
    char *text, struct migration *out, struct es_err *err) ES_MUST_CHECK;

/* The file's line that holds character number position (from 1) of the part. */
unsigned migration_line(const struct migration_part *part, long position);

#endif
