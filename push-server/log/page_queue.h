/* A queue of pages to be read that is fair among tenants: the tenants start reads in
 * round-robin order, within the limits. The cost of a call does not depend on the number
 * of pages that wait. */
#ifndef PUSH_PAGE_QUEUE_H
#define PUSH_PAGE_QUEUE_H

#include <stdint.h>

#include "core/id.h"
#include "core/list.h"
#include "core/table.h"

struct page_queue {
	unsigned reading, per_tenant; /* limits of reads under way */
	unsigned n_reading;
	struct table tenants; /* tenants with pages that wait or are being read */
	struct list ready;    /* tenants that may start a read, the next one first */
	uint64_t steps;       /* entries looked at, for tests of the cost */
};

void page_queue_init(struct page_queue *q, unsigned reading, unsigned per_tenant);
/* Call it when no page waits or is being read. */
void page_queue_fini(struct page_queue *q);

/* Queue a page by its link, which must be on no list. */
void page_queue_add(
    struct page_queue *q, const struct tenant_id *tenant, struct list *link);
/* Take the next page to be read off the queue. The page counts as a read of its tenant
 * until page_queue_done(). Returns NULL when no read may start now. */
struct list *page_queue_take(struct page_queue *q);
/* A read of the tenant is finished, or could not be started. */
void page_queue_done(struct page_queue *q, const struct tenant_id *tenant);
/* Take a waiting page off the queue unread. */
void page_queue_remove(
    struct page_queue *q, const struct tenant_id *tenant, struct list *link);

#endif
