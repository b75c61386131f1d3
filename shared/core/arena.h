/* Memory with one common lifetime, e.g. of a request, a batch of the queue, or a frame.
 * An arena frees all of its memory together. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>

#include "core/attr.h"

struct arena;

struct arena *arena_new(void) ES_NONNULL;
/* Returns zeroed memory, never NULL, because running out of memory stops the program. */
void *arena_alloc(struct arena *a, size_t size) ES_NONNULL;
char *arena_strdup(struct arena *a, const char *s) ES_NONNULL;
/* Returns a NUL-terminated copy of len bytes. */
char *arena_memdup(struct arena *a, const char *s, size_t len) ES_NONNULL;
char *arena_printf(struct arena *a, const char *fmt, ...) ES_PRINTF(2, 3) ES_NONNULL;
/* Registers undo(thing) to be called when the arena is reset or freed; the last
 * registered call is made first. */
void arena_defer(struct arena *a, void (*undo)(void *), void *thing);
void arena_reset(struct arena *a);
/* *a may be NULL, and is NULL afterwards. */
void arena_free(struct arena **a);

#endif
