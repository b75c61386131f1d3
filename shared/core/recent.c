#include "core/recent.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/list.h"
#include "core/table.h"

#include "core/banned.h"

struct seen {
	struct table_node node;
	struct list by_age;
	int64_t at_ms;
	unsigned char key[];
};

struct recent {
	struct table table;
	struct list by_age; /* keys, oldest first */
	int64_t keep_ms;
	size_t key_size, max;
	recent_hash *hash;
};

struct lookup {
	const void *key;
	size_t size;
};

struct recent *
recent_new(int64_t keep_ms, size_t key_size, size_t max, recent_hash *hash)
{
	struct recent *r = mem_new(1, sizeof(*r));

	table_init(&r->table);
	list_init(&r->by_age);
	r->keep_ms = keep_ms;
	r->key_size = key_size;
	r->max = max;
	r->hash = hash;
	return r;
}

static void
recent_forget_oldest(struct recent *r)
{
	struct seen *s = LIST_ITEM(r->by_age.next, struct seen, by_age);

	list_del(&s->by_age);
	table_remove(&r->table, &s->node);
	free(s);
}

void
recent_free(struct recent **r)
{
	if (*r == NULL)
		return;
	while (!list_empty(&(*r)->by_age))
		recent_forget_oldest(*r);
	free(*r);
	*r = NULL;
}

static bool
recent_same_key(struct table_node *node, const void *key)
{
	const struct lookup *l = key;

	return memcmp(ES_CONTAINER(node, struct seen, node)->key, l->key, l->size) == 0;
}

bool
recent_add(struct recent *r, const void *key, int64_t now_ms)
{
	const struct lookup l = {key, r->key_size};
	const uint64_t hash = r->hash(key, r->key_size);
	struct seen *s;

	while (
	    !list_empty(&r->by_age) &&
	    now_ms - LIST_ITEM(r->by_age.next, struct seen, by_age)->at_ms >= r->keep_ms)
		recent_forget_oldest(r);
	if (table_find(&r->table, hash, recent_same_key, &l) != NULL)
		return false;
	if (r->table.n >= r->max)
		recent_forget_oldest(r);
	s = mem_new(1, sizeof(*s) + r->key_size);
	s->at_ms = now_ms;
	memcpy(s->key, key, r->key_size);
	list_add_tail(&r->by_age, &s->by_age);
	table_add(&r->table, &s->node, hash);
	return true;
}

size_t
recent_count(const struct recent *r)
{
	return r->table.n;
}
