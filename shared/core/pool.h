/* Many things of one size, densely packed in slabs of their own. Long-lived things among
 * short-lived ones would pin the memory of these: malloc can't give back what lies
 * between. */
#ifndef CORE_POOL_H
#define CORE_POOL_H

#include <stddef.h>

#include "core/attr.h"

struct pool;

/* size: bytes of a thing, at most 4096. */
struct pool *pool_new(size_t size) ES_NONNULL;
/* All things were given back. Takes NULL; leaves NULL. */
void pool_free(struct pool **p);

/* Zeroed, aligned for any type; never NULL: out of memory stops the program. */
void *pool_take(struct pool *p) ES_NONNULL;
/* A slab without things goes back to the system, but for one. */
void pool_give(struct pool *p, void *thing);

/* Things taken, and bytes of slabs held for them. */
size_t pool_n(const struct pool *p);
size_t pool_bytes(const struct pool *p);

#endif
