/* An origin as a client may write it, in the one form in which browsers send it. */
#ifndef STORE_ORIGIN_TAKE_H
#define STORE_ORIGIN_TAKE_H

#include "core/arena.h"
#include "core/attr.h"

/* scheme://host[:port] (RFC 6454 section 6.2): lower case, without the scheme's default
 * port, an IPv6 address compressed. What only means such an origin is brought into that
 * form; NULL for text that no browser sends, and in *fault what would be right. The
 * origin lives in the arena. Values that are stored already are read by
 * origin_store_valid(). */
const char *origin_take(
    const char *text, struct arena *a, const char **fault) ES_MUST_CHECK;

#endif
