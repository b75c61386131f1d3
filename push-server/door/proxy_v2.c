#include "door/proxy_v2.h"

#include <string.h>

#include "core/banned.h"

#define FIXED 16 /* signature, version and command, family, length */

static const unsigned char signature[12] = {
    '\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

enum { VERSION_2 = 0x20, LOCAL = 0, PROXY = 1 };

/* The address families of stream sockets. A header for datagrams is malformed here. */
static const struct family {
	unsigned char code;
	unsigned addresses; /* bytes: both addresses, both ports */
} families[] = {
    {0x00, 0},   /* AF_UNSPEC */
    {0x11, 12},  /* AF_INET, stream */
    {0x21, 36},  /* AF_INET6, stream */
    {0x31, 216}, /* AF_UNIX, stream */
};

static const struct family *
proxy_v2_family(unsigned char code)
{
	for (size_t i = 0; i < ES_COUNT(families); i++)
		if (families[i].code == code)
			return &families[i];
	return NULL;
}

/* A TLV is a type of one byte, a length of two bytes and a value. True when whole TLVs
 * fill the len bytes. */
static bool
proxy_v2_tlvs_fit(const unsigned char *p, size_t len)
{
	while (len > 0) {
		size_t n;

		if (len < 3)
			return false;
		n = 3 + ((size_t)p[1] << 8 | p[2]);
		if (n > len)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

/* The body of a PROXY command: addresses of its family, then TLVs. */
static enum proxy_v2_verdict
proxy_v2_read_body(
    unsigned char code, const unsigned char *body, size_t len, struct proxy_v2 *out)
{
	const struct family *family = proxy_v2_family(code);

	if (family == NULL || len < family->addresses)
		return PROXY_V2_MALFORMED;
	/* UNSPEC has no addresses, and the rest of its header is ignored. */
	if (code != 0x00 &&
	    !proxy_v2_tlvs_fit(body + family->addresses, len - family->addresses))
		return PROXY_V2_MALFORMED;
	out->has_client = code == 0x11 || code == 0x21;
	if (code == 0x11)
		out->client = net_address_v4(body);
	else if (code == 0x21)
		memcpy(out->client.bytes, body, sizeof(out->client.bytes));
	return PROXY_V2_DONE;
}

enum proxy_v2_verdict
proxy_v2_parse(const void *data, size_t len, struct proxy_v2 *out)
{
	const unsigned char *p = data;
	const size_t known = len < sizeof(signature) ? len : sizeof(signature);
	struct proxy_v2 header = {.len = FIXED};
	size_t body;

	if (memcmp(p, signature, known) != 0)
		return PROXY_V2_MALFORMED;
	if (len > 12 && p[12] != (VERSION_2 | LOCAL) && p[12] != (VERSION_2 | PROXY))
		return PROXY_V2_MALFORMED;
	if (len < FIXED)
		return PROXY_V2_MORE;
	body = (size_t)p[14] << 8 | p[15];
	header.len += body;
	if (header.len > PROXY_V2_MAX)
		return PROXY_V2_MALFORMED;
	if (len < header.len)
		return PROXY_V2_MORE;
	if (p[12] == (VERSION_2 | PROXY) &&
	    proxy_v2_read_body(p[13], p + FIXED, body, &header) != PROXY_V2_DONE)
		return PROXY_V2_MALFORMED;
	*out = header;
	return PROXY_V2_DONE;
}
