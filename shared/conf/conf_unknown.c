/* An ES_ name that no program knows is a typing error, not a setting. */
#include <string.h>

#include "conf/conf_private.h"
#include "core/nearest.h"

#include "core/banned.h"

extern char **environ;

static bool
is_known(const char *name, const char *const known[], const char **nearest)
{
	unsigned best = CONF_NAME_MAX;

	for (size_t i = 0; known[i] != NULL; i++) {
		const unsigned d = nearest_distance(name, known[i]);

		if (d == 0)
			return true;
		if (d < best) {
			best = d;
			*nearest = known[i];
		}
	}
	return false;
}

/* NAME_FILE of a setting of ours that is not read from files: it would be ignored. */
static bool
has_no_file(const struct conf_table tables[], size_t n, const char *name)
{
	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < tables[t].n; i++)
			if (strcmp(tables[t].items[i].name, name) == 0)
				return !conf_has_file(&tables[t].items[i]);
	return false;
}

void
conf_unknown(struct conf_load *l, const struct conf_table tables[], size_t n,
    const char *const known[])
{
	for (char **e = environ; *e != NULL; e++) {
		const char *nearest = "";
		char name[CONF_NAME_MAX + 1];
		const size_t len = strcspn(*e, "=");

		if (strncmp(*e, "ES_", 3) != 0 || strncmp(*e, "ES_TEST_", 8) == 0)
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", (int)len, *e);
		if (len <= CONF_NAME_MAX && is_known(name, known, &nearest))
			continue;
		if (len > 5 && len <= CONF_NAME_MAX &&
		    strcmp(name + len - 5, "_FILE") == 0) {
			char stem[CONF_NAME_MAX + 1];

			(void)snprintf(stem, sizeof(stem), "%.*s", (int)len - 5, name);
			if (is_known(stem, known, &nearest)) {
				if (has_no_file(tables, n, stem))
					conf_fault(l, name, "environment",
					    "this setting is not read from a file; set "
					    "%s",
					    stem);
				continue;
			}
		}
		conf_fault(l, name, "environment", "unknown setting; did you mean %s?",
		    *nearest != '\0' ? nearest : "something shorter");
	}
}
