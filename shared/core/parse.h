/* Parses integers and UTF-8. The whole text must be valid. */
#ifndef CORE_PARSE_H
#define CORE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

/* Decimal digits only, with a leading '-' if min < 0; no blanks, no '+'. Returns false
 * when the number is not within min..max or overflows. */
bool parse_int(const char *s, int64_t min, int64_t max, int64_t *out) ES_MUST_CHECK;

/* Like parse_int(), but accepts only one form of each number: neither "007" nor "-0". */
bool parse_plain_int(const char *s, int64_t min, int64_t max, int64_t *out) ES_MUST_CHECK;

/* Length of the valid UTF-8 sequence at s (RFC 3629); 0 if it is invalid or NUL. */
size_t utf8_step(const char *s, size_t len);

/* Counts the code points of UTF-8 (RFC 3629). Returns false for invalid UTF-8 or a
 * NUL. */
bool utf8_length(const char *s, size_t len, size_t *out_points) ES_MUST_CHECK;

#endif
