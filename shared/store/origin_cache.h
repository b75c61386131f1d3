/* A bounded cache of origins, with the answer whether a tenant allows them. A browser
 * sends its origin before the server knows the tenant of the client. */
#ifndef STORE_ORIGIN_CACHE_H
#define STORE_ORIGIN_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#define ORIGIN_KEEP_MS 5000

/* Stores hashes with a random key of the process, never texts, so that its size does not
 * depend on what clients send. A full set evicts its oldest answer. */
struct origin_cache;
struct origin_cache *origin_cache_new(void);
void origin_cache_free(struct origin_cache **c);

/* Returns false when the cache has no answer. *fresh is true when the answer is younger
 * than ORIGIN_KEEP_MS. Use an older answer only while the database can't be reached. */
bool origin_cache_find(const struct origin_cache *c, const char *origin, int64_t now_ms,
    bool *allowed, bool *fresh);
void origin_cache_keep(
    struct origin_cache *c, const char *origin, bool allowed, int64_t now_ms);

#endif
