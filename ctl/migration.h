/* Migration files in dbmate's format: a folder of VERSION_name.sql, each with one
 * "-- migrate:up" and one "-- migrate:down" part. */
#ifndef CTL_MIGRATION_H
#define CTL_MIGRATION_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/err.h"

#define MIGRATION_VERSION_LEN 14 /* YYYYMMDDhhmmss */

struct migration_part {
	const char *sql;
	unsigned line;    /* of the file, where sql begins */
	bool transaction; /* false: after "-- migrate:up transaction:false" */
};

struct migration {
	const char *version, *name, *path; /* name of the file, without the folder */
	const char *head;                  /* the comments before "-- migrate:up" */
	struct migration_part up, down;
	char sha256[65]; /* of the whole file */
};

struct migration_list {
	struct migration *items; /* ascending by version */
	size_t n;
};

/* Reads all files of dir. Everything is allocated in the arena a. err->text names the
 * file at fault. */
enum es_code migration_load(const char *dir, struct arena *a, struct migration_list *out,
    struct es_err *err) ES_MUST_CHECK;

/* Parses the text of one file, for migration_load() and tests. Splits text in place. */
enum es_code migration_parse(
    char *text, struct migration *out, struct es_err *err) ES_MUST_CHECK;

/* True when the head names sha256 in a line "-- echostream:was SHA256": the checksum of
 * an earlier text of the file, with which the migration counts as unedited. */
bool migration_had_checksum(const struct migration *m, const char *sha256);

/* Returns the line of the file that holds character number position (from 1) of the
 * part. */
unsigned migration_line(const struct migration_part *part, long position);

#endif
