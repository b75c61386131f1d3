/* FNV-1a, for hashes on which several processes must agree: partitions, queues, the
 * layout of a shared file. Anybody can compute it and choose inputs that collide, so hash
 * tables with keys from outside use crypto/keyed_hash.h. */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* 64-bit FNV-1a (draft-eastlake-fnv section 5). The result must never change, because
 * partitions depend on it. */
uint64_t hash_bytes(const void *data, size_t len);

#endif
