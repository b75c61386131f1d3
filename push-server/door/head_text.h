/* Small judgements on pieces of a request head. */
#ifndef PUSH_HEAD_TEXT_H
#define PUSH_HEAD_TEXT_H

#include <stdbool.h>

#include "core/attr.h"

/* A token of RFC 9110 section 5.6.2, not empty. */
bool head_text_token(const char *s) ES_MUST_CHECK;
/* Visible ASCII only, not empty. */
bool head_text_visible(const char *s) ES_MUST_CHECK;
/* A field value: visible characters, blanks, tabs, bytes above ASCII. */
bool head_text_value(const char *s) ES_MUST_CHECK;
/* Without blanks at both ends, in place. */
char *head_text_trim(char *s);
const char *head_text_trim_const(const char *s);
/* Is word, in any case, one of the comma separated list? */
bool head_text_has(const char *list, const char *word) ES_MUST_CHECK;
/* 16 bytes in base64 (RFC 4648 section 4), without stray bits at the end. */
bool head_text_key(const char *s) ES_MUST_CHECK;
/* The first value of name in a query, percent-decoded in place; *out untouched when there
 * is none. False: a malformed escape or a NUL in it. */
bool head_text_query(char *query, const char *name, const char **out) ES_MUST_CHECK;

#endif
