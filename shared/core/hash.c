#include "core/hash.h"

#include "core/banned.h"

uint64_t
hash_bytes(const void *data, size_t len)
{
	const unsigned char *bytes = data;
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < len; i++) {
		h ^= bytes[i];
		h *= 0x100000001b3ULL;
	}
	return h;
}
