/* Ids of channels that an attacker would choose if tables were hashed with FNV-1a. */
#ifndef TESTS_FNV_COLLISIONS_H
#define TESTS_FNV_COLLISIONS_H

#include <stddef.h>

#include "core/id.h"
#include "core/table.h"

/* The number of ids for a table with 2^FNV_COLLISIONS_BITS buckets. */
#define FNV_COLLISIONS_BITS 13
#define FNV_COLLISIONS      8000

/* The tenant's id and the channel's, in the form of the tables' keys. */
struct fnv_collision {
	struct tenant_id tenant;
	struct channel_id channel;
};

/* FNV_COLLISIONS different ids of the tenant. The FNV-1a hash of each falls into bucket 0
 * of a table with 2^FNV_COLLISIONS_BITS buckets. */
void fnv_collisions(const char *tenant, struct fnv_collision out[]);

/* The length of the table's longest chain. */
size_t fnv_collisions_longest(const struct table *t);

#endif
