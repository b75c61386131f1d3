/* What the kernel knows of the other end of a socket. */
#ifndef PUSH_PEER_H
#define PUSH_PEER_H

#include <stddef.h>
#include <stdint.h>

/* A figure that changes when the peer takes bytes. TCP: the bytes that it has
 * acknowledged so far. Unix socket: the bytes that wait in the kernel, so a write of our
 * own changes it too. */
uint64_t peer_taken(int fd);
/* Bytes that the kernel holds for this peer: not sent yet, or not acknowledged. */
size_t peer_waiting(int fd);
/* Call before the socket is closed: the kernel keeps what the peer has not taken for at
 * most this long. Without it a peer that only answers window probes keeps it for minutes.
 */
void peer_limit_rest(int fd, unsigned ms);

#endif
