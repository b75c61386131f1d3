/* Finds the address of a client whose request came through proxies. Pure. */
#ifndef PUSH_FORWARDED_H
#define PUSH_FORWARDED_H

#include <stdbool.h>

#include "core/cidr_list.h"

/* Lines of the header that are kept, the last ones. A request may have several, because
 * some proxies add a line of their own. */
#define FORWARDED_LINES_MAX 8

/* The lines of X-Forwarded-For. Each proxy appends the address of its own peer. */
struct forwarded {
	unsigned n;
	const char *lines[FORWARDED_LINES_MAX]; /* the last n, in their order */
};

void forwarded_add(struct forwarded *f, const char *line);

/* Writes the client's address to out: the rightmost address that is not a trusted proxy,
 * because any client can forge the addresses left of it. When all addresses are trusted
 * proxies, the client is the leftmost address. peer is the address of the socket's other
 * end; unless peer_trusted, peer is the client, and the lines are ignored. An element
 * that is not an address ends the search: the proxy that reported it counts as the
 * client. out is numeric text, or a copy of peer. */
void forwarded_client(const struct forwarded *f, const struct cidr_list *trusted,
    const char *peer, bool peer_trusted, char out[NET_ADDRESS_TEXT]);

#endif
