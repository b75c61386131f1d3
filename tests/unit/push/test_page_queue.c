/* The queue of pages: fair among tenants, within the limits, and at a cost per call that
 * does not grow with the number of pages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"

#include "core/check.h"
#include "crypto/keyed_hash.h"
#include "log/page_queue.h"

#include "core/banned.h"

static struct tenant_id
tenant(unsigned n)
{
	struct tenant_id id;

	memset(&id, 0, sizeof(id));
	(void)snprintf(id.text, sizeof(id.text), "01900000-0000-7000-8000-%012u", n);
	return id;
}

struct waiting {
	struct list link;
	struct tenant_id tenant;
};

static void
add(struct page_queue *q, struct waiting *w, unsigned tenant_n)
{
	w->tenant = tenant(tenant_n);
	list_init(&w->link);
	page_queue_add(q, &w->tenant, &w->link);
}

/* Takes the next page. Returns the number of the page's tenant, or -1 when no read may
 * start. */
static int
take(struct page_queue *q)
{
	struct list *l = page_queue_take(q);

	return l == NULL
	           ? -1
	           : (int)strtoul(
			 LIST_ITEM(l, struct waiting, link)->tenant.text + 24, NULL, 10);
}

static void
takes_turns_among_tenants(void)
{
	struct waiting w[8];
	struct tenant_id one = tenant(1);
	struct page_queue q;

	keyed_hash_draw();
	page_queue_init(&q, 5, 2);
	for (unsigned i = 0; i < 5; i++)
		add(&q, &w[i], 1);
	add(&q, &w[5], 2);
	add(&q, &w[6], 3);
	CU_ASSERT_EQUAL(take(&q), 1);
	CU_ASSERT_EQUAL(take(&q), 2);
	CU_ASSERT_EQUAL(take(&q), 3);
	CU_ASSERT_EQUAL(take(&q), 1);
	CU_ASSERT_EQUAL(take(&q), -1); /* two reads of the first tenant are under way */
	page_queue_done(&q, &one);
	CU_ASSERT_EQUAL(take(&q), 1);
	add(&q, &w[7], 4);
	CU_ASSERT_EQUAL(take(&q), 4); /* the fifth read */
	page_queue_done(&q, &one);
	CU_ASSERT_EQUAL(take(&q), 1);
	CU_ASSERT_EQUAL(take(&q), -1); /* five reads are under way */
	page_queue_remove(&q, &one, &w[4].link);
	page_queue_done(&q, &one);
	page_queue_done(&q, &one);
	page_queue_done(&q, &w[5].tenant);
	page_queue_done(&q, &w[6].tenant);
	page_queue_done(&q, &w[7].tenant);
	page_queue_fini(&q);
}

/* One tenant at its limit has many pages: each call looks at one page. */
static void
costs_the_same_for_any_number_of_pages(void)
{
	enum { MANY = 20000 };
	struct waiting *w = calloc(MANY, sizeof(*w));
	struct tenant_id one = tenant(1);
	struct page_queue q;
	unsigned read = 0;

	keyed_hash_draw();
	page_queue_init(&q, 16, 8);
	for (unsigned i = 0; i < MANY; i++) {
		add(&q, &w[i], 1);
		while (take(&q) >= 0)
			read++;
	}
	while (read < MANY) {
		page_queue_done(&q, &one);
		while (take(&q) >= 0)
			read++;
	}
	for (unsigned i = 0; i < 8; i++)
		page_queue_done(&q, &one);
	CU_ASSERT_TRUE(q.steps <= 3 * MANY + 8);
	page_queue_fini(&q);
	free(w);
}

static CU_TestInfo cases[] = {
    {"takes turns among tenants", takes_turns_among_tenants},
    {"costs the same for any number of pages", costs_the_same_for_any_number_of_pages},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/page_queue", cases)
