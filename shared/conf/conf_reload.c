#include "conf/conf_reload.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_file.h"
#include "conf/conf_item.h"
#include "core/check.h"

#include "core/banned.h"

#define NAMES_MAX 3072 /* bytes of the names in one log line */

static bool
conf_reload_names(const struct conf_reloads *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->names[i], name) == 0)
			return true;
	return false;
}

static bool
conf_reload_has_item(const struct conf_table tables[], size_t n, const char *name)
{
	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < tables[t].n; i++)
			if (strcmp(tables[t].items[i].name, name) == 0)
				return true;
	return false;
}

void
conf_reload_check_names(const struct conf_table tables[], size_t n)
{
	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; tables[t].reloads != NULL && i < tables[t].reloads->n;
		     i++)
			CHECK(
			    conf_reload_has_item(tables, n, tables[t].reloads->names[i]));
}

bool
conf_reload_takes(const struct conf_table tables[], size_t n, const char *name)
{
	for (size_t t = 0; t < n; t++)
		if (tables[t].reloads != NULL)
			return conf_reload_names(tables[t].reloads, name) ==
			       (tables[t].reloads->which == CONF_RELOADS_ONLY);
	return false;
}

static const char *
conf_reload_text(const struct conf_item *item, const char *values)
{
	const char *text;

	memcpy(&text, values + item->offset, sizeof(text));
	return text;
}

static bool
conf_reload_is_same(const struct conf_item *item, const char *old, const char *new)
{
	switch (item->kind) {
	case CONF_INT:
		return memcmp(old + item->offset, new + item->offset, sizeof(int64_t)) ==
		       0;
	case CONF_BOOL:
		return memcmp(old + item->offset, new + item->offset, sizeof(bool)) == 0;
	case CONF_TEXT:
	case CONF_SECRET:
	case CONF_URL:
	case CONF_ENUM:
		break;
	}
	return strcmp(conf_reload_text(item, old), conf_reload_text(item, new)) == 0;
}

/* Restores the old value. Copies a text, because the reload frees the memory of the old
 * values. */
static void
conf_reload_keep(
    const struct conf_item *item, const char *old, char *new, struct arena *a)
{
	const char *text;

	switch (item->kind) {
	case CONF_INT:
		memcpy(new + item->offset, old + item->offset, sizeof(int64_t));
		return;
	case CONF_BOOL:
		memcpy(new + item->offset, old + item->offset, sizeof(bool));
		return;
	case CONF_TEXT:
	case CONF_SECRET:
	case CONF_URL:
	case CONF_ENUM:
		break;
	}
	text = arena_strdup(a, conf_reload_text(item, old));
	memcpy(new + item->offset, &text, sizeof(text));
}

/* Compares each setting, and logs what has changed. Values are never logged: they may be
 * secrets. */
static void
conf_reload_compare(const struct conf_table tables[], size_t n, const char *old,
    char *new, struct arena *a)
{
	struct text names;

	text_init(&names, a, NAMES_MAX);
	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < tables[t].n; i++) {
			const struct conf_item *item = &tables[t].items[i];

			if (conf_reload_is_same(item, old, new))
				continue;
			if (conf_reload_takes(tables, n, item->name)) {
				text_addf(&names, "%s%s", names.len > 0 ? ", " : "",
				    item->name);
				continue;
			}
			conf_reload_keep(item, old, new, a);
			log_warn("a changed setting needs a restart (--take-over); this "
				 "program keeps the old value",
			    LOG_STR("setting", item->name));
		}
	log_info("settings were read again",
	    LOG_STR("changed", names.len > 0 ? names.data : "none"));
}

/* True when a setting comes from a file. */
static bool
conf_reload_has_files(const struct conf_table tables[], size_t n)
{
	if (conf_item_variable(CONF_FILE_NAME) != NULL)
		return true;
	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < tables[t].n; i++) {
			char name[CONF_NAME_MAX + 8];

			(void)snprintf(
			    name, sizeof(name), "%s_FILE", tables[t].items[i].name);
			if (conf_item_has_file(&tables[t].items[i]) &&
			    conf_item_variable(name) != NULL)
				return true;
		}
	return false;
}

enum es_code
conf_reload(const struct conf_table tables[], size_t n, struct arena **a, void *values,
    size_t size)
{
	struct arena *fresh;
	struct conf_report report;
	void *new;

	if (!conf_reload_has_files(tables, n)) {
		log_warn("SIGHUP changes nothing: all settings come from the environment "
			 "of the start; a file that ES_SETTINGS_FILE names can be read "
			 "again",
		    LOG_NONE);
		return ES_INVALID;
	}
	new = mem_new(1, size);
	fresh = arena_new();
	if (conf_load(tables, n, conf_names, fresh, new, &report) != ES_OK) {
		conf_item_log(LOG_ERROR, "faulty setting", report.text);
		log_error("reload refused; the old settings stay in force", LOG_NONE);
		arena_free(&fresh);
		mem_free(new);
		return ES_INVALID;
	}
	conf_reload_compare(tables, n, values, new, fresh);
	memcpy(values, new, size);
	mem_free(new);
	arena_free(a);
	*a = fresh;
	return ES_OK;
}
