/* Reads migration files and checks that each has a part to apply and one to revert. */
#include "migration.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/digest.h"

#include "core/banned.h"

static bool
migration_starts_with(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* Returns the text behind "-- migrate:up" or "-- migrate:down" at the start of the line,
 * or NULL. */
static const char *
migration_marker(const char *line, const char *direction)
{
	const char *at = line;

	if (!migration_starts_with(at, "--"))
		return NULL;
	at += 2 + strspn(at + 2, " \t");
	if (!migration_starts_with(at, "migrate:"))
		return NULL;
	at += strlen("migrate:");
	if (!migration_starts_with(at, direction))
		return NULL;
	at += strlen(direction);
	return strchr(" \t\r\n", *at) ? at : NULL; /* also true for the end of the text */
}

static enum es_code
migration_parse_options(const char *at, struct migration_part *out, struct es_err *err)
{
	const size_t len = strcspn(at, "\r\n");
	const char *option = at + strspn(at, " \t");

	out->transaction = true;
	if (option >= at + len)
		return ES_OK;
	if (migration_starts_with(option, "transaction:false"))
		out->transaction = false;
	else if (!migration_starts_with(option, "transaction:true"))
		return es_fail(err, ES_INVALID, "unknown option: %.*s",
		    (int)(len - (size_t)(option - at)), option);
	return ES_OK;
}

/* Refuses anything but comments and blank lines before the first part. */
static bool
migration_blank(const char *line)
{
	const char *at = line + strspn(line, " \t");

	return migration_starts_with(at, "--") || strchr("\r\n", *at);
}

enum es_code
migration_parse(char *text, struct migration *out, struct es_err *err)
{
	struct migration_part *part = NULL;
	unsigned number = 1;

	out->up = out->down = (struct migration_part){0};
	for (char *line = text, *end; *line; line = end, number++) {
		const char *up = migration_marker(line, "up"),
			   *down = migration_marker(line, "down");
		struct migration_part *next = up ? &out->up : &out->down;

		end = line + strcspn(line, "\n");
		end += *end == '\n';
		if (!up && !down) {
			if (!part && !migration_blank(line))
				return es_fail(err, ES_INVALID,
				    "line %u: only comments may stand before -- "
				    "migrate:up",
				    number);
			continue;
		}
		if (next->sql || (down && !part))
			return es_fail(err, ES_INVALID,
			    "line %u: one -- migrate:up, then one -- migrate:down",
			    number);
		TRY(migration_parse_options(up ? up : down, next, err));
		next->sql = end;
		next->line = number + 1;
		if (part)
			*line = '\0';
		part = next;
	}
	if (!out->down.sql)
		return es_fail(
		    err, ES_INVALID, "no -- migrate:%s", out->up.sql ? "down" : "up");
	return ES_OK;
}

unsigned
migration_line(const struct migration_part *part, long position)
{
	unsigned line = part->line;

	for (const char *at = part->sql; *at && position > 1; at++) {
		line += *at == '\n';
		position -= (at[1] & 0xc0) != 0x80; /* not within a UTF-8 character */
	}
	return line;
}

/* Reads the file and adds a NUL. */
static enum es_code
migration_read_file(
    FILE *file, struct arena *a, char **out, size_t *out_len, struct es_err *err)
{
	struct stat st;
	char *text;
	size_t len;

	if (fstat(fileno(file), &st) != 0 || !S_ISREG(st.st_mode))
		return es_fail(err, ES_INVALID, "no regular file");
	if (st.st_size > MIGRATION_BYTES_MAX)
		return es_fail(
		    err, ES_TOO_LARGE, "longer than %ld bytes", MIGRATION_BYTES_MAX);
	text = arena_alloc(a, (size_t)st.st_size + 1);
	len = fread(text, 1, (size_t)st.st_size, file);
	if (len != (size_t)st.st_size)
		return es_fail(err, ES_INVALID, "can't be read");
	if (memchr(text, '\0', len))
		return es_fail(err, ES_INVALID, "holds a NUL byte");
	*out = text;
	*out_len = len;
	return ES_OK;
}

static enum es_code
migration_load_one(struct migration *m, struct arena *a, struct es_err *err)
{
	unsigned char digest[DIGEST_SHA256];
	struct digest_part whole;
	FILE *file = fopen(m->path, "re");
	enum es_code rc;
	char *text = NULL;
	size_t len = 0;

	if (!file)
		return es_fail(err, ES_INVALID, "%s", strerror(errno));
	rc = migration_read_file(file, a, &text, &len, err);
	(void)fclose(file);
	if (rc != ES_OK)
		return rc;
	whole = (struct digest_part){text, len};
	digest_sha256(&whole, 1, digest);
	digest_hex(digest, sizeof(digest), m->sha256);
	return migration_parse(text, m, err);
}

static int
migration_is_sql(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot && strcmp(dot, ".sql") == 0;
}

/* A name begins with a version of fixed length, so the order by name is that by version.
 */
static int
migration_by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum es_code
migration_load_all(const char *dir, struct dirent **names, size_t n, struct arena *a,
    struct migration_list *out, struct es_err *err)
{
	struct migration_list list = {.n = n};

	list.items = arena_alloc(a, (n + 1) * sizeof(*list.items));
	for (size_t i = 0; i < n; i++) {
		struct migration *m = &list.items[i];
		struct es_err why = {0};

		m->name = arena_strdup(a, names[i]->d_name);
		m->path = arena_printf(a, "%s/%s", dir, m->name);
		m->version = arena_memdup(a, m->name, strspn(m->name, "0123456789"));
		if (strlen(m->version) != MIGRATION_VERSION_LEN ||
		    m->name[MIGRATION_VERSION_LEN] != '_')
			return es_fail(err, ES_INVALID,
			    "%s: a name is 14 digits of UTC time, then _verb_object.sql",
			    m->path);
		if (i > 0 && strcmp(m->version, list.items[i - 1].version) == 0)
			return es_fail(err, ES_INVALID, "%s: same version as %s", m->path,
			    list.items[i - 1].name);
		if (migration_load_one(m, a, &why) != ES_OK)
			return es_fail(err, why.code, "%s: %s", m->path, why.text);
	}
	*out = list;
	return ES_OK;
}

enum es_code
migration_load(
    const char *dir, struct arena *a, struct migration_list *out, struct es_err *err)
{
	struct dirent **names;
	const int n = scandir(dir, &names, migration_is_sql, migration_by_name);
	enum es_code rc;

	if (n < 0)
		return es_fail(err, ES_INVALID, "%s: %s", dir, strerror(errno));
	rc = migration_load_all(dir, names, (size_t)n, a, out, err);
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return rc;
}
