/* Two workers, ann and bob, with a queue and partitions in memory. */
#ifndef TESTS_LEASE_FIXTURE_H
#define TESTS_LEASE_FIXTURE_H

#include "fake_partitions.h"
#include "leases.h"

struct lease_fixture {
	struct arena *a;
	struct metrics *metrics;
	struct queue *q;
	struct leases ann, bob;
	struct es_err err;
};

void lease_setup(struct lease_fixture *f);
void lease_teardown(struct lease_fixture *f);
enum es_code lease_turn(struct lease_fixture *f, struct leases *l);
enum es_code lease_settle_ann(struct lease_fixture *f, bool now);
/* Sends n messages to the partition of the group. Returns the last message's position. */
const char *lease_fill(
    struct lease_fixture *f, const char *group, size_t n, unsigned *partition);
int64_t lease_waiting(struct lease_fixture *f);
struct lease *lease_held(struct leases *l, unsigned partition);
void lease_read_up_to(struct lease *h, const char *position);

#endif
