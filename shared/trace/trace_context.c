#include "trace/trace_context.h"

#include <stdio.h>
#include <string.h>

#include "core/banned.h"

#define HEX "0123456789abcdef"

/* Copies n hex digits. The standards forbid ids that are all zero. */
static bool
trace_context_take_id(const char *from, size_t n, char *to)
{
	if (strspn(from, HEX) < n || strspn(from, "0") >= n)
		return false;
	memcpy(to, from, n);
	to[n] = '\0';
	return true;
}

bool
trace_context_parse(const char *traceparent, struct trace_context *out)
{
	const char *s = traceparent;
	struct trace_context c = {0};
	size_t len;

	*out = c;
	len = s == NULL ? 0 : strnlen(s, 256);
	if (len < TRACE_PARENT_TEXT - 1 || strspn(s, HEX) != 2 ||
	    strncmp(s, "ff", 2) == 0)
		return false;
	/* Version 00 ends after the flags. A later version may have more fields after a
	 * dash. */
	if (len > TRACE_PARENT_TEXT - 1 && (strncmp(s, "00", 2) == 0 || s[55] != '-'))
		return false;
	if (s[2] != '-' || !trace_context_take_id(s + 3, TRACE_ID_HEX, c.trace_id) ||
	    s[35] != '-' || !trace_context_take_id(s + 36, TRACE_SPAN_ID_HEX, c.parent) ||
	    s[52] != '-' || strspn(s + 53, HEX) < 2)
		return false;
	c.sampled = strchr("13579bdf", s[54]) != NULL ? TRACE_SAMPLED : TRACE_NOT_SAMPLED;
	*out = c;
	return true;
}

/* The value of "Root=1-5759e988-bd862e3fe1be46a994272793": a version, 8 and 24 digits. */
static bool
trace_context_take_root(const char *value, size_t len, struct trace_context *c)
{
	char id[TRACE_ID_HEX + 1];

	if (len != 35 || strncmp(value, "1-", 2) != 0 || value[10] != '-')
		return false;
	memcpy(id, value + 2, 8);
	memcpy(id + 8, value + 11, 24);
	id[TRACE_ID_HEX] = '\0';
	return trace_context_take_id(id, TRACE_ID_HEX, c->trace_id);
}

/* One "Key=value" of the header; unknown keys are for other systems. */
static void
trace_context_take_pair(const char *pair, size_t len, struct trace_context *c)
{
	if (len > 5 && strncmp(pair, "Root=", 5) == 0) {
		if (!trace_context_take_root(pair + 5, len - 5, c))
			c->trace_id[0] = '\0';
	} else if (len == 7 + TRACE_SPAN_ID_HEX && strncmp(pair, "Parent=", 7) == 0) {
		if (!trace_context_take_id(pair + 7, TRACE_SPAN_ID_HEX, c->parent))
			c->parent[0] = '\0';
	} else if (len == 9 && strncmp(pair, "Sampled=", 8) == 0) {
		c->sampled = pair[8] == '1'   ? TRACE_SAMPLED
		             : pair[8] == '0' ? TRACE_NOT_SAMPLED
		                              : TRACE_UNDECIDED;
	}
}

bool
trace_context_parse_amzn(const char *header, struct trace_context *out)
{
	struct trace_context c = {0};

	*out = c;
	for (const char *s = header; s != NULL && *s != '\0';) {
		const size_t len = strcspn(s, ";");

		trace_context_take_pair(s, len, &c);
		s += len;
		s += strspn(s, "; ");
	}
	if (c.trace_id[0] == '\0')
		return false;
	*out = c;
	return true;
}

void
trace_context_format(const struct trace_context *c, char out[TRACE_PARENT_TEXT])
{
	(void)snprintf(out, TRACE_PARENT_TEXT, "00-%s-%s-%s", c->trace_id, c->parent,
	    c->sampled == TRACE_SAMPLED ? "01" : "00");
}
