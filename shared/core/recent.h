/* Remembers the keys of recent events, for rules like "at most once in 3 s". The number
 * of keys has a limit. */
#ifndef CORE_RECENT_H
#define CORE_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recent;

typedef uint64_t recent_hash(const void *key, size_t size);

/* At max keys, recent_add() forgets the oldest to add another. If keys come from
 * outside, hash must be a keyed hash (crypto/keyed_hash.h), so that an attacker can't
 * cause collisions. */
struct recent *recent_new(
    int64_t keep_ms, size_t key_size, size_t max, recent_hash *hash);
void recent_free(struct recent **r);
/* Adds the key. Returns false when recent_add() added the key already within the last
 * keep_ms; the key keeps its age. */
bool recent_add(struct recent *r, const void *key, int64_t now_ms);
size_t recent_count(const struct recent *r);

#endif
