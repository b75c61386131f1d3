/* An intrusive hash table. The node is a member of the stored struct; the caller computes
 * the hash and compares keys. For keys from outside the hash must be keyed_hash() of
 * crypto/keyed_hash.h, so that an attacker can't cause collisions. */
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

/* An empty table holds no memory. */
void table_init(struct table *t);
/* Frees the table; the nodes stay with the caller. */
void table_fini(struct table *t);

typedef bool table_same(struct table_node *node, const void *key);

struct table_node *table_find(
    const struct table *t, uint64_t hash, table_same *same, const void *key);
/* The caller makes sure that the key is not in the table. */
void table_add(struct table *t, struct table_node *node, uint64_t hash);
void table_remove(struct table *t, struct table_node *node);

/* Walks over the table in no particular order: returns the node after `node`, or the
 * first node if node is NULL; returns NULL at the end. node must still be in the
 * table. */
struct table_node *table_next(const struct table *t, const struct table_node *node);

#endif
