/* The binary header of the PROXY protocol, in each of its forms, whole and in pieces. */
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"

#include "core/attr.h"
#include "core/check.h"
#include "door/proxy_v2.h"

#include "core/banned.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V4        "\xc0\0\x02\x21\xc0\0\x02\x01\x10\x10\0\x50"
#define V6 \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07" \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x10\x10\0\x50"
#define TLVS    "\x03\0\x04\x01\x02\x03\x04\xea\0\x01\x01\x04\0\0" /* CRC32C, AWS, NOOP */
#define TEXT(s) s, sizeof(s) - 1

/* Parses in a buffer of the exact size, so that a sanitizer finds a read beyond its end.
 */
static enum proxy_v2_verdict
parse(const char *data, size_t len, struct proxy_v2 *out)
{
	char *copy = mem_new(1, len > 0 ? len : 1);
	enum proxy_v2_verdict verdict;

	memcpy(copy, data, len);
	verdict = proxy_v2_parse(copy, len, out);
	mem_free(copy);
	return verdict;
}

static void
takes_good_headers(void)
{
	static const struct {
		const char *data;
		size_t len;
		const char *client; /* NULL: the header names no client */
	} cases[] = {
	    {TEXT(SIGNATURE "\x21\x11\0\x0c" V4), "192.0.2.33"},
	    {TEXT(SIGNATURE "\x21\x11\0\x1a" V4 TLVS), "192.0.2.33"},
	    {TEXT(SIGNATURE "\x21\x21\0\x24" V6), "2001:db8::7"},
	    {TEXT(SIGNATURE "\x21\x21\0\x32" V6 TLVS), "2001:db8::7"},
	    /* LOCAL: the rest of the header is skipped. */
	    {TEXT(SIGNATURE "\x20\0\0\0"), NULL},
	    {TEXT(SIGNATURE "\x20\x11\0\x0c" V4), NULL},
	    {TEXT(SIGNATURE "\x20\xff\0\x03"
			    "abc"),
		NULL},
	    /* UNSPEC: the rest of the header is skipped. */
	    {TEXT(SIGNATURE "\x21\0\0\0"), NULL},
	    {TEXT(SIGNATURE "\x21\0\0\x03"
			    "abc"),
		NULL},
	};

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct proxy_v2 header = {.len = 0};
		char text[NET_ADDRESS_TEXT] = "";

		for (size_t n = 0; n < cases[i].len; n++)
			CU_ASSERT_EQUAL(parse(cases[i].data, n, &header), PROXY_V2_MORE);
		CU_ASSERT_EQUAL_FATAL(
		    parse(cases[i].data, cases[i].len, &header), PROXY_V2_DONE);
		CU_ASSERT_EQUAL(header.len, cases[i].len);
		CU_ASSERT_EQUAL(header.has_client, cases[i].client != NULL);
		if (cases[i].client == NULL)
			continue;
		net_address_text(&header.client, text);
		CU_ASSERT_STRING_EQUAL(text, cases[i].client);
	}
}

static void
takes_unix_sockets_without_an_address(void)
{
	char data[16 + 216 + 4] = SIGNATURE "\x21\x31\0\xd8";
	struct proxy_v2 header = {.len = 0};

	memcpy(data + 16 + 216, "GET ", 4);
	CU_ASSERT_EQUAL(parse(data, sizeof(data), &header), PROXY_V2_DONE);
	CU_ASSERT_EQUAL(header.len, 16 + 216); /* the request follows */
	CU_ASSERT_FALSE(header.has_client);
	data[15] = '\xd7';
	CU_ASSERT_EQUAL(parse(data, sizeof(data), &header), PROXY_V2_MALFORMED);
}

static void
refuses_malformed_headers(void)
{
	static const struct {
		const char *data;
		size_t len;
	} cases[] = {
	    {TEXT("G")}, {TEXT("PROXY TCP4 192.0.2.33 192.0.2.1 4112 80\r\n")},
	    {TEXT("\r\n\r\n\0\r\nQUIX")}, {TEXT(SIGNATURE "\x11")}, /* version 1 */
	    {TEXT(SIGNATURE "\x31")},                               /* version 3 */
	    {TEXT(SIGNATURE "\x22")},                               /* no such command */
	    {TEXT(SIGNATURE "\x21\x12\0\x0c" V4)},                  /* datagrams */
	    {TEXT(SIGNATURE "\x21\x10\0\x0c" V4)}, /* a family without a protocol */
	    {TEXT(SIGNATURE "\x21\x01\0\0")},      /* a protocol without a family */
	    {TEXT(SIGNATURE "\x21\x41\0\x0c" V4)}, /* no such family */
	    {TEXT(SIGNATURE "\x21\x11\0\x0b" V4)}, /* too short for its family */
	    {TEXT(SIGNATURE "\x21\x21\0\x0c" V4)}, /* too short for its family */
	    {TEXT(SIGNATURE "\x21\x11\0\x0d" V4 "\x04")}, /* half a TLV */
	    {TEXT(SIGNATURE "\x21\x11\0\x10" V4 "\x04\0\x02"
			    "a")},                /* a TLV too long */
	    {TEXT(SIGNATURE "\x21\x11\xff\xff")}, /* longer than PROXY_V2_MAX */
	};

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct proxy_v2 header = {.len = 77};

		CU_ASSERT_EQUAL(
		    parse(cases[i].data, cases[i].len, &header), PROXY_V2_MALFORMED);
		CU_ASSERT_EQUAL(header.len, 77);
	}
}

static void
reads_2048_bytes_and_no_more(void)
{
	static char data[PROXY_V2_MAX + 1] = SIGNATURE "\x20\0";
	struct proxy_v2 header = {.len = 0};
	const unsigned body = PROXY_V2_MAX - 16;

	data[14] = (char)(body >> 8);
	data[15] = (char)(body & 0xff);
	CU_ASSERT_EQUAL(parse(data, PROXY_V2_MAX, &header), PROXY_V2_DONE);
	CU_ASSERT_EQUAL(header.len, PROXY_V2_MAX);
	data[15]++;
	CU_ASSERT_EQUAL(parse(data, 16, &header), PROXY_V2_MALFORMED);
}

static CU_TestInfo cases[] = {
    {"parses good headers", takes_good_headers},
    {"finds no address in the header of a unix socket",
	takes_unix_sockets_without_an_address},
    {"refuses malformed headers", refuses_malformed_headers},
    {"reads 2,048 bytes and no more", reads_2048_bytes_and_no_more},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/proxy_v2", cases)
