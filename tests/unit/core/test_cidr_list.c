/* Addresses and networks of IPv4 and IPv6. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"

#include "core/attr.h"
#include "core/cidr_list.h"

#include "core/banned.h"

static void
reads_addresses_with_and_without_a_port(void)
{
	static const struct {
		const char *text, *address; /* NULL: the list is refused */
	} cases[] = {
	    {"192.0.2.1", "192.0.2.1"},
	    {"192.0.2.1:4711", "192.0.2.1"},
	    {"2001:DB8::1", "2001:db8::1"},
	    {"[2001:db8::1]", "2001:db8::1"},
	    {"[2001:db8::1]:4711", "2001:db8::1"},
	    {"::ffff:192.0.2.1", "192.0.2.1"},
	    {"[::ffff:192.0.2.1]:65535", "192.0.2.1"},
	    {"::", "::"},
	    {"", NULL},
	    {"unknown", NULL},
	    {"_hidden", NULL},
	    {"192.0.2", NULL},
	    {"192.0.2.256", NULL},
	    {"192.0.2.1:", NULL},
	    {"192.0.2.1:65536", NULL},
	    {"192.0.2.1:x", NULL},
	    {"[192.0.2.1]", NULL},
	    {"[2001:db8::1", NULL},
	    {"[2001:db8::1]x", NULL},
	    {"[2001:db8::1]:", NULL},
	    {"fe80::1%eth0", NULL},
	    {"192.0.2.1 ", NULL},
	    {"00000000000000000000000000000000000000000000000000000000000000001", NULL},
	};

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct net_address a;
		char text[NET_ADDRESS_TEXT] = "";
		const bool ok =
		    net_address_parse(cases[i].text, strlen(cases[i].text), &a);

		CU_ASSERT_EQUAL(ok, cases[i].address != NULL);
		if (!ok)
			continue;
		net_address_text(&a, text);
		CU_ASSERT_STRING_EQUAL(text, cases[i].address);
	}
	CU_ASSERT_FALSE(net_address_parse("::1\0", 4, &(struct net_address){{0}}));
}

static bool
has(const struct cidr_list *l, const char *text)
{
	struct net_address a;

	CU_ASSERT_TRUE_FATAL(net_address_parse(text, strlen(text), &a));
	return cidr_list_has(l, &a);
}

static void
finds_addresses_in_its_networks(void)
{
	struct cidr_list l;
	struct es_err err;

	CU_ASSERT_EQUAL_FATAL(
	    cidr_list_parse(
		"10.0.0.0/8, 192.0.2.7 ,172.16.0.0/12,2001:db8:8000::/33,::1", &l, &err),
	    ES_OK);
	CU_ASSERT_EQUAL(l.n, 5);
	CU_ASSERT_TRUE(has(&l, "10.255.0.1"));
	CU_ASSERT_TRUE(has(&l, "::ffff:10.0.0.1"));
	CU_ASSERT_FALSE(has(&l, "11.0.0.1"));
	CU_ASSERT_TRUE(has(&l, "192.0.2.7"));
	CU_ASSERT_FALSE(has(&l, "192.0.2.6"));
	CU_ASSERT_TRUE(has(&l, "172.31.255.255"));
	CU_ASSERT_FALSE(has(&l, "172.32.0.0"));
	CU_ASSERT_TRUE(has(&l, "2001:db8:ffff::1"));
	CU_ASSERT_FALSE(has(&l, "2001:db8:7fff::1"));
	CU_ASSERT_TRUE(has(&l, "::1"));
	CU_ASSERT_FALSE(has(&l, "127.0.0.1"));
	CU_ASSERT_EQUAL(cidr_list_parse("", &l, &err), ES_OK);
	CU_ASSERT_EQUAL(l.n, 0);
	CU_ASSERT_FALSE(has(&l, "10.0.0.1"));
	CU_ASSERT_EQUAL(cidr_list_parse("::ffff:10.0.0.0/104", &l, &err), ES_OK);
	CU_ASSERT_TRUE(has(&l, "10.9.9.9"));
}

static void
refuses_malformed_networks(void)
{
	static const char *const bad[] = {",", "10.0.0.0/8,", "10.0.0.0/33", "10.0.0.0/",
	    "10.0.0.0/x", "10.0.0.0/0", "::/0", "2001:db8::/129", "10.0.0.1/8",
	    "2001:db8::1/64", "example.org", "10.0.0.1:80", "[::1]",
	    "10.0.0.0/8 10.1.0.0/16", "10.0.0.0/-1", "10.0.0.0/8/8",
	    "2001:db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/128"};
	struct cidr_list l = {.n = 77};
	struct es_err err;

	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		CU_ASSERT_EQUAL(cidr_list_parse(bad[i], &l, &err), ES_INVALID);
		CU_ASSERT_EQUAL(l.n, 77);
	}
}

static void
a_refusal_says_why(void)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"10.0.0.1/8", "10.0.0.1/8: has bits set beyond its prefix"},
	    {"10.0.0.0/33", "10.0.0.0/33: the prefix must be 1 to 32"},
	    {"2001:db8::/129", "2001:db8::/129: the prefix must be 1 to 128"},
	    /* 64 characters; the maximum is 63 */
	    {"2001:db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0/128",
		"2001:db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0/12: "
		"too long"},
	    {"2001:db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:/128",
		"2001:db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:/128: not a "
		"network such as 10.0.0.0/8 or 2001:db8::/32"},
	};
	struct cidr_list l;
	struct es_err err;

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		CU_ASSERT_EQUAL(cidr_list_parse(cases[i].text, &l, &err), ES_INVALID);
		CU_ASSERT_STRING_EQUAL(err.text, cases[i].why);
	}
}

static void
accepts_at_most_64_networks(void)
{
	char text[CIDR_LIST_MAX * 16 + 32];
	struct cidr_list l;
	struct es_err err;
	size_t len = 0;

	for (int i = 0; i < CIDR_LIST_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s10.0.%d.0/24",
		    i > 0 ? "," : "", i);
	CU_ASSERT_EQUAL(cidr_list_parse(text, &l, &err), ES_OK);
	CU_ASSERT_EQUAL(l.n, CIDR_LIST_MAX);
	CU_ASSERT_TRUE(has(&l, "10.0.63.1"));
	(void)snprintf(text + len, sizeof(text) - len, ",10.1.0.0/24");
	CU_ASSERT_EQUAL(cidr_list_parse(text, &l, &err), ES_INVALID);
}

static CU_TestInfo cases[] = {
    {"reads addresses with and without a port", reads_addresses_with_and_without_a_port},
    {"finds addresses in its networks", finds_addresses_in_its_networks},
    {"a refusal says why", a_refusal_says_why},
    {"refuses malformed networks", refuses_malformed_networks},
    {"accepts at most 64 networks", accepts_at_most_64_networks},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("core/cidr_list", cases)
