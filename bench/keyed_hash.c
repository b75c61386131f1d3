/* Measures the hash of a table's key, for the sizes of our keys: FNV-1a,
 * which has no key, and SipHash-2-4 of the two libraries that have it.
 *
 *   ninja -C build bench/keyed_hash && build/bench/keyed_hash
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sodium.h>
#include <stdio.h>
#include <time.h>

#include "core/check.h"
#include "core/hash.h"

#include "core/banned.h"

#define ROUNDS  7      /* the fastest round counts, because other processes slow rounds */
#define TIMES   200000 /* hashes per round */
#define KEYS    64     /* different inputs, so that the CPU can't predict the branches */
#define LONGEST 90

static unsigned char inputs[KEYS][LONGEST];
static unsigned char key[16];
static EVP_MAC_CTX *mac;

static uint64_t
fnv(const void *data, size_t len)
{
	return hash_bytes(data, len);
}

static uint64_t
sodium(const void *data, size_t len)
{
	uint64_t h;

	CHECK(crypto_shorthash((unsigned char *)&h, data, len, key) == 0);
	return h;
}

/* The cheapest way that OpenSSL 3.0 has: one context, which gets its key again for each
 * input. */
static uint64_t
openssl(const void *data, size_t len)
{
	uint64_t h;
	size_t size;

	CHECK(EVP_MAC_init(mac, key, sizeof(key), NULL) == 1 &&
	      EVP_MAC_update(mac, data, len) == 1 &&
	      EVP_MAC_final(mac, (unsigned char *)&h, &size, sizeof(h)) == 1);
	return h;
}

static void
openssl_open(void)
{
	size_t size = sizeof(uint64_t);
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_size_t(OSSL_MAC_PARAM_SIZE, &size), OSSL_PARAM_END};
	EVP_MAC *siphash = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_SIPHASH, NULL);

	CHECK(siphash != NULL);
	mac = EVP_MAC_CTX_new(siphash);
	CHECK(mac != NULL && EVP_MAC_CTX_set_params(mac, params) == 1);
	EVP_MAC_free(siphash);
}

static double
best_ns(uint64_t (*hash)(const void *, size_t), size_t len)
{
	static volatile uint64_t sink;
	double best = 1e9;

	for (int round = 0; round < ROUNDS; round++) {
		struct timespec from, to;
		double ns;

		CHECK(clock_gettime(CLOCK_MONOTONIC, &from) == 0);
		for (int i = 0; i < TIMES; i++)
			sink ^= hash(inputs[i % KEYS], len);
		CHECK(clock_gettime(CLOCK_MONOTONIC, &to) == 0);
		ns = ((double)(to.tv_sec - from.tv_sec) * 1e9 +
			 (double)(to.tv_nsec - from.tv_nsec)) /
		     TIMES;
		best = ns < best ? ns : best;
	}
	return best;
}

int
main(void)
{
	/* id of an event, tenant id, page or channel key, longest topic */
	static const size_t lens[] = {16, 37, 74, 90};

	CHECK(sodium_init() >= 0);
	randombytes_buf(key, sizeof(key));
	randombytes_buf(inputs, sizeof(inputs));
	openssl_open();
	CHECK(sodium(inputs[0], LONGEST) == openssl(inputs[0], LONGEST));
	printf("ns a hash  %10s %20s %20s\n", "FNV-1a", "libsodium shorthash",
	    "OpenSSL EVP_MAC");
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
		printf("%3zu bytes  %10.1f %20.1f %20.1f\n", lens[i],
		    best_ns(fnv, lens[i]), best_ns(sodium, lens[i]),
		    best_ns(openssl, lens[i]));
	EVP_MAC_CTX_free(mac);
	return 0;
}
