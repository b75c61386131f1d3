/* The union of all tenants' allowed origins, for the handshake, which does not know the
 * tenant yet. Read again every few seconds. */
#ifndef PUSH_ORIGINS_H
#define PUSH_ORIGINS_H

#include <stdbool.h>

#include "core/attr.h"

struct origins;
struct loop_env;
struct pg_async;

/* env and pg outlive it. */
struct origins *origins_new(struct loop_env *env, struct pg_async *pg);
void origins_free(struct origins **o);
/* True also while the list is not known: the tenant's own list is checked after the
 * token. */
bool origins_allow(const struct origins *o, const char *origin) ES_MUST_CHECK;
/* Once a second. */
void origins_tick(struct origins *o);

#endif
