/* A list of networks, such as "10.0.0.0/8,2001:db8::/32,192.0.2.7". Does no I/O. */
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
		unsigned bits; /* prefix length in the 128 bits; an IPv4 /8 is 104 */
	} at[CIDR_LIST_MAX];
};

/* Parses a list; an empty text gives an empty list. Returns ES_INVALID and names the bad
 * entry: not an address, bits set beyond the prefix, a prefix of 0 (which matches every
 * address), or more than CIDR_LIST_MAX entries. *out is unchanged on failure. */
enum es_code cidr_list_parse(
    const char *text, struct cidr_list *out, struct es_err *err) ES_MUST_CHECK;
bool cidr_list_has(const struct cidr_list *l, const struct net_address *a) ES_MUST_CHECK;

#endif
