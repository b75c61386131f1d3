#include "conf/conf_item.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

bool
conf_item_has_file(const struct conf_item *item)
{
	return item->kind == CONF_SECRET || item->kind == CONF_URL;
}

const char *
conf_item_source(const struct conf_item *item)
{
	char file_name[CONF_NAME_MAX + 8];
	const char *value = getenv(item->name);

	if (value != NULL && *value != '\0')
		return "environment";
	(void)snprintf(file_name, sizeof(file_name), "%s_FILE", item->name);
	return conf_item_has_file(item) && getenv(file_name) != NULL ? "file" : "default";
}

const struct conf_check *
conf_item_check(const struct conf_table tables[], size_t n, const char *name)
{
	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < tables[t].n_checks; i++)
			if (strcmp(tables[t].checks[i].name, name) == 0)
				return &tables[t].checks[i];
	return NULL;
}

void
conf_item_fault(
    struct conf_load *l, const char *name, const char *source, const char *fmt, ...)
{
	va_list ap;
	char why[300];

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	text_addf(&l->faults, "%s (%s): %s\n", name, source, why);
	l->n_faults++;
}

void
conf_item_warn(struct conf_load *l, const char *name)
{
	text_addf(
	    &l->warnings, "%s (environment): no setting of EchoStream, ignored\n", name);
}
