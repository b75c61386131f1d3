/* Which origins some tenant allows, as of a few seconds ago: a bounded memory of one
 * process. A browser's origin is asked for before it is known whose client it comes from.
 */
#ifndef STORE_ORIGIN_CACHE_H
#define STORE_ORIGIN_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#define ORIGIN_KEEP_MS 5000

/* Holds hashes under the key of the process, never texts: its size does not depend on
 * what clients send. When it is full an answer takes the place of an older one. */
struct origin_cache;
struct origin_cache *origin_cache_new(void);
void origin_cache_free(struct origin_cache **c);

/* False: never asked, or forgotten. *fresh: younger than ORIGIN_KEEP_MS; an older answer
 * is for when the database is away. */
bool origin_cache_find(const struct origin_cache *c, const char *origin, int64_t now_ms,
    bool *allowed, bool *fresh);
void origin_cache_keep(
    struct origin_cache *c, const char *origin, bool allowed, int64_t now_ms);

#endif
