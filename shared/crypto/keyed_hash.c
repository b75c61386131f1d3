#include "crypto/keyed_hash.h"

#include <endian.h>
#include <sodium.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/check.h"

#include "core/banned.h"

_Static_assert(crypto_shorthash_KEYBYTES == KEYED_HASH_KEY, "SipHash's key");
_Static_assert(crypto_shorthash_BYTES == sizeof(uint64_t), "SipHash's result");

static unsigned char process_key[KEYED_HASH_KEY];
static pid_t drawn_by; /* process that drew the key; 0: no key yet */

void
keyed_hash_draw(void)
{
	if (drawn_by == getpid())
		return;
	CHECK(sodium_init() >= 0);
	CHECK(getrandom(process_key, sizeof(process_key), 0) ==
	      (ssize_t)sizeof(process_key));
	drawn_by = getpid();
}

uint64_t
keyed_hash(const void *data, size_t len)
{
	CHECK(drawn_by != 0);
	return keyed_hash_under(process_key, data, len);
}

/* SipHash writes the bytes of the number in little-endian order. */
uint64_t
keyed_hash_under(const unsigned char key[KEYED_HASH_KEY], const void *data, size_t len)
{
	uint64_t h;

	(void)crypto_shorthash((unsigned char *)&h, data, len, key); /* never fails */
	return le64toh(h);
}
