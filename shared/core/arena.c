#include "core/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"

#include "core/banned.h"

struct chunk {
	struct chunk *next;
	alignas(max_align_t) unsigned char data[];
};

struct deferred {
	struct deferred *next;
	void (*undo)(void *);
	void *thing;
};

struct arena {
	struct chunk *chunks;
	struct deferred *deferred;
};

struct arena *
arena_new(void)
{
	return mem_new(1, sizeof(struct arena));
}

/* One chunk per allocation keeps ASan able to see overruns; a bump allocator
 * can replace it without touching a caller. */
void *
arena_alloc(struct arena *a, size_t size)
{
	struct chunk *c;

	CHECK(size <= SIZE_MAX - sizeof(*c));
	c = mem_new(1, sizeof(*c) + size);
	c->next = a->chunks;
	a->chunks = c;
	return c->data;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_memdup(a, s, strlen(s));
}

char *
arena_memdup(struct arena *a, const char *s, size_t len)
{
	char *copy = arena_alloc(a, len + 1);

	memcpy(copy, s, len);
	return copy;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	CHECK(n >= 0);
	text = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	(void)vsnprintf(text, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return text;
}

void
arena_defer(struct arena *a, void (*undo)(void *), void *thing)
{
	struct deferred *d = arena_alloc(a, sizeof(*d));

	*d = (struct deferred){.next = a->deferred, .undo = undo, .thing = thing};
	a->deferred = d;
}

void
arena_reset(struct arena *a)
{
	for (struct deferred *d = a->deferred; d != NULL; d = d->next)
		d->undo(d->thing);
	a->deferred = NULL;
	while (a->chunks != NULL) {
		struct chunk *c = a->chunks;

		a->chunks = c->next;
		free(c);
	}
}

void
arena_free(struct arena **a)
{
	if (*a == NULL)
		return;
	arena_reset(*a);
	free(*a);
	*a = NULL;
}
