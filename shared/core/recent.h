/* What happened within the last moments, bounded: "at most once in 3 s" for many keys. */
#ifndef CORE_RECENT_H
#define CORE_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recent;

typedef uint64_t recent_hash(const void *key, size_t size);

/* Of more than max keys the oldest are forgotten early. If keys come from outside, hash
 * is a keyed one (crypto/keyed_hash.h). */
struct recent *recent_new(
    int64_t keep_ms, size_t key_size, size_t max, recent_hash *hash);
void recent_free(struct recent **r);
/* True, and remembered from now on, when the key was not there within keep_ms. */
bool recent_first(struct recent *r, const void *key, int64_t now_ms);
size_t recent_count(const struct recent *r);

#endif
