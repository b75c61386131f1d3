/* partition_store in memory, in place of the one on PostgreSQL. Leases end when a test
 * says so, not by the clock. */
#ifndef TESTS_FAKE_PARTITIONS_H
#define TESTS_FAKE_PARTITIONS_H

#include "queue/queue.h"
#include "store/partition_store.h"

#define FAKE_PARTITIONS 8

struct fake_row {
	int64_t epoch; /* 0: nobody ever had it */
	char owner[64];
	bool held;
	int64_t until_ms; /* told only */
	char done[QUEUE_POSITION_MAX];
};

struct fake_partitions {
	struct fake_row rows[FAKE_PARTITIONS];
	bool away;                   /* every call fails with 08006 */
	int64_t fail_done;           /* partition whose position can't be stored, or -1 */
	unsigned dones;              /* positions stored */
	unsigned renewals, releases; /* asked for */
};
extern struct fake_partitions fake;

void fake_reset(void);
/* As if owner had not renewed in time: its leases are over, its epochs stay. */
void fake_lapse(const char *owner);

#endif
