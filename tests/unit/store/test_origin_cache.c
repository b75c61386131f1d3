/* The cache of allowed and refused origins: how long an answer is fresh, and how many
 * answers the cache keeps. */
#include <stdio.h>

#include "crypto/keyed_hash.h"
#include "cunit_main.h"
#include "store/origin_cache.h"
#include "store/origin_store.h"

#include "core/banned.h"

#define A "https://a.test"

static bool allowed, fresh;

static void
a_cached_answer_is_fresh_for_origin_keep_ms(void)
{
	struct origin_cache *c;

	keyed_hash_draw();
	c = origin_cache_new();
	CU_ASSERT_FALSE(origin_cache_find(c, A, 1000, &allowed, &fresh));
	origin_cache_keep(c, A, true, 1000);
	CU_ASSERT_TRUE(origin_cache_find(c, A, 999 + ORIGIN_KEEP_MS, &allowed, &fresh));
	CU_ASSERT_TRUE(allowed && fresh);
	CU_ASSERT_TRUE(origin_cache_find(c, A, 1000 + ORIGIN_KEEP_MS, &allowed, &fresh));
	CU_ASSERT_TRUE(allowed && !fresh);
	origin_cache_keep(c, A, false, 9000);
	CU_ASSERT_TRUE(origin_cache_find(c, A, 9000, &allowed, &fresh));
	CU_ASSERT_TRUE(!allowed && fresh);
	CU_ASSERT_FALSE(origin_cache_find(c, A "x", 9000, &allowed, &fresh));
	origin_cache_free(&c);
	CU_ASSERT_PTR_NULL(c);
}

/* A flood of origins evicts older entries, and the cache does not grow. The newest entry
 * stays. */
static void
a_flood_evicts_old_entries(void)
{
	struct origin_cache *c;
	unsigned kept = 0;
	char origin[64];

	keyed_hash_draw();
	c = origin_cache_new();
	for (int i = 0; i < 20000; i++) {
		(void)snprintf(origin, sizeof(origin), "https://%d.test", i);
		origin_cache_keep(c, origin, true, i);
		CU_ASSERT_TRUE(origin_cache_find(c, origin, i, &allowed, &fresh));
	}
	for (int i = 0; i < 20000; i++) {
		(void)snprintf(origin, sizeof(origin), "https://%d.test", i);
		kept += origin_cache_find(c, origin, 20000, &allowed, &fresh);
	}
	CU_ASSERT(kept > 1900 && kept <= 2048);
	origin_cache_free(&c);
}

static void
an_origin_is_a_scheme_a_host_and_an_optional_port(void)
{
	static const char *const good[] = {"https://a.test", "http://localhost:3000",
	    "tauri://localhost", "http://[::1]:8080"};
	static const char *const bad[] = {"../http://a.test", "a b://a.test", "",
	    "a.test", "https://", "://a", "https://a.test/", "https://*.test", "*",
	    "null", "https://a.test?x", "https://a.test#x", "https://a b"};

	for (size_t i = 0; i < ES_COUNT(good); i++)
		if (!origin_store_valid(good[i]))
			CU_FAIL(good[i]);
	for (size_t i = 0; i < ES_COUNT(bad); i++)
		if (origin_store_valid(bad[i]))
			CU_FAIL(bad[i]);
}

static CU_TestInfo cases[] = {
    {"a cached answer is fresh for ORIGIN_KEEP_MS",
	a_cached_answer_is_fresh_for_origin_keep_ms},
    {"a flood evicts old entries", a_flood_evicts_old_entries},
    {"an origin is a scheme, a host and an optional port",
	an_origin_is_a_scheme_a_host_and_an_optional_port},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("store/origin_cache", cases)
