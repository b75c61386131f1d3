/* An intrusive hash table: the node lives in the thing, the caller computes the hash and
 * compares. For keys that come from outside the hash is keyed_hash() of
 * crypto/keyed_hash.h; an attacker could collide any other. */
#ifndef CORE_TABLE_H
#define CORE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_node {
	struct table_node *next;
	uint64_t hash;
};

struct table {
	struct table_node **buckets;
	size_t n, n_buckets;
};

/* Holds memory only while something is in it. */
void table_init(struct table *t);
/* The nodes stay the caller's. */
void table_fini(struct table *t);

typedef bool table_same(struct table_node *node, const void *key);

struct table_node *table_find(
    const struct table *t, uint64_t hash, table_same *same, const void *key);
/* The caller has made sure that it is not there yet. */
void table_add(struct table *t, struct table_node *node, uint64_t hash);
void table_remove(struct table *t, struct table_node *node);

/* The node after this one in no particular order; NULL: the first. NULL at the end. The
 * node given must still be in the table. */
struct table_node *table_next(const struct table *t, const struct table_node *node);

#endif
