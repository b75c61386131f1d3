/* Splits a request target into its segments. A target that is not a plain path of RFC
 * 3986 is refused, never repaired, so that two spellings of one path can't reach two
 * handlers. */
#ifndef API_URI_H
#define API_URI_H

#include <stddef.h>

#include "core/arena.h"
#include "core/err.h"

#define URI_MAX      4096 /* bytes of a request target */
#define URI_SEGMENTS 12

struct uri {
	size_t n;
	const char *
	    segments[URI_SEGMENTS]; /* percent-decoded once; only the last may be empty */
	const char *path;           /* undecoded, without the query */
	const char *query;          /* undecoded, without '?'; "" when absent */
};

/* Fills *out; its strings are allocated in the arena a. Returns ES_BAD_REQUEST for: no
 * '/' at the start, an empty or dot segment, '%' without two hex digits, an encoded
 * slash, control character or NUL, invalid UTF-8, a character outside RFC 3986. Returns
 * ES_NOT_FOUND for more than URI_SEGMENTS segments. */
enum es_code uri_parse(const char *target, struct arena *a, struct uri *out,
    struct es_err *err) ES_MUST_CHECK;

/* Decodes %XX (and, with plus, '+' as a blank) in len bytes of s. Returns NULL, or the
 * fault (bad escape, control character, invalid UTF-8) as a text that continues "the path
 * ". *out is allocated in the arena a. */
const char *uri_decode(const char *s, size_t len, bool plus, struct arena *a,
    const char **out) ES_MUST_CHECK;

#endif
