/* What a table of settings looks like to people: values, help, reference page. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf_private.h"

#include "core/banned.h"

/* scheme://user:********@host: the password of a URL is a secret too. */
static void
print_url(const char *url, FILE *to)
{
	const char *start = strstr(url, "://");
	const char *at = start != NULL ? strchr(start, '@') : NULL;
	const char *colon =
	    at != NULL ? memchr(start + 3, ':', (size_t)(at - start - 3)) : NULL;

	if (colon != NULL)
		(void)fprintf(to, "%.*s:********%s", (int)(colon - url), url, at);
	else if (strstr(url, "password=") != NULL)
		(void)fprintf(to, "********");
	else
		(void)fprintf(to, "%s", url);
}

static void
print_value(const struct conf_item *item, const char *values, FILE *to)
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
		print_url(text != NULL ? text : "", to);
		return;
	case CONF_TEXT:
	case CONF_ENUM:
		memcpy(&text, slot, sizeof(text));
		(void)fprintf(to, "%s", text != NULL ? text : "");
		return;
	}
}

static const char *
source_of(const struct conf_item *item)
{
	char file_name[CONF_NAME_MAX + 8];
	const char *value = getenv(item->name);

	if (value != NULL && *value != '\0')
		return "environment";
	(void)snprintf(file_name, sizeof(file_name), "%s_FILE", item->name);
	return item->kind == CONF_SECRET && getenv(file_name) != NULL ? "file"
	                                                              : "default";
}

void
conf_print(const struct conf_table tables[], size_t n, const void *values, FILE *to)
{
	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < tables[t].n; i++) {
			const struct conf_item *item = &tables[t].items[i];

			(void)fprintf(to, "# %s\n%s=", source_of(item), item->name);
			/* A URL may hold a password, so all that it shows is its shape.
			 */
			print_value(item, values, to);
			(void)fprintf(to, "\n");
		}
}

static void
print_range(const struct conf_item *item, FILE *to)
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
initial_of(const struct conf_item *item)
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
			    item->meaning, initial_of(item));
			print_range(item, to);
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
			    item->kind == CONF_SECRET ? " (or `_FILE`)" : "",
			    initial_of(item));
			print_range(item, to);
			(void)fprintf(to, " | %s |\n", item->meaning);
		}
}
