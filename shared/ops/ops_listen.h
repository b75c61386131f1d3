/* The address of the ops listener. */
#ifndef OPS_OPS_LISTEN_H
#define OPS_OPS_LISTEN_H

#include <stdbool.h>

#include "core/unix_socket.h"

struct ops_listen {
	bool is_unix;
	char address[128]; /* path, or host without brackets; "" for every address */
	int port;          /* 0 for a unix socket */
};

/* Parses "unix:/path", "host:port", "[v6]:port" or ":port". */
enum es_code ops_listen_parse(
    const char *text, struct ops_listen *out, struct es_err *err) ES_MUST_CHECK;

/* Opens a listening, non-blocking socket: by unix_socket_listen(), or for TCP, with path
 * "". A take-over shares a TCP address with the old listener until that one closes; the
 * kernel gives each of the two a part of the clients. Returns ES_CONFLICT when the
 * address is in use or the path is not a socket. */
enum es_code ops_listen_open(const struct ops_listen *l, enum unix_socket_how how,
    struct unix_socket *out, struct es_err *err) ES_MUST_CHECK;

#endif
