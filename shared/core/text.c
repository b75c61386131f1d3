#include "core/text.h"

#include <stdio.h>
#include <string.h>

#include "core/banned.h"

void
text_init(struct text *t, struct arena *a, size_t cap)
{
	*t = (struct text){.arena = a, .size = 256, .cap = cap};
	t->data = arena_alloc(a, t->size);
}

static bool
text_reserve(struct text *t, size_t more)
{
	size_t size = t->size;
	char *bigger;

	if (t->overflow || more >= t->cap || t->len > t->cap - more - 1) {
		t->overflow = true;
		return false;
	}
	while (size < t->len + more + 1)
		size *= 2;
	if (size == t->size)
		return true;
	bigger = arena_alloc(t->arena, size);
	memcpy(bigger, t->data, t->len);
	t->data = bigger;
	t->size = size;
	return true;
}

void
text_add(struct text *t, const char *s, size_t len)
{
	if (!text_reserve(t, len))
		return;
	memcpy(t->data + t->len, s, len);
	t->len += len;
	t->data[t->len] = '\0';
}

/* Formats into the room that is left. Formats again only when that is too small. */
void
text_addf(struct text *t, const char *fmt, ...)
{
	const size_t room = t->size - t->len;
	va_list ap;
	int n;

	if (t->overflow)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->data + t->len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || !text_reserve(t, (size_t)n)) {
		t->overflow = true;
		t->data[t->len] = '\0'; /* drop the part that did fit */
		return;
	}
	if ((size_t)n >= room) {
		va_start(ap, fmt);
		(void)vsnprintf(t->data + t->len, t->size - t->len, fmt, ap);
		va_end(ap);
	}
	t->len += (size_t)n;
}
