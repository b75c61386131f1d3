/* Numeric IPv4 and IPv6 addresses, as text and as bytes. Names are never resolved. */
#ifndef CORE_NET_ADDRESS_H
#define CORE_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"

#define NET_ADDRESS_TEXT 46 /* bytes, including the NUL */

/* IPv4 is stored as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), so that one address has
 * only one form. */
struct net_address {
	unsigned char bytes[16];
};

/* Parses "192.0.2.1", "2001:db8::1" or "[2001:db8::1]". A port, as proxies add it
 * ("192.0.2.1:4711", "[2001:db8::1]:4711"), is dropped. Returns false for anything else,
 * and leaves *out unchanged. */
bool net_address_parse(
    const char *text, size_t len, struct net_address *out) ES_MUST_CHECK;
void net_address_text(const struct net_address *a, char out[NET_ADDRESS_TEXT]);
/* bytes: 4 bytes in network order. */
struct net_address net_address_v4(const unsigned char bytes[4]);
bool net_address_is_v4(const struct net_address *a) ES_MUST_CHECK;

#endif
