/* Remembers which user the last request with an API key, or with a subject of a tenant's
 * issuer, acted for. It is a guess, and never a permission: with it the guard reads ahead
 * for that user in the round trip that checks the caller. When PostgreSQL then names
 * another user or none, pg_ahead_run() discards what was read. */
#ifndef API_CALLER_HINTS_H
#define API_CALLER_HINTS_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/id.h"

/* A worker remembers this many callers. Two with the same place displace each other. */
#define CALLER_HINTS_MAX 512

struct caller_hints;

/* The text of a caller in two parts. Only a keyed hash of it is kept. */
struct caller_text {
	const char *first, *second; /* second may be NULL */
};

/* h is NULL until the first caller_hints_put(). Returns false when the caller is not
 * known. */
bool caller_hints_find(const struct caller_hints *h, struct caller_text caller,
    struct tenant_id *tenant, struct user_id *user) ES_MUST_CHECK;
void caller_hints_put(struct caller_hints **h, struct caller_text caller,
    const struct tenant_id *tenant, const struct user_id *user);
void caller_hints_free(struct caller_hints **h);

#endif
