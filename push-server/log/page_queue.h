/* Pages that wait to be read, fairly among tenants: in turn one page of each, and no more
 * reads under way than the limits allow. The cost of each call does not depend on how
 * many wait. */
#ifndef PUSH_PAGE_QUEUE_H
#define PUSH_PAGE_QUEUE_H

#include <stdint.h>

#include "core/id.h"
#include "core/list.h"
#include "core/table.h"

struct page_queue {
	unsigned reading, per_tenant; /* limits of reads under way */
	unsigned n_reading;
	struct table tenants; /* those with pages that wait or are read */
	struct list turn;     /* tenants that may start a read, the next one first */
	uint64_t steps;       /* entries looked at, for tests of the cost */
};

void page_queue_init(struct page_queue *q, unsigned reading, unsigned per_tenant);
/* Nothing waits or is read any more. */
void page_queue_fini(struct page_queue *q);

/* The page waits; link is on no list. */
void page_queue_add(
    struct page_queue *q, const struct tenant_id *tenant, struct list *link);
/* The next page to be read: taken off, and counted as a read of its tenant until
 * page_queue_done(). NULL: none may be started now. */
struct list *page_queue_take(struct page_queue *q);
/* A read has ended, or could not be started. */
void page_queue_done(struct page_queue *q, const struct tenant_id *tenant);
/* A page that waits is not wanted any more. */
void page_queue_remove(
    struct page_queue *q, const struct tenant_id *tenant, struct list *link);

#endif
