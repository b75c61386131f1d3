/* The bytes below ws_client: a connection of libcurl and what has been read from it. */
#ifndef CTL_WS_WIRE_H
#define CTL_WS_WIRE_H

#include <curl/curl.h>

#include "ws_client.h"

#define WS_BUFFER (1UL << 20)

struct ws_wire {
	CURL *curl;
	curl_socket_t fd;
	size_t len;
	unsigned char data[WS_BUFFER]; /* read and not used */
};

bool ws_wire_open(struct ws_wire *w, const char *url, int64_t timeout_ms,
    char why[WS_WHY]) ES_MUST_CHECK;
void ws_wire_close(struct ws_wire *w);
bool ws_wire_send(struct ws_wire *w, const void *data, size_t len) ES_MUST_CHECK;
/* More bytes: 1; none in time: 0; the end or an error or a full buffer: -1. */
int ws_wire_read(struct ws_wire *w, int64_t deadline_ms);
/* The first n bytes are used. */
void ws_wire_drop(struct ws_wire *w, size_t n);

#endif
