/* Parses the PROXY protocol, version 2 (haproxy.org, proxy-protocol.txt, section 2.2): a
 * binary header before the request, in which a load balancer names the client's address.
 * Pure. */
#ifndef PUSH_PROXY_V2_H
#define PUSH_PROXY_V2_H

#include <stdbool.h>
#include <stddef.h>

#include "core/net_address.h"

/* The longest header that is read, TLVs included. Real headers have less than 600
 * bytes. */
#define PROXY_V2_MAX 2048

enum proxy_v2_verdict {
	PROXY_V2_MORE, /* the bytes may be the start of a header */
	PROXY_V2_DONE,
	PROXY_V2_MALFORMED,
};

struct proxy_v2 {
	size_t len; /* bytes of the header; the request follows */
	/* False: the header is for the load balancer's own connection (LOCAL, e.g. a
	 * health check) or has no IP address (UNSPEC, AF_UNIX). The socket's peer then
	 * counts as the client. */
	bool has_client;
	struct net_address client;
};

/* The TLVs are skipped; they must fit the header. Sets *out only when it returns
 * PROXY_V2_DONE. */
enum proxy_v2_verdict proxy_v2_parse(
    const void *data, size_t len, struct proxy_v2 *out) ES_MUST_CHECK;

#endif
