/* Checks that a text is JSON as RFC 8259 defines it. json-c alone accepts NaN, single
 * quotes, raw control characters, lone surrogates and more. */
#ifndef JSON_JSON_CHECK_H
#define JSON_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"

#define JSON_DEPTH_MAX  16
#define JSON_DEPTH_TEXT "16" /* JSON_DEPTH_MAX, for messages */

struct json_check {
	const char *why; /* what is wrong, or NULL */
	size_t at;       /* byte offset of the fault */
	size_t members;  /* object members in the whole text, repeats counted */
};

/* Returns true for one value with optional blanks around it. Also refuses U+0000 in
 * names, and nesting deeper than JSON_DEPTH_MAX. */
bool json_check(const char *text, size_t len, struct json_check *out) ES_MUST_CHECK;

#endif
