#include "log/page_queue.h"

#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"

#include "core/banned.h"

struct queue_tenant {
	struct table_node node;
	struct tenant_id id;
	struct list pages; /* pages that wait, the oldest first */
	struct list place; /* on queue->ready while a read may be started */
	unsigned n_reading;
};

void
page_queue_init(struct page_queue *q, unsigned reading, unsigned per_tenant)
{
	*q = (struct page_queue){.reading = reading, .per_tenant = per_tenant};
	table_init(&q->tenants);
	list_init(&q->ready);
}

void
page_queue_fini(struct page_queue *q)
{
	CHECK(q->tenants.n == 0 && q->n_reading == 0);
	table_fini(&q->tenants);
}

static bool
page_queue_same(struct table_node *node, const void *key)
{
	return memcmp(&ES_CONTAINER(node, struct queue_tenant, node)->id, key,
		   sizeof(struct tenant_id)) == 0;
}

static struct queue_tenant *
page_queue_find(const struct page_queue *q, const struct tenant_id *tenant)
{
	struct table_node *node = table_find(
	    &q->tenants, keyed_hash(tenant, sizeof(*tenant)), page_queue_same, tenant);

	return node == NULL ? NULL : ES_CONTAINER(node, struct queue_tenant, node);
}

static struct queue_tenant *
page_queue_new_tenant(struct page_queue *q, const struct tenant_id *tenant)
{
	struct queue_tenant *t = mem_new(1, sizeof(*t));

	t->id = *tenant;
	list_init(&t->pages);
	list_init(&t->place);
	table_add(&q->tenants, &t->node, keyed_hash(tenant, sizeof(*tenant)));
	return t;
}

/* Keeps the tenant on queue->ready exactly while it may start a read. Frees the tenant
 * when none of its pages waits or is being read. */
static void
page_queue_update(struct page_queue *q, struct queue_tenant *t)
{
	const bool waits = !list_empty(&t->pages);

	if (!waits || t->n_reading >= q->per_tenant)
		list_del(&t->place);
	else if (list_empty(&t->place))
		list_add_tail(&q->ready, &t->place);
	if (waits || t->n_reading > 0)
		return;
	table_remove(&q->tenants, &t->node);
	mem_free(t);
}

void
page_queue_add(struct page_queue *q, const struct tenant_id *tenant, struct list *link)
{
	struct queue_tenant *t = page_queue_find(q, tenant);

	if (t == NULL)
		t = page_queue_new_tenant(q, tenant);
	q->steps++;
	list_add_tail(&t->pages, link);
	page_queue_update(q, t);
}

struct list *
page_queue_take(struct page_queue *q)
{
	struct list *l = list_first(&q->ready), *link;
	struct queue_tenant *t;

	if (l == NULL || q->n_reading >= q->reading)
		return NULL;
	t = LIST_ITEM(l, struct queue_tenant, place);
	q->steps++;
	link = list_pop(&t->pages);
	t->n_reading++;
	q->n_reading++;
	list_move_tail(&q->ready, &t->place);
	page_queue_update(q, t);
	return link;
}

void
page_queue_done(struct page_queue *q, const struct tenant_id *tenant)
{
	struct queue_tenant *t = page_queue_find(q, tenant);

	CHECK(t != NULL && t->n_reading > 0);
	q->steps++;
	t->n_reading--;
	q->n_reading--;
	page_queue_update(q, t);
}

void
page_queue_remove(struct page_queue *q, const struct tenant_id *tenant, struct list *link)
{
	struct queue_tenant *t = page_queue_find(q, tenant);

	CHECK(t != NULL);
	list_del(link);
	page_queue_update(q, t);
}
