/* Tests the IP addresses to which a tenant's URL may resolve. */
#include "cunit_main.h"

#include <string.h>

#include "guard/public_address.h"

#include "core/banned.h"

static void
tells_public_from_other_addresses(void)
{
	static const struct {
		const char *text;
		bool is_public;
	} rows[] = {
	    {"1.1.1.1", true},
	    {"9.255.255.255", true},
	    {"11.0.0.0", true},
	    {"172.15.255.255", true},
	    {"172.32.0.0", true},
	    {"2606:4700::1", true},
	    {"::ffff:1.1.1.1", true},
	    {"0.0.0.0", false},
	    {"10.0.0.1", false},
	    {"100.64.0.1", false},
	    {"127.0.0.1", false},
	    {"127.255.255.255", false},
	    {"169.254.169.254", false},
	    {"172.16.0.1", false},
	    {"172.31.255.255", false},
	    {"192.0.0.1", false},
	    {"192.168.1.1", false},
	    {"198.18.0.1", false},
	    {"224.0.0.1", false},
	    {"255.255.255.255", false},
	    {"::ffff:127.0.0.1", false},
	    {"::ffff:10.0.0.1", false},
	    {"::", false},
	    {"::1", false},
	    {"64:ff9b::7f00:1", false},
	    {"2002:7f00:1::", false},
	    {"2001::1", false},
	    {"2001:db8::1", false},
	    {"fc00::1", false},
	    {"fd00:ec2::254", false},
	    {"fe80::1", false},
	    {"ff02::1", false},
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct net_address a;

		CU_ASSERT_TRUE_FATAL(
		    net_address_parse(rows[i].text, strlen(rows[i].text), &a));
		if (public_address(&a) != rows[i].is_public)
			CU_FAIL(rows[i].text);
	}
}

static CU_TestInfo cases[] = {
    {"tells public from other addresses", tells_public_from_other_addresses},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/public_address", cases)
