/* The request head of a client, judged before libwebsockets sees anything of it: strict
 * HTTP/1.1 (RFC 9112) and the handshake of RFC 6455 section 4.2.1. Pure. */
#ifndef PUSH_REQUEST_HEAD_H
#define PUSH_REQUEST_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"

#define FRONT_HEAD_MAX      8192
#define FRONT_PROTOCOL      "echostream.v1"
#define FRONT_HANDSHAKE_MAX 512

enum front_verdict {
	FRONT_MORE,    /* no end of the head yet */
	FRONT_UPGRADE, /* a good handshake */
	FRONT_HEALTH,  /* GET /healthz */
	FRONT_REFUSED, /* answer status */
};

/* Texts point into the buffer given and live as long as it. */
struct request_head {
	size_t len; /* of the head; what follows belongs to the WebSocket */
	int status; /* FRONT_REFUSED */
	const char *why;
	const char *key;
	const char *token; /* decoded; NULL: none, it comes in the first frame */
	const char *origin, *host;
	const char *forwarded; /* last address of X-Forwarded-For, or NULL */
	bool protocol;         /* FRONT_PROTOCOL was asked for */
};

/* Changes the buffer: terminates and decodes texts in place. data has room for one byte
 * more than len. */
enum front_verdict request_head_parse(char *data, size_t len, struct request_head *out);

/* The answer 101 to a good handshake (RFC 6455 section 4.2.2). Returns its length. */
size_t request_head_accept(
    const struct request_head *head, char out[FRONT_HANDSHAKE_MAX]);

/* An Origin like "https://chat.example:8443" of the host that was asked for. */
bool request_head_same_origin(const struct request_head *head) ES_MUST_CHECK;

#endif
