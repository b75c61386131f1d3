/* HTTP answers to requests that do not become a WebSocket: the health check, and refusals
 * as problem+json (RFC 9457). */
#ifndef PUSH_HTTP_ANSWER_H
#define PUSH_HTTP_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#define HTTP_ANSWER_MAX 1024

struct http_answer {
	int status;
	const char *why;
	int64_t retry_ms; /* Retry-After, with 429 and 503 */
};

size_t http_answer_text(const struct http_answer *a, char out[HTTP_ANSWER_MAX]);

#endif
