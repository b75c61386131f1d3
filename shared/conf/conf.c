#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_file.h"
#include "conf/conf_item.h"
#include "conf/conf_unknown.h"
#include "core/parse.h"
#include "core/regular_file.h"

#include "core/banned.h"

#define REPORT_MAX (32UL * 1024)

/* True when word is one of the blank-separated words of list. */
static bool
conf_listed(const char *list, const char *word, size_t len)
{
	while (*list != '\0') {
		const size_t n = strcspn(list, " ");

		if (n == len && strncmp(list, word, n) == 0)
			return true;
		list += n;
		list += strspn(list, " ");
	}
	return false;
}

static bool
conf_parse_bool(const char *s, bool *out)
{
	if (conf_listed("true 1 yes on", s, strlen(s)))
		*out = true;
	else if (conf_listed("false 0 no off", s, strlen(s)))
		*out = false;
	else
		return false;
	return true;
}

static void
conf_set_text(struct conf_load *l, const struct conf_item *item, const char *value,
    const char *source, char *slot)
{
	const size_t len = strlen(value);
	const char *copy;

	if ((int64_t)len < item->min || (int64_t)len > item->max) {
		conf_item_fault(l, item->name, source,
		    "has %zu characters, must have %lld to %lld", len,
		    (long long)item->min, (long long)item->max);
		return;
	}
	copy = arena_strdup(l->arena, value);
	memcpy(slot, &copy, sizeof(copy));
}

/* libpq also takes "key=value ...", which has no scheme. */
static void
conf_set_url(struct conf_load *l, const struct conf_item *item, const char *value,
    const char *source, char *slot)
{
	const size_t word = strcspn(value, ":=");

	if (value[word] == '\0' || !conf_listed(item->allowed, value, word))
		conf_item_fault(l, item->name, source,
		    "must start with one of: %s (then ':' or '=')", item->allowed);
	else
		conf_set_text(l, item, value, source, slot);
}

static void
conf_set(struct conf_load *l, const struct conf_item *item, const char *value,
    const char *source, char *slot)
{
	int64_t number;
	bool flag;

	switch (item->kind) {
	case CONF_TEXT:
	case CONF_SECRET:
		conf_set_text(l, item, value, source, slot);
		return;
	case CONF_INT:
		if (!parse_int(value, item->min, item->max, &number))
			conf_item_fault(l, item->name, source,
			    "is \"%.40s\", must be a number from %lld to %lld", value,
			    (long long)item->min, (long long)item->max);
		else
			memcpy(slot, &number, sizeof(number));
		return;
	case CONF_BOOL:
		if (!conf_parse_bool(value, &flag))
			conf_item_fault(l, item->name, source,
			    "is \"%.40s\", must be true or false", value);
		else
			memcpy(slot, &flag, sizeof(flag));
		return;
	case CONF_URL:
		conf_set_url(l, item, value, source, slot);
		return;
	case CONF_ENUM:
		if (!conf_listed(item->allowed, value, strlen(value)))
			conf_item_fault(l, item->name, source,
			    "is \"%.40s\", must be one of: %s", value, item->allowed);
		else
			conf_set_text(l, item, value, source, slot);
		return;
	}
}

/* Returns the content of the file that NAME_FILE names, without its last newline; NULL
 * after a fault. */
static const char *
conf_read_secret(struct conf_load *l, const struct conf_item *item, const char *file_name,
    const char *path)
{
	char *content = arena_alloc(l->arena, CONF_SECRET_FILE_MAX + 1);
	const char *why;
	FILE *f = regular_file_open(path, &why);
	size_t n;

	if (f == NULL) {
		conf_item_fault(l, item->name, file_name, "can't read %s: %s", path, why);
		return NULL;
	}
	n = fread(content, 1, CONF_SECRET_FILE_MAX + 1, f);
	if (ferror(f)) {
		conf_item_fault(l, item->name, file_name, "can't read %s: %m", path);
		(void)fclose(f);
		return NULL;
	}
	(void)fclose(f);
	if (n > CONF_SECRET_FILE_MAX) {
		conf_item_fault(l, item->name, file_name, "%s is larger than %d bytes",
		    path, CONF_SECRET_FILE_MAX);
		return NULL;
	}
	if (memchr(content, '\0', n) != NULL) {
		conf_item_fault(l, item->name, file_name, "%s contains a NUL byte", path);
		return NULL;
	}
	content[n] = '\0';
	if (n > 0 && content[n - 1] == '\n')
		content[n - 1] = '\0';
	return content;
}

/* If NAME_FILE is set, reads the file that it names into *value. Returns false after a
 * fault. */
static bool
conf_load_from_file(struct conf_load *l, const struct conf_item *item, const char **value,
    const char **source)
{
	const char *file_name = arena_printf(l->arena, "%s_FILE", item->name);
	const char *path, *where;

	if (!conf_item_find(l, file_name, &path, &where))
		return false;
	if (path == NULL)
		return true;
	if (*value != NULL) {
		conf_item_fault(l, item->name, file_name,
		    "is set twice, directly and as a file; keep one of the two");
		return false;
	}
	*source = file_name;
	*value = conf_read_secret(l, item, file_name, path);
	return *value != NULL;
}

static void
conf_load_item(struct conf_load *l, const struct conf_item *item, char *values)
{
	char *slot = values + item->offset;
	const char *value, *source;

	if (!conf_item_find(l, item->name, &value, &source) ||
	    (conf_item_has_file(item) && !conf_load_from_file(l, item, &value, &source)))
		return;
	/* An empty secret file counts as not set, too. */
	if (value == NULL || *value == '\0') {
		value = item->initial;
		source = "default";
	}
	if (value == NULL)
		conf_item_fault(
		    l, item->name, "not set", "is required: %s", item->meaning);
	else if (*value != '\0' || strcmp(source, "default") != 0)
		conf_set(l, item, value, source, slot);
	else
		memcpy(slot, &(const char *){""}, sizeof(const char *));
}

/* Runs the check of a setting, if it has one. The value has the right type and range, or
 * is not set. */
static void
conf_check_item(struct conf_load *l, const struct conf_item *item,
    const struct conf_check *check, const char *values)
{
	const char *value;
	struct es_err err;

	if (check == NULL)
		return;
	memcpy(&value, values + item->offset, sizeof(value));
	if (value != NULL && *value != '\0' &&
	    check->check(value, l->arena, &err) != ES_OK)
		conf_item_fault(
		    l, item->name, conf_item_source(&l->file, item), "%s", err.text);
}

enum es_code
conf_load(const struct conf_table tables[], size_t n, const char *const known[],
    struct arena *a, void *out, struct conf_report *report)
{
	struct conf_load l = {.arena = a};

	text_init(&l.faults, a, REPORT_MAX);
	text_init(&l.warnings, a, REPORT_MAX);
	conf_file_read(&l, tables, n);
	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < tables[t].n; i++) {
			const struct conf_item *item = &tables[t].items[i];

			conf_load_item(&l, item, out);
			conf_check_item(
			    &l, item, conf_item_check(tables, n, item->name), out);
		}
	for (size_t i = 0; known != NULL && i < l.file.n; i++)
		conf_unknown_in_file(&l, tables, n, known, &l.file.lines[i]);
	if (known != NULL)
		conf_unknown(&l, tables, n, known);
	*report = (struct conf_report){
	    .n_faults = l.n_faults, .text = l.faults.data, .warnings = l.warnings.data};
	return l.n_faults == 0 ? ES_OK : ES_INVALID;
}
