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

const struct conf_file_line *
conf_item_line(const struct conf_file *file, const char *name)
{
	for (size_t i = 0; i < file->n; i++)
		if (strcmp(file->lines[i].name, name) == 0)
			return &file->lines[i];
	return NULL;
}

const char *
conf_item_variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

bool
conf_item_find(struct conf_load *l, const char *name, const char **out_value,
    const char **out_source)
{
	const struct conf_file_line *line = conf_item_line(&l->file, name);
	const char *value = conf_item_variable(name);

	*out_value = value;
	*out_source = "environment";
	if (line == NULL || *line->value == '\0')
		return true;
	if (value != NULL) {
		conf_item_fault(l, name, line->where,
		    "is set twice, in the environment and in the settings file; keep one "
		    "of the two");
		return false;
	}
	*out_value = line->value;
	*out_source = line->where;
	return true;
}

const char *
conf_item_source(const struct conf_file *file, const struct conf_item *item)
{
	const struct conf_file_line *line = conf_item_line(file, item->name);
	char file_name[CONF_NAME_MAX + 8];

	if (conf_item_variable(item->name) != NULL)
		return "environment";
	if (line != NULL)
		return line->where;
	(void)snprintf(file_name, sizeof(file_name), "%s_FILE", item->name);
	if (conf_item_has_file(item) && (conf_item_variable(file_name) != NULL ||
					    conf_item_line(file, file_name) != NULL))
		return "file";
	return "default";
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
	/* A name in a file may be longer than the whole report. */
	text_addf(&l->faults, "%.*s (%s): %s\n", CONF_NAME_MAX, name, source, why);
	l->n_faults++;
}

void
conf_item_log(enum log_level level, const char *msg, const char *text)
{
	for (size_t len; *text != '\0'; text += len + 1) {
		char line[512];
		const struct log_field fields[] = {LOG_STR("setting", line)};

		len = strcspn(text, "\n");
		(void)snprintf(line, sizeof(line), "%.*s", (int)len, text);
		log_write(level, msg, fields, ES_COUNT(fields));
	}
}

void
conf_item_warn(struct conf_load *l, const char *name)
{
	text_addf(&l->warnings,
	    "%s (environment): not a setting of EchoStream; ignored\n", name);
}
