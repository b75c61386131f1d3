#include "store/origin_cache.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"

#include "core/banned.h"

#define SETS 256
#define WAYS 8

struct origin_slot {
	uint64_t key; /* keyed hash of the origin; 0: unused slot */
	int64_t at_ms;
	bool allowed;
};

struct origin_cache {
	struct origin_slot slots[SETS][WAYS];
};

struct origin_cache *
origin_cache_new(void)
{
	return mem_new(1, sizeof(struct origin_cache));
}

void
origin_cache_free(struct origin_cache **c)
{
	free(*c);
	*c = NULL;
}

static uint64_t
origin_cache_key(const char *origin)
{
	return keyed_hash(origin, strlen(origin)) | 1;
}

bool
origin_cache_find(const struct origin_cache *c, const char *origin, int64_t now_ms,
    bool *allowed, bool *fresh)
{
	const uint64_t key = origin_cache_key(origin);
	const struct origin_slot *set = c->slots[key / 2 % SETS];

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].key != key)
			continue;
		*allowed = set[i].allowed;
		*fresh = now_ms - set[i].at_ms < ORIGIN_KEEP_MS;
		return true;
	}
	return false;
}

void
origin_cache_keep(
    struct origin_cache *c, const char *origin, bool allowed, int64_t now_ms)
{
	const uint64_t key = origin_cache_key(origin);
	struct origin_slot *set = c->slots[key / 2 % SETS], *to = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].key == key) {
			to = &set[i];
			break;
		}
		if (set[i].at_ms < to->at_ms)
			to = &set[i];
	}
	*to = (struct origin_slot){.key = key, .at_ms = now_ms, .allowed = allowed};
}
