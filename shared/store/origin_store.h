/* The origins that tenants allow, asked for by name. */
#ifndef STORE_ORIGIN_STORE_H
#define STORE_ORIGIN_STORE_H

#include <stdbool.h>

#include "pg/pg.h"

#define ORIGIN_MAX      255 /* bytes; a longer one is nobody's */
#define ORIGIN_ASKS_MAX 64  /* origins in one statement */

/* scheme://host[:port], as browsers send it: nothing behind it, and never "*". */
bool origin_store_valid(const char *s) ES_MUST_CHECK;

/* Those of up to ORIGIN_ASKS_MAX origins that an active tenant allows, a row each.
 * Without a tenant. */
struct origin_row {
	const char *origin;
};
extern const struct pg_stmt origin_store_allowed; /* row: struct origin_row */
const char *const *origin_store_params(
    struct arena *a, const char *const origins[], size_t n);

#endif
