/* Allocates many things of one size from slabs of their own. If long-lived things lay
 * among short-lived ones, they would keep the pages of the freed ones in the process,
 * because malloc can return only whole free pages. */
#ifndef CORE_POOL_H
#define CORE_POOL_H

#include <stddef.h>

#include "core/attr.h"

struct pool;

/* size: bytes of a thing, at most 4096. */
struct pool *pool_new(size_t size) ES_NONNULL;
/* Give all things back first. *p may be NULL, and is NULL afterwards. */
void pool_free(struct pool **p);

/* Returns zeroed memory, aligned for any type; never NULL, because running out of memory
 * stops the program. */
void *pool_take(struct pool *p) ES_NONNULL;
/* Gives a thing back. Empty slabs go back to the system, except one. */
void pool_give(struct pool *p, void *thing);

/* pool_n(): things in use. pool_bytes(): bytes of all slabs. */
size_t pool_n(const struct pool *p);
size_t pool_bytes(const struct pool *p);

#endif
