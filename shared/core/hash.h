/* FNV-1a, for placing things (partitions, hash tables); not for anything secret. */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* 64-bit FNV-1a (draft-eastlake-fnv section 5). Stable for ever: partitions depend on it.
 */
uint64_t hash_bytes(const void *data, size_t len);

#endif
