/* X-Forwarded-For, read from the right. */
#include <stdio.h>

#include "cunit_main.h"

#include "core/attr.h"
#include "door/forwarded.h"

#include "core/banned.h"

static void
finds_the_rightmost_untrusted_address(void)
{
	static const struct {
		const char *lines[3], *client;
	} cases[] = {
	    {{NULL}, "10.0.0.1"},
	    {{"192.0.2.7"}, "192.0.2.7"},
	    {{"6.6.6.6,192.0.2.7"}, "192.0.2.7"},
	    {{"6.6.6.6, 192.0.2.7 ,\t10.1.1.1, 2001:db8::1"}, "192.0.2.7"},
	    {{"6.6.6.6", "192.0.2.7", "10.1.1.1"}, "192.0.2.7"},
	    {{"192.0.2.7:4711"}, "192.0.2.7"},
	    {{"[2001:DB9::7]:4711"}, "2001:db9::7"},
	    /* All addresses are proxies: the first one is the client. */
	    {{"10.1.1.1, 10.2.2.2"}, "10.1.1.1"},
	    /* Empty elements are ignored. */
	    {{"192.0.2.7, , 10.1.1.1,"}, "192.0.2.7"},
	    {{",192.0.2.7"}, "192.0.2.7"},
	    {{""}, "10.0.0.1"},
	    {{","}, "10.0.0.1"},
	    {{" "}, "10.0.0.1"},
	    /* An element without an address: the proxy that reported it counts as the
	     * client. */
	    {{"6.6.6.6, unknown, 10.1.1.1"}, "10.1.1.1"},
	    {{"6.6.6.6, unknown"}, "10.0.0.1"},
	    {{"6.6.6.6 7.7.7.7"}, "10.0.0.1"},
	};
	struct cidr_list trusted;
	struct es_err err;

	CU_ASSERT_EQUAL_FATAL(
	    cidr_list_parse("10.0.0.0/8,2001:db8::/32", &trusted, &err), ES_OK);
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct forwarded f = {.n = 0};
		char out[NET_ADDRESS_TEXT];

		for (size_t k = 0; k < 3 && cases[i].lines[k] != NULL; k++)
			forwarded_add(&f, cases[i].lines[k]);
		forwarded_client(&f, &trusted, "10.0.0.1", true, out);
		CU_ASSERT_STRING_EQUAL(out, cases[i].client);
		forwarded_client(&f, &trusted, "192.0.2.1", false, out);
		CU_ASSERT_STRING_EQUAL(out, "192.0.2.1");
	}
}

/* One line more than FORWARDED_LINES_MAX drops the first line. */
static void
keeps_the_last_lines(void)
{
	struct cidr_list trusted;
	struct forwarded f = {.n = 0};
	char out[NET_ADDRESS_TEXT];
	struct es_err err;

	CU_ASSERT_EQUAL_FATAL(cidr_list_parse("10.0.0.0/8", &trusted, &err), ES_OK);
	forwarded_add(&f, "192.0.2.7");
	for (unsigned i = 1; i < FORWARDED_LINES_MAX; i++)
		forwarded_add(&f, "10.1.1.1");
	forwarded_client(&f, &trusted, "10.0.0.1", true, out);
	CU_ASSERT_STRING_EQUAL(out, "192.0.2.7");
	forwarded_add(&f, "10.1.1.2");
	CU_ASSERT_EQUAL(f.n, FORWARDED_LINES_MAX);
	forwarded_client(&f, &trusted, "10.0.0.1", true, out);
	CU_ASSERT_STRING_EQUAL(out, "10.1.1.1");
}

static CU_TestInfo cases[] = {
    {"finds the rightmost untrusted address", finds_the_rightmost_untrusted_address},
    {"keeps the last lines", keeps_the_last_lines},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/forwarded", cases)
