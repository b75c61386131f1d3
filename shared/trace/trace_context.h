/* The context of a trace as it comes with a request: the header traceparent (W3C Trace
 * Context level 1, section 3.2) or X-Amzn-Trace-Id of AWS's load balancers (AWS X-Ray
 * Developer Guide, "Tracing header"). */
#ifndef TRACE_TRACE_CONTEXT_H
#define TRACE_TRACE_CONTEXT_H

#include <stdbool.h>

#include "core/attr.h"

#define TRACE_ID_HEX      32
#define TRACE_SPAN_ID_HEX 16
#define TRACE_PARENT_TEXT 56 /* room for a traceparent */

enum trace_sampled {
	TRACE_UNDECIDED, /* the sampler of this program decides */
	TRACE_NOT_SAMPLED,
	TRACE_SAMPLED,
};

struct trace_context {
	char trace_id[TRACE_ID_HEX + 1]; /* lower-case hex; "": there is no trace yet */
	char parent[TRACE_SPAN_ID_HEX + 1]; /* the caller's span; "": it has none */
	enum trace_sampled sampled;
};

/* Returns false and empties *out for NULL and for text that is not a valid traceparent.
 * Of a version above 00 it reads the fields that version 00 defines (section 3.2.4). */
bool trace_context_parse(
    const char *traceparent, struct trace_context *out) ES_MUST_CHECK;

/* Returns false and empties *out for NULL and for text without a valid Root. */
bool trace_context_parse_amzn(
    const char *header, struct trace_context *out) ES_MUST_CHECK;

/* Writes a traceparent of version 00. parent must not be "". */
void trace_context_format(const struct trace_context *c, char out[TRACE_PARENT_TEXT]);

#endif
