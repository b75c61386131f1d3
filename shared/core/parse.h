/* Numbers from text: the whole text, in range, or refused. */
#ifndef CORE_PARSE_H
#define CORE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

/* Decimal digits only (a leading '-' when min < 0); no blanks, no '+', no overflow. */
bool parse_int(const char *s, int64_t min, int64_t max, int64_t *out) ES_MUST_CHECK;

/* Length of the valid sequence that starts at s (RFC 3629); 0 when there is none, or NUL.
 */
size_t utf8_step(const char *s, size_t len);

/* Number of code points of valid UTF-8 (RFC 3629); false when invalid or with NUL. */
bool utf8_length(const char *s, size_t len, size_t *out_points) ES_MUST_CHECK;

#endif
