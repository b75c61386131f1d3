#include "fnv_collisions.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/hash.h"

#include "core/banned.h"

#define DIGITS 4 /* the last digits of an id; all their values are tried first */
#define TRIES  (1U << (4 * DIGITS))

/* Continues a hash of FNV-1a with these bytes, so that the ids' common beginning is
 * hashed only once. */
static uint64_t
fnv_collisions_add(uint64_t h, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3ULL;
	return h;
}

void
fnv_collisions(const char *tenant, struct fnv_collision out[])
{
	const size_t fixed =
	    offsetof(struct fnv_collision, channel) + ES_UUID_TEXT - 1 - DIGITS;
	const uint64_t mask = (1U << FNV_COLLISIONS_BITS) - 1;
	struct fnv_collision one;
	size_t n = 0;

	memset(&one, 0, sizeof(one));
	(void)snprintf(one.tenant.text, sizeof(one.tenant.text), "%s", tenant);
	for (unsigned high = 0; n < FNV_COLLISIONS; high++) {
		uint64_t begun;

		(void)snprintf(one.channel.text, sizeof(one.channel.text),
		    "01900000-0000-7000-8000-%08x0000", high);
		begun = fnv_collisions_add(hash_bytes("", 0), (const char *)&one, fixed);
		for (unsigned low = 0; low < TRIES && n < FNV_COLLISIONS; low++) {
			char *end = one.channel.text + ES_UUID_TEXT - 1 - DIGITS;
			uint64_t h;

			for (unsigned i = 0; i < DIGITS; i++)
				end[i] =
				    "0123456789abcdef"[low >> (4 * (DIGITS - 1 - i)) &
						       15];
			h = fnv_collisions_add(begun, end, DIGITS + 1);
			if (((h ^ h >> 32) & mask) == 0)
				out[n++] = one;
		}
	}
}

size_t
fnv_collisions_longest(const struct table *t)
{
	size_t longest = 0;

	for (size_t i = 0; i < t->n_buckets; i++) {
		size_t n = 0;

		for (const struct table_node *node = t->buckets[i]; node != NULL;
		     node = node->next)
			n++;
		longest = n > longest ? n : longest;
	}
	return longest;
}
