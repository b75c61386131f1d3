/* The origins that any tenant allows, for the handshake, which does not know the tenant
 * yet. The worker reads them again every few seconds. */
#ifndef PUSH_ORIGINS_H
#define PUSH_ORIGINS_H

#include <stdbool.h>

#include "core/attr.h"

struct origins;
struct loop_env;
struct pg_async;

/* env and pg must outlive the struct. */
struct origins *origins_new(struct loop_env *env, struct pg_async *pg);
void origins_free(struct origins **o);
/* Also true before the first list was read: the tenant's own list is checked after the
 * token. */
bool origins_allow(const struct origins *o, const char *origin) ES_MUST_CHECK;
/* Call once a second: reads the list again when it is due. */
void origins_tick(struct origins *o);

#endif
