/* Is an address one of the public internet? For fetching URLs that a tenant names. */
#ifndef API_PUBLIC_ADDRESS_H
#define API_PUBLIC_ADDRESS_H

#include <stdbool.h>

#include "core/net_address.h"

/* False for private, loopback, link-local (with the metadata services of clouds), shared,
 * reserved, multicast and documentation networks, and for IPv6 networks that carry IPv4
 * addresses inside (6to4, Teredo, NAT64). */
bool public_address(const struct net_address *a) ES_MUST_CHECK;

#endif
