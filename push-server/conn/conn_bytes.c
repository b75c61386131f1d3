#include "conn/conn_bytes.h"

#include <string.h>

#include "core/check.h"

#include "core/banned.h"

#define FIRST_SIZE 512 /* bytes of the first allocation; it doubles when needed */

bool
conn_bytes_add(struct conn_bytes *b, const char *data, size_t len, size_t cap)
{
	uint32_t size = b->size > 0 ? b->size : FIRST_SIZE;

	if (len > cap || b->len > cap - len)
		return false;
	while (size < b->len + len)
		size *= 2;
	if (size > b->size) {
		b->data = mem_grow(b->data, size);
		b->size = size;
	}
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += (uint32_t)len;
	return true;
}

void
conn_bytes_drop(struct conn_bytes *b, size_t n)
{
	CHECK(n <= b->len);
	b->len -= (uint32_t)n;
	if (b->len == 0)
		conn_bytes_fini(b);
	else
		memmove(b->data, b->data + n, b->len);
}

void
conn_bytes_fini(struct conn_bytes *b)
{
	mem_free(b->data);
	*b = (struct conn_bytes){0};
}
