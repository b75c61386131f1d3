/* Any bytes as traceparent and as X-Amzn-Trace-Id. A context that the parser accepts can
 * be passed on. */
#include "trace/trace_context.h"

#include <string.h>

#include "core/arena.h"
#include "core/check.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void
judge(const struct trace_context *c, bool needs_parent)
{
	static const char hex[] = "0123456789abcdef";

	CHECK(strlen(c->trace_id) == TRACE_ID_HEX);
	CHECK(strspn(c->trace_id, hex) == TRACE_ID_HEX &&
	      strspn(c->trace_id, "0") < TRACE_ID_HEX);
	CHECK(c->parent[0] != '\0' || !needs_parent);
	CHECK(c->parent[0] == '\0' || strspn(c->parent, hex) == TRACE_SPAN_ID_HEX);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct arena *a = arena_new();
	const char *text = arena_memdup(a, (const char *)data, size);
	struct trace_context c, again;
	char out[TRACE_PARENT_TEXT];

	if (trace_context_parse(text, &c)) {
		judge(&c, true);
		trace_context_format(&c, out);
		CHECK(trace_context_parse(out, &again) &&
		      memcmp(&c, &again, sizeof(c)) == 0);
	}
	if (trace_context_parse_amzn(text, &c))
		judge(&c, false);
	arena_free(&a);
	return 0;
}
