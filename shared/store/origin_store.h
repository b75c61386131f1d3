/* Finds the origins of a list that an active tenant allows. */
#ifndef STORE_ORIGIN_STORE_H
#define STORE_ORIGIN_STORE_H

#include <stdbool.h>

#include "pg/pg.h"

#define ORIGIN_MAX      255 /* bytes; a longer origin is never allowed */
#define ORIGIN_ASKS_MAX 64  /* origins in one statement */

/* True for scheme://host[:port], as browsers send it. Nothing may follow, and "*" is not
 * an origin. */
bool origin_store_valid(const char *s) ES_MUST_CHECK;

/* Returns a row for each of up to ORIGIN_ASKS_MAX origins that an active tenant allows.
 * Send the statement without a tenant. The parameters are allocated in the arena a. */
struct origin_row {
	const char *origin;
};
extern const struct pg_stmt origin_store_allowed; /* row: struct origin_row */
const char *const *origin_store_params(
    struct arena *a, const char *const origins[], size_t n);

#endif
