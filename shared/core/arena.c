#include "core/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"

#include "core/banned.h"

#ifdef __SANITIZE_ADDRESS__
#define ARENA_SHARED 0 /* malloc each allocation, so that ASan sees overruns */
#else
#define ARENA_SHARED 1
#endif
/* bytes of the first block, which is inside struct arena: enough for most frames */
#define ARENA_FIRST 1984
/* bytes of the second block; each later block is twice as large as the one before, up to
 * ARENA_MOST bytes */
#define ARENA_NEXT  8192
#define ARENA_MOST  65536
#define ARENA_ALIGN alignof(max_align_t)

/* Holds allocations one after the other. Unused bytes are zero. */
struct block {
	struct block *next;
	size_t size, used;
	alignas(max_align_t) unsigned char data[];
};

struct deferred {
	struct deferred *next;
	void (*undo)(void *);
	void *thing;
};

struct arena {
	struct deferred *deferred;
	struct block *alone; /* blocks with one large allocation each */
	struct block *last;  /* the block that is being filled, then the older ones */
	struct block first;
};

struct arena *
arena_new(void)
{
	struct arena *a = mem_new(1, sizeof(*a) + ARENA_FIRST);

	a->first.size = ARENA_FIRST;
	a->last = &a->first;
	return a;
}

static struct block *
arena_block_new(struct block **list, size_t size)
{
	struct block *b = mem_new(1, sizeof(*b) + size);

	b->size = size;
	b->next = *list;
	*list = b;
	return b;
}

static void
arena_blocks_free(struct block *b, const struct block *end)
{
	while (b != end) {
		struct block *next = b->next;

		free(b);
		b = next;
	}
}

static size_t
arena_next_size(const struct arena *a)
{
	if (a->last == &a->first)
		return ARENA_NEXT;
	return a->last->size < ARENA_MOST ? a->last->size * 2 : ARENA_MOST;
}

/* A large allocation gets a block of its own, so that the current block keeps its room
 * for small ones. */
void *
arena_alloc(struct arena *a, size_t size)
{
	struct block *b = a->last;
	size_t at;

	CHECK(size <= SIZE_MAX / 2);
	if (!ARENA_SHARED || size > ARENA_FIRST / 2)
		return arena_block_new(&a->alone, size)->data;
	size = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	if (size > b->size - b->used)
		b = arena_block_new(&a->last, arena_next_size(a));
	at = b->used;
	b->used += size;
	return b->data + at;
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
	arena_blocks_free(a->alone, NULL);
	a->alone = NULL;
	arena_blocks_free(a->last, &a->first);
	a->last = &a->first;
	memset(a->first.data, 0, a->first.used);
	a->first.used = 0;
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
