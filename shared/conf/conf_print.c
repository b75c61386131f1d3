/* Prints a table of settings: values, help, reference page, JSON. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf_file.h"
#include "conf/conf_item.h"
#include "conf/conf_reload.h"

#include "core/banned.h"

/* Prints scheme://user:********@host: the password of a URL is a secret, too. */
static void
conf_print_url(const char *url, FILE *to)
{
	const char *start = strstr(url, "://");
	/* The last '@': a password may hold one that was not percent-encoded. */
	const char *at = start != NULL ? strrchr(start, '@') : NULL;
	const char *colon =
	    at != NULL ? memchr(start + 3, ':', (size_t)(at - start - 3)) : NULL;

	if (strstr(url, "passw") != NULL) /* conninfo or query string, blanks allowed */
		(void)fprintf(to, "********");
	else if (colon != NULL)
		(void)fprintf(to, "%.*s:********%s", (int)(colon - url), url, at);
	else
		(void)fprintf(to, "%s", url);
}

static void
conf_print_value(const struct conf_item *item, const char *values, FILE *to)
{
	const char *slot = values + item->offset;
	const char *text;
	int64_t number;
	bool flag;

	switch (item->kind) {
	case CONF_SECRET:
		memcpy(&text, slot, sizeof(text));
		(void)fprintf(to, "%s", text != NULL && *text != '\0' ? "********" : "");
		return;
	case CONF_INT:
		memcpy(&number, slot, sizeof(number));
		(void)fprintf(to, "%lld", (long long)number);
		return;
	case CONF_BOOL:
		memcpy(&flag, slot, sizeof(flag));
		(void)fprintf(to, "%s", flag ? "true" : "false");
		return;
	case CONF_URL:
		memcpy(&text, slot, sizeof(text));
		conf_print_url(text != NULL ? text : "", to);
		return;
	case CONF_TEXT:
	case CONF_ENUM:
		memcpy(&text, slot, sizeof(text));
		(void)fprintf(to, "%s", text != NULL ? text : "");
		return;
	}
}

void
conf_print(const struct conf_table tables[], size_t n, const void *values, FILE *to)
{
	struct arena *a = arena_new();
	struct conf_load l = {.arena = a};

	text_init(&l.faults, a, 0); /* conf_load() has reported the faults */
	conf_file_read(&l, tables, n);
	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < tables[t].n; i++) {
			const struct conf_item *item = &tables[t].items[i];

			(void)fprintf(
			    to, "# %s\n%s=", conf_item_source(&l.file, item), item->name);
			conf_print_value(item, values, to);
			(void)fprintf(to, "\n");
		}
	arena_free(&a);
}

static void
conf_print_range(const struct conf_item *item, FILE *to)
{
	switch (item->kind) {
	case CONF_INT:
		(void)fprintf(
		    to, "%lld to %lld", (long long)item->min, (long long)item->max);
		return;
	case CONF_BOOL:
		(void)fprintf(to, "true, false");
		return;
	case CONF_URL:
	case CONF_ENUM:
		(void)fprintf(to, "%s", item->allowed);
		return;
	case CONF_TEXT:
	case CONF_SECRET:
		(void)fprintf(to, "%lld to %lld characters", (long long)item->min,
		    (long long)item->max);
		return;
	}
}

static const char *
conf_print_initial_of(const struct conf_item *item)
{
	if (item->initial == NULL)
		return "(required)";
	return *item->initial != '\0' ? item->initial : "(empty)";
}

void
conf_help(const struct conf_table tables[], size_t n, FILE *to)
{
	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < tables[t].n; i++) {
			const struct conf_item *item = &tables[t].items[i];

			(void)fprintf(to, "  %-26s %s\n      default %s; ", item->name,
			    item->meaning, conf_print_initial_of(item));
			conf_print_range(item, to);
			(void)fprintf(to, "\n");
		}
}

void
conf_markdown(const struct conf_table tables[], size_t n, FILE *to)
{
	(void)fprintf(to, "| setting | default | range | meaning |\n|---|---|---|---|\n");
	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < tables[t].n; i++) {
			const struct conf_item *item = &tables[t].items[i];

			(void)fprintf(to, "| `%s`%s | `%s` | ", item->name,
			    conf_item_has_file(item) ? " (or `_FILE`)" : "",
			    conf_print_initial_of(item));
			conf_print_range(item, to);
			(void)fprintf(to, " | %s |\n", item->meaning);
		}
}

static void
conf_print_json_text(const char *s, FILE *to)
{
	if (s == NULL) {
		(void)fprintf(to, "null");
		return;
	}
	(void)fputc('"', to);
	for (; *s != '\0'; s++)
		(void)fprintf(to, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
	(void)fputc('"', to);
}

static void
conf_print_json_item(const struct conf_item *item, bool checked, bool reloaded, FILE *to)
{
	static const char *const kinds[] = {[CONF_TEXT] = "text",
	    [CONF_SECRET] = "secret",
	    [CONF_INT] = "int",
	    [CONF_BOOL] = "bool",
	    [CONF_URL] = "url",
	    [CONF_ENUM] = "enum"};

	(void)fprintf(to, "{\"name\":\"%s\",\"kind\":\"%s\",\"default\":", item->name,
	    kinds[item->kind]);
	conf_print_json_text(item->initial, to);
	(void)fprintf(to, ",\"min\":%lld,\"max\":%lld,\"allowed\":", (long long)item->min,
	    (long long)item->max);
	conf_print_json_text(item->allowed, to);
	(void)fprintf(to, ",\"file\":%s,\"checked\":%s,\"reloaded\":%s,\"meaning\":",
	    conf_item_has_file(item) ? "true" : "false", checked ? "true" : "false",
	    reloaded ? "true" : "false");
	conf_print_json_text(item->meaning, to);
	(void)fprintf(to, "}");
}

void
conf_json(const struct conf_table tables[], size_t n, FILE *to)
{
	const char *comma = "[";

	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < tables[t].n; i++) {
			const struct conf_item *item = &tables[t].items[i];

			(void)fprintf(to, "%s\n", comma);
			conf_print_json_item(item,
			    conf_item_check(tables, n, item->name) != NULL,
			    conf_reload_takes(tables, n, item->name), to);
			comma = ",";
		}
	(void)fprintf(to, "\n]\n");
}
