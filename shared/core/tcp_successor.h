/* A server that shares its TCP address by SO_REUSEPORT finds its successor: a socket that
 * began to listen at the address later. Asks the kernel (sock_diag), which takes less
 * than 1 ms. */
#ifndef CORE_TCP_SUCCESSOR_H
#define CORE_TCP_SUCCESSOR_H

#include <stdbool.h>
#include <stdint.h>

#define TCP_SUCCESSOR_KNOWN_MAX 256 /* sockets at one address: those of a few servers */

/* Sockets that are not successors: ours, and those that listened before ours. */
struct tcp_successor_known {
	unsigned n; /* 0: not known; the server then finds no successor */
	uint32_t inodes[TCP_SUCCESSOR_KNOWN_MAX];
};

/* Records all sockets that listen at exactly the address of fd. Call it when all our
 * sockets listen there. */
void tcp_successor_record_known(int fd, struct tcp_successor_known *out);

/* Returns true when a socket that was not recorded listens at the address of fd. Returns
 * false also when the kernel does not answer. */
bool tcp_successor_listens(int fd, const struct tcp_successor_known *known);

#endif
