#include "cunit_main.h"

#include "crypto/keyed_hash.h"
#include "door/address_limit.h"

#include "core/banned.h"

static unsigned
passes(struct address_limit *l, const char *address, unsigned tries, int64_t now_ms)
{
	unsigned n = 0;
	int64_t retry_ms;

	while (tries-- > 0)
		n += address_limit_take(l, address, now_ms, &retry_ms);
	return n;
}

static void
allows_a_burst_then_a_steady_rate(void)
{
	struct address_limit *l = address_limit_new(60);
	int64_t retry_ms = 0;

	CU_ASSERT_EQUAL(passes(l, "10.0.0.1", 100, 1000), 60);
	CU_ASSERT_FALSE(address_limit_take(l, "10.0.0.1", 1000, &retry_ms));
	CU_ASSERT_EQUAL(retry_ms, 1000);
	CU_ASSERT_EQUAL(passes(l, "10.0.0.1", 5, 2000), 1);
	CU_ASSERT_EQUAL(passes(l, "10.0.0.1", 100, 1000 + 61000), 60);
	address_limit_free(&l);
	CU_ASSERT_PTR_NULL(l);
}

static void
counts_an_ipv6_network_as_one_address(void)
{
	struct address_limit *l = address_limit_new(2);

	CU_ASSERT_EQUAL(passes(l, "2001:db8:1:2::1", 1, 1000), 1);
	CU_ASSERT_EQUAL(passes(l, "2001:db8:1:2:ffff::9", 5, 1000), 1);
	CU_ASSERT_EQUAL(passes(l, "2001:db8:1:3::1", 5, 1000), 2);
	CU_ASSERT_EQUAL(passes(l, "::ffff:10.0.0.1", 1, 1000), 1);
	CU_ASSERT_EQUAL(passes(l, "10.0.0.1", 5, 1000), 1);
	address_limit_free(&l);
}

static void
does_not_limit_loopback(void)
{
	struct address_limit *l = address_limit_new(1);

	CU_ASSERT_EQUAL(passes(l, "127.0.0.1", 50, 1000), 50);
	CU_ASSERT_EQUAL(passes(l, "::1", 50, 1000), 50);
	CU_ASSERT_EQUAL(passes(l, "::ffff:127.0.0.1", 50, 1000), 50);
	CU_ASSERT_EQUAL(passes(l, "no address", 50, 1000), 1);
	address_limit_free(&l);
	l = address_limit_new(0);
	CU_ASSERT_EQUAL(passes(l, "10.0.0.1", 50, 1000), 50);
	address_limit_free(&l);
}

/* Draws the key of keyed_hash() for this process. */
static int
draw(void)
{
	keyed_hash_draw();
	return 0;
}

static CU_TestInfo cases[] = {
    {"allows a burst, then a steady rate", allows_a_burst_then_a_steady_rate},
    {"counts an IPv6 /64 as one address", counts_an_ipv6_network_as_one_address},
    {"limits neither loopback nor, when set to 0, any address", does_not_limit_loopback},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN_WITH("push/address_limit", cases, draw, NULL)
