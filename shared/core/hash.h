/* FNV-1a, for what several processes place alike: partitions, queues, the layout of a
 * shared file. Anybody can compute it and choose inputs that collide, so a table over
 * keys from outside uses crypto/keyed_hash.h. */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* 64-bit FNV-1a (draft-eastlake-fnv section 5). Stable for ever: partitions depend on it.
 */
uint64_t hash_bytes(const void *data, size_t len);

#endif
