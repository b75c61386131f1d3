/* Reads the kernel's figures about the peer of a socket. */
#ifndef PUSH_PEER_H
#define PUSH_PEER_H

#include <stddef.h>
#include <stdint.h>

/* A number that changes when the peer takes bytes. TCP: the bytes that the peer has
 * acknowledged so far. Unix socket: the bytes that wait in the kernel, so a write by this
 * process changes the number too. */
uint64_t peer_taken(int fd);
/* Bytes in the kernel that are not sent yet, or sent and not acknowledged. */
size_t peer_waiting(int fd);
/* Call this before the socket is closed. The kernel then keeps unacknowledged bytes for
 * at most ms milliseconds. Otherwise a peer that only answers window probes makes the
 * kernel keep them for minutes. */
void peer_limit_unacked(int fd, unsigned ms);

#endif
