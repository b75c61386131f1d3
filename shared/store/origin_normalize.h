/* Normalizes an origin that an operator or tenant typed to the form that browsers
 * send. */
#ifndef STORE_ORIGIN_NORMALIZE_H
#define STORE_ORIGIN_NORMALIZE_H

#include "core/arena.h"
#include "core/attr.h"

/* Returns scheme://host[:port] (RFC 6454 section 6.2): lower case, without the default
 * port of the scheme, an IPv6 address in its shortest form. NULL when no browser sends
 * such an origin; then *fault says what would be right. The result is allocated in the
 * arena a. To check a stored origin use origin_store_valid(). */
const char *origin_normalize(
    const char *text, struct arena *a, const char **fault) ES_MUST_CHECK;

#endif
