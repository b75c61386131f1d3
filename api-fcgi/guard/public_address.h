/* Decides whether an address is on the public internet, for URLs that a tenant names. */
#ifndef API_PUBLIC_ADDRESS_H
#define API_PUBLIC_ADDRESS_H

#include <stdbool.h>

#include "core/net_address.h"

/* Returns false for private, loopback, link-local (among them the metadata services of
 * clouds), shared, reserved, multicast and documentation networks, and for IPv6 networks
 * that embed IPv4 addresses (6to4, Teredo, NAT64). */
bool public_address(const struct net_address *a) ES_MUST_CHECK;

#endif
