/* A list of networks, such as "10.0.0.0/8,2001:db8::/32,192.0.2.7". Pure. */
#ifndef CORE_CIDR_LIST_H
#define CORE_CIDR_LIST_H

#include <stdbool.h>

#include "core/err.h"
#include "core/net_address.h"

#define CIDR_LIST_MAX 64

struct cidr_list {
	unsigned n;
	struct cidr {
		struct net_address network;
		unsigned bits; /* of the 128: IPv4's /8 is 104 */
	} at[CIDR_LIST_MAX];
};

/* An empty text is an empty list. ES_INVALID names the entry at fault: no address, bits
 * set beyond its prefix, a prefix of 0 (that is everybody), or one entry too many. *out
 * is untouched then. */
enum es_code cidr_list_parse(
    const char *text, struct cidr_list *out, struct es_err *err) ES_MUST_CHECK;
bool cidr_list_has(const struct cidr_list *l, const struct net_address *a) ES_MUST_CHECK;

#endif
