/* Numeric addresses of IPv4 and IPv6, as text and as bytes. No look-ups of names. */
#ifndef CORE_NET_ADDRESS_H
#define CORE_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"

#define NET_ADDRESS_TEXT 46 /* with the NUL */

/* IPv4 stands as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2): one address has one form. */
struct net_address {
	unsigned char bytes[16];
};

/* "192.0.2.1", "2001:db8::1", "[2001:db8::1]"; proxies add a port ("192.0.2.1:4711",
 * "[2001:db8::1]:4711"), which is dropped. False, and *out untouched, for anything else.
 */
bool net_address_parse(
    const char *text, size_t len, struct net_address *out) ES_MUST_CHECK;
void net_address_text(const struct net_address *a, char out[NET_ADDRESS_TEXT]);
/* From 4 bytes in network order. */
struct net_address net_address_v4(const unsigned char bytes[4]);
bool net_address_is_v4(const struct net_address *a) ES_MUST_CHECK;

#endif
