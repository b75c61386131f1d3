/* Parses and checks the request head of a client, before libwebsockets sees any of it:
 * strict HTTP/1.1 (RFC 9112) and the handshake of RFC 6455 section 4.2.1. Pure. */
#ifndef PUSH_REQUEST_HEAD_H
#define PUSH_REQUEST_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"
#include "door/forwarded.h"

#define REQUEST_HEAD_MAX        8192
#define REQUEST_HEAD_PROTOCOL   "echostream.v1"
#define REQUEST_HEAD_ANSWER_MAX 512

enum request_verdict {
	REQUEST_MORE,    /* the head is not complete */
	REQUEST_UPGRADE, /* a good handshake */
	REQUEST_HEALTH,  /* GET /healthz */
	REQUEST_REFUSED, /* refuse the request with status */
};

/* The strings point into the parsed buffer. */
struct request_head {
	size_t len; /* bytes of the head; later bytes belong to the WebSocket */
	int status; /* REQUEST_REFUSED */
	const char *why;
	const char *key;
	const char *token; /* NULL: the token comes in the first frame */
	const char *origin, *host;
	struct forwarded forwarded; /* lines of X-Forwarded-For */
	bool protocol;              /* REQUEST_HEAD_PROTOCOL was asked for */
};

/* Changes the buffer: terminates and decodes texts in place. data has room for one byte
 * more than len. */
enum request_verdict request_head_parse(char *data, size_t len, struct request_head *out);

/* The answer 101 to a good handshake (RFC 6455 section 4.2.2). Returns its length. */
size_t request_head_accept(
    const struct request_head *head, char out[REQUEST_HEAD_ANSWER_MAX]);

/* True when the Origin, like "https://chat.example:8443", names the host of the Host
 * header. */
bool request_head_same_origin(const struct request_head *head) ES_MUST_CHECK;

#endif
