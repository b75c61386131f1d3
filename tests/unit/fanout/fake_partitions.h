/* partition_store in memory instead of PostgreSQL. Leases expire by fake_lapse(), never
 * by the clock. */
#ifndef TESTS_FAKE_PARTITIONS_H
#define TESTS_FAKE_PARTITIONS_H

#include "queue/queue.h"
#include "store/partition_store.h"

#define FAKE_PARTITIONS 8

struct fake_row {
	int64_t epoch; /* 0: no worker ever owned it */
	char owner[64];
	bool held;
	int64_t until_ms; /* the fake only records it */
	char done[QUEUE_POSITION_MAX];
};

struct fake_partitions {
	struct fake_row rows[FAKE_PARTITIONS];
	bool away;         /* every call fails with 08006 */
	int64_t fail_done; /* partition whose position cannot be stored, or -1 */
	unsigned dones;    /* number of stored positions */
	unsigned renewals, releases; /* numbers of requests */
};
extern struct fake_partitions fake;

void fake_reset(void);
/* Ends the leases of owner, as if owner had not renewed them in time. The epochs stay. */
void fake_lapse(const char *owner);

#endif
