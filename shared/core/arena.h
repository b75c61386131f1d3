/* Memory with one lifetime: a request, a queue batch, a frame. Freed all at once. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>

#include "core/attr.h"

struct arena;

struct arena *arena_new(void) ES_NONNULL;
/* Zeroed; never NULL: out of memory stops the program. */
void *arena_alloc(struct arena *a, size_t size) ES_NONNULL;
char *arena_strdup(struct arena *a, const char *s) ES_NONNULL;
/* A NUL-terminated copy of len bytes. */
char *arena_memdup(struct arena *a, const char *s, size_t len) ES_NONNULL;
char *arena_printf(struct arena *a, const char *fmt, ...) ES_PRINTF(2, 3) ES_NONNULL;
/* Call undo(thing) when the arena is reset, last deferred first. */
void arena_defer(struct arena *a, void (*undo)(void *), void *thing);
void arena_reset(struct arena *a);
/* Takes NULL; leaves NULL. */
void arena_free(struct arena **a);

#endif
