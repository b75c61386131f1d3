/* One request to the collector: OTLP/HTTP with JSON
 * (https://opentelemetry.io/docs/specs/otlp/#otlphttp). */
#ifndef TRACE_TRACE_POST_H
#define TRACE_TRACE_POST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/text.h"

struct trace_post_settings {
	const char *url;     /* http or https */
	const char *headers; /* "name=value,name=value", or "" */
	int64_t timeout_ms;
	/* trace_post() calls it about once a second during the request. The result true
	 * ends the request as if the collector had not answered. NULL: the time-out alone
	 * ends it. */
	bool (*give_up)(void *ctx);
	void *ctx;
};

enum trace_post_end {
	TRACE_POST_DONE,
	TRACE_POST_RETRY,   /* no answer, or 429, 502, 503, 504: repeat it later */
	TRACE_POST_REFUSED, /* another status: a repeated request would be refused, too */
};

struct trace_post_result {
	enum trace_post_end end;
	int64_t
	    retry_after_ms; /* from the header Retry-After, at most 300,000; 0: none */
	int64_t rejected;   /* with DONE: spans that the collector rejected */
	char why[160];      /* the reason of RETRY or REFUSED */
};

/* Sends the body and waits for the answer, at most timeout_ms. */
void trace_post(const struct trace_post_settings *s, const struct text *body,
    struct trace_post_result *out);

/* A check of ES_TRACE_HEADERS. */
enum es_code trace_post_check_headers(
    const char *headers, struct arena *a, struct es_err *err) ES_MUST_CHECK;

#endif
