#include <string.h>

#include "pg/pg.h"

#include "core/banned.h"

/* Bytes of one element with its quotes when every character needs an escape. */
static size_t
pg_param_room(const char *item)
{
	return item == NULL ? sizeof("NULL,") : 2 * strlen(item) + sizeof("\"\",");
}

static char *
pg_param_quote(char *to, const char *item)
{
	*to++ = '"';
	for (; *item != '\0'; item++) {
		if (*item == '"' || *item == '\\')
			*to++ = '\\';
		*to++ = *item;
	}
	*to++ = '"';
	return to;
}

const char *
pg_array(struct arena *a, const char *const items[], size_t n)
{
	size_t size = sizeof("{}");
	char *out, *to;

	for (size_t i = 0; i < n; i++)
		size += pg_param_room(items[i]);
	out = to = arena_alloc(a, size);
	*to++ = '{';
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			*to++ = ',';
		if (items[i] != NULL) {
			to = pg_param_quote(to, items[i]);
			continue;
		}
		memcpy(to, "NULL", 4);
		to += 4;
	}
	*to++ = '}';
	*to = '\0';
	return out;
}

const char *
pg_int(struct arena *a, int64_t value)
{
	return arena_printf(a, "%lld", (long long)value);
}

const char *
pg_bool(bool value)
{
	return value ? "true" : "false";
}
