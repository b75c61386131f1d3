/* A request target, taken apart strictly: what is not a plain path of RFC 3986 is
 * refused, never repaired. Two spellings of one path can't reach two handlers. */
#ifndef API_URI_H
#define API_URI_H

#include <stddef.h>

#include "core/arena.h"
#include "core/err.h"

#define URI_MAX      4096 /* bytes of a request target */
#define URI_SEGMENTS 12

struct uri {
	size_t n;
	const char
	    *segments[URI_SEGMENTS]; /* percent-decoded once; never empty but the last */
	const char *path;            /* as it came, without the query */
	const char *query;           /* raw, without '?'; "" when there is none */
};

/* Refuses with ES_BAD_REQUEST: not starting with '/', empty and dot segments, '%' without
 * two hex digits, a decoded slash, control character or NUL, bad UTF-8, anything outside
 * RFC 3986. More than URI_SEGMENTS segments is ES_NOT_FOUND. */
enum es_code uri_parse(const char *target, struct arena *a, struct uri *out,
    struct es_err *err) ES_MUST_CHECK;

/* Decode %XX (and '+' as a blank when plus) of len bytes. NULL, or what is wrong (a bad
 * escape, a decoded control character, bad UTF-8), to be put behind "the path ". */
const char *uri_decode(const char *s, size_t len, bool plus, struct arena *a,
    const char **out) ES_MUST_CHECK;

#endif
