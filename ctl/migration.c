/* Reads migration files and checks that each has a part to apply and one to revert. */
#include "migration.h"

#include <string.h>

#include "crypto/digest.h"

#include "sql_file.h"

#include "core/banned.h"

static bool
migration_starts_with(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* Returns the text after "-- migrate:up" or "-- migrate:down" at the start of the line,
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

	out->head = text;
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
		*line = '\0'; /* ends the head, or the previous part */
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

bool
migration_had_checksum(const struct migration *m, const char *sha256)
{
	static const char mark[] = "-- echostream:was ";

	for (const char *at = m->head; (at = strstr(at, mark)) != NULL;) {
		at += strlen(mark);
		if (migration_starts_with(at, sha256))
			return true;
	}
	return false;
}

static enum es_code
migration_read_file(
    struct migration *m, const struct sql_file *file, struct arena *a, struct es_err *err)
{
	const struct digest_part whole = {file->text, file->len};
	unsigned char digest[DIGEST_SHA256];

	m->name = file->name;
	m->path = file->path;
	m->version = arena_memdup(a, m->name, strspn(m->name, "0123456789"));
	if (strlen(m->version) != MIGRATION_VERSION_LEN ||
	    m->name[MIGRATION_VERSION_LEN] != '_')
		return es_fail(err, ES_INVALID,
		    "a name is 14 digits of UTC time, then _verb_object.sql");
	digest_sha256(&whole, 1, digest);
	digest_hex(digest, sizeof(digest), m->sha256);
	return migration_parse(file->text, m, err);
}

/* A name begins with a version of fixed length, so the order by name is that by version.
 */
enum es_code
migration_load(
    const char *dir, struct arena *a, struct migration_list *out, struct es_err *err)
{
	struct sql_file_list files;
	struct migration_list list;

	TRY(sql_file_read_all(dir, a, &files, err));
	list.n = files.n;
	list.items = arena_alloc(a, (list.n + 1) * sizeof(*list.items));
	for (size_t i = 0; i < list.n; i++) {
		struct migration *m = &list.items[i];
		struct es_err why = {0};

		if (migration_read_file(m, &files.items[i], a, &why) != ES_OK)
			return es_fail(err, why.code, "%s: %s", m->path, why.text);
		if (i > 0 && strcmp(m->version, list.items[i - 1].version) == 0)
			return es_fail(err, ES_INVALID, "%s: same version as %s", m->path,
			    list.items[i - 1].name);
	}
	*out = list;
	return ES_OK;
}
