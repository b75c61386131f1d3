/* Writes the response of a FastCGI request: its output in records and the end of the
 * request, in one system call where the socket has room. */
#ifndef API_FCGI_WRITE_H
#define API_FCGI_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"

/* A part of the output. */
struct fcgi_part {
	const char *data;
	size_t len;
};

/* Writes the n parts as the output of the request with this id, then ends the request.
 * Copies no part. Returns false when the peer has closed the connection or has not taken
 * everything within stall_ms. The arena a holds the records' headers. */
bool fcgi_write_response(int fd, int request_id, const struct fcgi_part parts[], size_t n,
    int64_t stall_ms, struct arena *a);

#endif
