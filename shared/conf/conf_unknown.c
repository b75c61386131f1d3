/* An unknown ES_ name that resembles a setting is taken for a typing error. Any other one
 * belongs to another project: Elasticsearch and its tools have ES_JAVA_OPTS and more. */
#include "conf/conf_unknown.h"

#include <string.h>

#include "core/nearest.h"

#include "core/banned.h"

extern char **environ;

#define PREFIX   "ES_"
#define FILE_END "_FILE"

/* The known name with the least edit distance, and that distance. */
struct near {
	const char *name;
	unsigned distance;
};

static struct near
conf_unknown_nearest(const char *name, const char *const known[])
{
	struct near near = {.name = "", .distance = CONF_NAME_MAX};

	for (size_t i = 0; known[i] != NULL; i++) {
		const unsigned d = nearest_distance(name, known[i]);

		if (d < near.distance)
			near = (struct near){known[i], d};
	}
	return near;
}

/* Allows one edit, and one more for each five characters after the prefix, at most three:
 * a wrong letter, two swapped letters, a letter too many. Fewer edits for short names
 * keep ES_HOST and ES_USER of other projects apart from our ES_ROOT and ES_URL. */
static bool
conf_unknown_is_slip(const struct near *near, size_t len)
{
	const size_t edits = 1 + (len - strlen(PREFIX)) / 5;

	return near->distance <= (edits < 3 ? edits : 3);
}

/* True when name is a setting that is not read from a file, so that NAME_FILE would be
 * ignored. */
static bool
conf_unknown_has_no_file(const struct conf_table tables[], size_t n, const char *name)
{
	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < tables[t].n; i++)
			if (strcmp(tables[t].items[i].name, name) == 0)
				return !conf_item_has_file(&tables[t].items[i]);
	return false;
}

/* Checks a name that ends in _FILE. Returns true when nothing is left to report: either
 * the name is the file of a setting, or the fault is reported. */
static bool
conf_unknown_file(struct conf_load *l, const struct conf_table tables[], size_t n,
    const char *const known[], const char *name, size_t len)
{
	char stem[CONF_NAME_MAX + 1];
	struct near near;

	(void)snprintf(stem, sizeof(stem), "%.*s", (int)(len - strlen(FILE_END)), name);
	near = conf_unknown_nearest(stem, known);
	if (near.distance == 0) {
		if (conf_unknown_has_no_file(tables, n, stem))
			conf_item_fault(l, name, "environment",
			    "this setting is not read from a file; set %s", stem);
		return true;
	}
	if (!conf_unknown_is_slip(&near, strlen(stem)))
		return false;
	conf_item_fault(l, name, "environment",
	    "unknown setting; did you mean %s" FILE_END "?", near.name);
	return true;
}

static void
conf_unknown_name(struct conf_load *l, const struct conf_table tables[], size_t n,
    const char *const known[], const char *name, size_t len)
{
	const struct near near = conf_unknown_nearest(name, known);

	if (near.distance == 0)
		return;
	if (len > strlen(PREFIX) + strlen(FILE_END) &&
	    strcmp(name + len - strlen(FILE_END), FILE_END) == 0 &&
	    conf_unknown_file(l, tables, n, known, name, len))
		return;
	if (conf_unknown_is_slip(&near, len)) {
		conf_item_fault(l, name, "environment",
		    "unknown setting; did you mean %s?", near.name);
		return;
	}
	conf_item_warn(l, name);
}

void
conf_unknown_in_file(struct conf_load *l, const struct conf_table tables[], size_t n,
    const char *const known[], const struct conf_file_line *line)
{
	const size_t len = strlen(line->name);
	struct near near;
	char stem[CONF_NAME_MAX + 1];

	if (len > CONF_NAME_MAX) {
		conf_item_fault(l, line->name, line->where, "unknown setting");
		return;
	}
	near = conf_unknown_nearest(line->name, known);
	if (near.distance == 0)
		return;
	if (len > strlen(FILE_END) &&
	    strcmp(line->name + len - strlen(FILE_END), FILE_END) == 0) {
		(void)snprintf(stem, sizeof(stem), "%.*s", (int)(len - strlen(FILE_END)),
		    line->name);
		if (conf_unknown_nearest(stem, known).distance == 0) {
			if (conf_unknown_has_no_file(tables, n, stem))
				conf_item_fault(l, line->name, line->where,
				    "this setting is not read from a file; set %s", stem);
			return;
		}
	}
	if (conf_unknown_is_slip(&near, len))
		conf_item_fault(l, line->name, line->where,
		    "unknown setting; did you mean %s?", near.name);
	else
		conf_item_fault(l, line->name, line->where, "unknown setting");
}

void
conf_unknown(struct conf_load *l, const struct conf_table tables[], size_t n,
    const char *const known[])
{
	for (char **e = environ; *e != NULL; e++) {
		char name[CONF_NAME_MAX + 1];
		const size_t len = strcspn(*e, "=");

		if (strncmp(*e, PREFIX, strlen(PREFIX)) != 0 ||
		    strncmp(*e, "ES_TEST_", 8) == 0)
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", (int)len, *e);
		if (len <= CONF_NAME_MAX)
			conf_unknown_name(l, tables, n, known, name, len);
		else
			conf_item_warn(l, name);
	}
}
