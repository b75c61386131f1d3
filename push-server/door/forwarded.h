/* Which client a request comes from, when proxies stand between. Pure. */
#ifndef PUSH_FORWARDED_H
#define PUSH_FORWARDED_H

#include <stdbool.h>

#include "core/cidr_list.h"

/* Header lines that are looked at, from the last one back: some proxies add a line of
 * their own. */
#define FORWARDED_LINES_MAX 8

/* X-Forwarded-For: each proxy appends the address of its own peer. */
struct forwarded {
	unsigned n;
	const char *lines[FORWARDED_LINES_MAX]; /* the last n, in their order */
};

void forwarded_add(struct forwarded *f, const char *line);

/* The rightmost address that is no trusted proxy; any client could write what stands left
 * of it. peer: the other end of the socket; peer_trusted: it is a proxy of ours. An
 * element that is no address ends the search: the hop that reported it stands for the
 * client. Writes numeric text, or peer as it is. */
void forwarded_client(const struct forwarded *f, const struct cidr_list *trusted,
    const char *peer, bool peer_trusted, char out[NET_ADDRESS_TEXT]);

#endif
