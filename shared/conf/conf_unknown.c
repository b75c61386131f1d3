/* An ES_ name that no program knows is a typing error when it is near to a name of ours,
 * and else another project's: Elasticsearch and its tools have ES_JAVA_OPTS and more. */
#include <string.h>

#include "conf/conf_private.h"
#include "core/nearest.h"

#include "core/banned.h"

extern char **environ;

#define PREFIX   "ES_"
#define FILE_END "_FILE"

/* The known name that is nearest, and how far it is. */
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

/* One edit, and one more for each five characters behind the prefix, at most three: a
 * slip of the finger, two letters that changed places, a letter too many. Short names of
 * other projects (ES_HOST, ES_USER) must not be near to ours (ES_ROOT, ES_URL). */
static bool
conf_unknown_is_slip(const struct near *near, size_t len)
{
	const size_t edits = 1 + (len - strlen(PREFIX)) / 5;

	return near->distance <= (edits < 3 ? edits : 3);
}

/* NAME_FILE of a setting of ours that is not read from files: it would be ignored. */
static bool
conf_unknown_has_no_file(const struct conf_table tables[], size_t n, const char *name)
{
	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < tables[t].n; i++)
			if (strcmp(tables[t].items[i].name, name) == 0)
				return !conf_has_file(&tables[t].items[i]);
	return false;
}

/* name ends in _FILE. True when it needs no more words: it is the file of a setting, or
 * is reported. */
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
			conf_fault(l, name, "environment",
			    "this setting is not read from a file; set %s", stem);
		return true;
	}
	if (!conf_unknown_is_slip(&near, strlen(stem)))
		return false;
	conf_fault(l, name, "environment",
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
		conf_fault(l, name, "environment", "unknown setting; did you mean %s?",
		    near.name);
		return;
	}
	conf_warning(l, name);
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
			conf_warning(l, name);
	}
}
