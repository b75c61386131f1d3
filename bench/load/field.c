#include "field.h"

#include <string.h>

const char *
field_find(struct field *f, const char *json, size_t len)
{
	const size_t size = strlen(f->key);
	const char *at;

	if (f->guess + size <= len && memcmp(json + f->guess, f->key, size) == 0)
		return json + f->guess + size;
	at = memmem(json, len, f->key, size);
	if (at == NULL)
		return NULL;
	f->guess = (size_t)(at - json);
	return at + size;
}

int64_t
field_number(struct field *f, const char *json, size_t len)
{
	const char *at = field_find(f, json, len), *end = json + len;
	int64_t n = 0;

	if (at == NULL || at == end || *at < '0' || *at > '9')
		return -1;
	for (; at < end && *at >= '0' && *at <= '9'; at++)
		n = n * 10 + (*at - '0');
	return n;
}
