#include "conf/conf.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_private.h"
#include "core/parse.h"
#include "core/text.h"

#include "core/banned.h"

#define REPORT_MAX (32UL * 1024)

extern char **environ;

struct load {
	struct arena *arena;
	struct text faults;
	unsigned n_faults;
};

static void fault(struct load *l, const char *name, const char *source, const char *fmt,
    ...) ES_PRINTF(4, 5);

static void
fault(struct load *l, const char *name, const char *source, const char *fmt, ...)
{
	va_list ap;
	char why[300];

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	text_addf(&l->faults, "%s (%s): %s\n", name, source, why);
	l->n_faults++;
}

/* True when word is one of the blank-separated words of list. */
static bool
listed(const char *list, const char *word, size_t len)
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
parse_bool(const char *s, bool *out)
{
	if (listed("true 1 yes on", s, strlen(s)))
		*out = true;
	else if (listed("false 0 no off", s, strlen(s)))
		*out = false;
	else
		return false;
	return true;
}

static void
set_text(struct load *l, const struct conf_item *item, const char *value,
    const char *source, char *slot)
{
	const size_t len = strlen(value);
	const char *copy;

	if ((int64_t)len < item->min || (int64_t)len > item->max) {
		fault(l, item->name, source, "has %zu characters, must have %lld to %lld",
		    len, (long long)item->min, (long long)item->max);
		return;
	}
	copy = arena_strdup(l->arena, value);
	memcpy(slot, &copy, sizeof(copy));
}

static void
set(struct load *l, const struct conf_item *item, const char *value, const char *source,
    char *slot)
{
	int64_t number;
	bool flag;

	switch (item->kind) {
	case CONF_TEXT:
	case CONF_SECRET:
		set_text(l, item, value, source, slot);
		return;
	case CONF_INT:
		if (!parse_int(value, item->min, item->max, &number))
			fault(l, item->name, source,
			    "is \"%.40s\", must be a number from %lld to %lld", value,
			    (long long)item->min, (long long)item->max);
		else
			memcpy(slot, &number, sizeof(number));
		return;
	case CONF_BOOL:
		if (!parse_bool(value, &flag))
			fault(l, item->name, source,
			    "is \"%.40s\", must be true or false", value);
		else
			memcpy(slot, &flag, sizeof(flag));
		return;
	case CONF_URL:
		/* "key=value" is libpq's other form and has no scheme. */
		if (*value != '\0' && !listed(item->allowed, value, strcspn(value, ":=")))
			fault(l, item->name, source,
			    "must start with one of: %s (then ':')", item->allowed);
		else
			set_text(l, item, value, source, slot);
		return;
	case CONF_ENUM:
		if (!listed(item->allowed, value, strlen(value)))
			fault(l, item->name, source, "is \"%.40s\", must be one of: %s",
			    value, item->allowed);
		else
			set_text(l, item, value, source, slot);
		return;
	}
}

/* The content of the file named by NAME_FILE without its last newline. */
static const char *
read_secret(
    struct load *l, const struct conf_item *item, const char *file_name, const char *path)
{
	char *content = arena_alloc(l->arena, CONF_SECRET_FILE_MAX + 1);
	FILE *f = fopen(path, "re");
	size_t n;

	if (f == NULL) {
		fault(l, item->name, file_name, "can't read %s: %m", path);
		return NULL;
	}
	n = fread(content, 1, CONF_SECRET_FILE_MAX + 1, f);
	(void)fclose(f);
	if (n > CONF_SECRET_FILE_MAX) {
		fault(l, item->name, file_name, "%s is larger than %d bytes", path,
		    CONF_SECRET_FILE_MAX);
		return NULL;
	}
	content[n] = '\0';
	if (n > 0 && content[n - 1] == '\n')
		content[n - 1] = '\0';
	return content;
}

static void
load_item(struct load *l, const struct conf_item *item, char *values)
{
	char *slot = values + item->offset;
	const char *value = getenv(item->name);
	const char *source = "environment";

	if (item->kind == CONF_SECRET) {
		const char *file_name = arena_printf(l->arena, "%s_FILE", item->name);
		const char *path = getenv(file_name);

		if (path != NULL && value != NULL) {
			fault(l, item->name, file_name,
			    "is set twice: take one of the two");
			return;
		}
		if (path != NULL) {
			source = file_name;
			value = read_secret(l, item, file_name, path);
			if (value == NULL)
				return;
		}
	}
	/* Set but empty is not set, as in a compose file that passes everything on. */
	if (value == NULL || *value == '\0') {
		value = item->initial;
		source = "default";
	}
	if (value == NULL)
		fault(l, item->name, "not set", "is required: %s", item->meaning);
	else if (*value != '\0' || strcmp(source, "default") != 0)
		set(l, item, value, source, slot);
	else
		memcpy(slot, &(const char *){""}, sizeof(const char *));
}

/* Edit distance with an early end: only small ones matter. */
static unsigned
distance(const char *a, const char *b)
{
	const size_t na = strlen(a), nb = strlen(b);
	unsigned row[CONF_NAME_MAX + 1];

	if (na > CONF_NAME_MAX || nb > CONF_NAME_MAX)
		return CONF_NAME_MAX;
	for (size_t j = 0; j <= nb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			const unsigned change = diagonal + (a[i - 1] != b[j - 1]);
			const unsigned left = row[j - 1] + 1, up = row[j] + 1;

			diagonal = row[j];
			row[j] = change < left ? change : left;
			if (up < row[j])
				row[j] = up;
		}
	}
	return row[nb];
}

static bool
is_known(const char *name, const char *const known[], const char **nearest)
{
	unsigned best = CONF_NAME_MAX;

	for (size_t i = 0; known[i] != NULL; i++) {
		const unsigned d = distance(name, known[i]);

		if (d == 0)
			return true;
		if (d < best) {
			best = d;
			*nearest = known[i];
		}
	}
	return false;
}

static void
find_unknown(struct load *l, const char *const known[])
{
	for (char **e = environ; *e != NULL; e++) {
		const char *nearest = "";
		char name[CONF_NAME_MAX + 1];
		const size_t len = strcspn(*e, "=");
		size_t stem = len;

		if (strncmp(*e, "ES_", 3) != 0 || len > CONF_NAME_MAX ||
		    strncmp(*e, "ES_TEST_", 8) == 0)
			continue;
		if (len > 5 && strncmp(*e + len - 5, "_FILE", 5) == 0)
			stem = len - 5;
		(void)snprintf(name, sizeof(name), "%.*s", (int)len, *e);
		if (is_known(name, known, &nearest))
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", (int)stem, *e);
		if (stem == len || !is_known(name, known, &nearest))
			fault(l, name, "environment", "is no setting; did you mean %s?",
			    nearest);
	}
}

enum es_code
conf_load(const struct conf_table tables[], size_t n, const char *const known[],
    struct arena *a, void *out, struct conf_report *report)
{
	struct load l = {.arena = a};

	text_init(&l.faults, a, REPORT_MAX);
	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < tables[t].n; i++)
			load_item(&l, &tables[t].items[i], out);
	if (known != NULL)
		find_unknown(&l, known);
	*report = (struct conf_report){.n_faults = l.n_faults, .text = l.faults.data};
	return l.n_faults == 0 ? ES_OK : ES_INVALID;
}
