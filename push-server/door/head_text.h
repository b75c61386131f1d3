/* Checks and decodes texts of a request head. */
#ifndef PUSH_HEAD_TEXT_H
#define PUSH_HEAD_TEXT_H

#include <stdbool.h>

#include "core/attr.h"

/* True for a token of RFC 9110 section 5.6.2, which is not empty. */
bool head_text_token(const char *s) ES_MUST_CHECK;
/* True for one or more visible ASCII characters. */
bool head_text_visible(const char *s) ES_MUST_CHECK;
/* True for a field value: visible characters, blanks, tabs and bytes above ASCII. */
bool head_text_value(const char *s) ES_MUST_CHECK;
/* Removes blanks at both ends, in place. */
char *head_text_trim(char *s);
const char *head_text_trim_const(const char *s);
/* True when the comma-separated list has the word, in upper or lower case. */
bool head_text_has(const char *list, const char *word) ES_MUST_CHECK;
/* True for 16 bytes in base64 (RFC 4648 section 4), without stray bits at the end. */
bool head_text_key(const char *s) ES_MUST_CHECK;
/* Finds the first value of name in a query string and percent-decodes it in place. *out
 * stays unchanged when the query has no such name. Returns false when the value has a
 * malformed escape or a NUL. */
bool head_text_query(char *query, const char *name, const char **out) ES_MUST_CHECK;

#endif
