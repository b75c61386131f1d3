/* The owners of partitions, and the times of the next check. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "fanout_metrics.h"
#include "lease_fixture.h"
#include "lease_share.h"
#include "queue/queue_mem.h"

#include "cunit_main.h"

static void
a_single_worker_takes_all(void)
{
	struct lease_fixture f;

	lease_setup(&f);
	CU_ASSERT_TRUE(lease_share_due(&f.ann));
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, FAKE_PARTITIONS);
	CU_ASSERT_FALSE(lease_share_due(&f.ann));
	CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_PARTITIONS), FAKE_PARTITIONS);
	/* the worker keeps its leases: a lease that it gives back and claims again has a
	 * new epoch */
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(fake.releases, 0);
	for (size_t i = 0; i < f.ann.n; i++)
		CU_ASSERT_EQUAL(f.ann.held[i].part.epoch, 1);
	lease_teardown(&f);
}

static void
two_workers_share_evenly_and_never_the_same(void)
{
	struct lease_fixture f;

	lease_setup(&f);
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	f.ann.alive = f.bob.alive = 2;
	CU_ASSERT_EQUAL(lease_turn(&f, &f.bob), ES_OK);
	CU_ASSERT_EQUAL(f.bob.n, 0);
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(lease_turn(&f, &f.bob), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, 4);
	CU_ASSERT_EQUAL(f.bob.n, 4);
	for (unsigned p = 0; p < FAKE_PARTITIONS; p++)
		CU_ASSERT_NOT_EQUAL(
		    leases_find(&f.ann, p) < f.ann.n, leases_find(&f.bob, p) < f.bob.n);
	/* a further turn changes nothing */
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, 4);
	lease_teardown(&f);
}

static int64_t
next_in_ms(const struct leases *l)
{
	return l->update_at_ms - clock_mono_ms();
}

/* The dead worker is still in the roster, so its share is not taken yet. */
static void
a_dead_workers_share_is_taken_when_its_leases_end(void)
{
	struct lease_fixture f;

	lease_setup(&f);
	f.ann.alive = f.bob.alive = 2;
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(lease_turn(&f, &f.bob), ES_OK);
	CU_ASSERT_EQUAL(f.bob.n, 4);
	CU_ASSERT_TRUE(next_in_ms(&f.bob) > 19000);
	for (unsigned p = 0; p < FAKE_PARTITIONS; p++)
		if (strcmp(fake.rows[p].owner, "ann") == 0)
			fake.rows[p].until_ms = clock_wall_ms() + 9000;
	CU_ASSERT_EQUAL(lease_turn(&f, &f.bob), ES_OK);
	CU_ASSERT_TRUE(next_in_ms(&f.bob) <= 9000 && next_in_ms(&f.bob) > 8000);
	fake_lapse("ann");
	CU_ASSERT_EQUAL(lease_turn(&f, &f.bob), ES_OK);
	CU_ASSERT_EQUAL(f.bob.n, 4);
	CU_ASSERT_TRUE(next_in_ms(&f.bob) <= 4000);
	f.bob.alive = 1;
	CU_ASSERT_EQUAL(lease_turn(&f, &f.bob), ES_OK);
	CU_ASSERT_EQUAL(f.bob.n, FAKE_PARTITIONS);
	CU_ASSERT_TRUE(next_in_ms(&f.bob) > 19000);
	lease_teardown(&f);
}

/* Without the roster (Redis is away) owners in the database still count. */
static void
an_owner_counts_without_the_roster(void)
{
	struct lease_fixture f;

	lease_setup(&f);
	f.ann.alive = 2;
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(lease_turn(&f, &f.bob), ES_OK);
	CU_ASSERT_EQUAL(f.bob.n, 4);
	f.ann.alive = 0;
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, 4);
	lease_teardown(&f);
}

static void
each_owner_counts_once_without_the_roster(void)
{
	static const char *const owners[] = {"bob", "bob", "cat"};
	struct lease_fixture f;

	lease_setup(&f);
	for (unsigned p = 0; p < 3; p++) {
		fake.rows[p] = (struct fake_row){
		    .epoch = 1, .held = true, .until_ms = clock_wall_ms() + 60000};
		(void)snprintf(
		    fake.rows[p].owner, sizeof(fake.rows[p].owner), "%s", owners[p]);
	}
	/* a third of eight partitions, rounded up */
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, 3);
	lease_teardown(&f);
}

static void
a_lapsed_lease_is_taken_over_in_a_new_epoch(void)
{
	struct lease_fixture f;
	unsigned p;
	const char *end;

	lease_setup(&f);
	end = lease_fill(&f, "g", 3, &p);
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	lease_read_up_to(lease_held(&f.ann, p), end);
	CU_ASSERT_EQUAL(lease_settle_ann(&f, true), ES_OK);
	fake_lapse("ann");
	CU_ASSERT_EQUAL(lease_turn(&f, &f.bob), ES_OK);
	CU_ASSERT_EQUAL(f.bob.n, FAKE_PARTITIONS);
	CU_ASSERT_EQUAL(lease_held(&f.bob, p)->part.epoch, 2);
	CU_ASSERT_STRING_EQUAL(lease_held(&f.bob, p)->read, end);
	/* the first owner resumes, and its next renewal reports the lost lease */
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, 0);
	CU_ASSERT_TRUE(fake.rows[p].held && strcmp(fake.rows[p].owner, "bob") == 0);
	lease_teardown(&f);
}

static void
a_worker_that_was_restarted_takes_its_own_at_once(void)
{
	struct lease_fixture f;

	lease_setup(&f);
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	f.ann.n = 0; /* a crashed worker forgets its leases */
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, FAKE_PARTITIONS);
	CU_ASSERT_EQUAL(f.ann.held[0].part.epoch, 2);
	lease_teardown(&f);
}

static void
no_partition_is_lost_without_database(void)
{
	struct lease_fixture f;

	lease_setup(&f);
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	fake.away = true;
	CU_ASSERT_NOT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, FAKE_PARTITIONS);
	CU_ASSERT_FALSE(lease_share_due(&f.ann));
	lease_teardown(&f);
}

static void
a_flushed_queue_is_read_from_its_start(void)
{
	struct lease_fixture f;
	unsigned p;
	const char *end;

	lease_setup(&f);
	end = lease_fill(&f, "g", 3, &p);
	(void)snprintf(fake.rows[p].done, sizeof(fake.rows[p].done), "%s", end);
	queue_mem_flush(f.q);
	/* the new owner of the partition notices the flush */
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	CU_ASSERT_STRING_EQUAL(lease_held(&f.ann, p)->read, "");
	CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_FLUSHED), 1);
	/* until an entry comes, the next owner does not report this flush again */
	CU_ASSERT_STRING_EQUAL(fake.rows[p].done, "");
	/* an owner that already holds the partition notices a flush, too */
	lease_read_up_to(lease_held(&f.ann, p), lease_fill(&f, "g", 5, &p));
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_FLUSHED), 1);
	queue_mem_flush(f.q);
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	CU_ASSERT_STRING_EQUAL(lease_held(&f.ann, p)->read, "");
	CU_ASSERT_STRING_EQUAL(lease_held(&f.ann, p)->done, "");
	CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_FLUSHED), 2);
	lease_teardown(&f);
}

static CU_TestInfo cases[] = {
    {"a single worker takes all partitions", a_single_worker_takes_all},
    {"two workers share the partitions evenly, without overlap",
	two_workers_share_evenly_and_never_the_same},
    {"a dead worker's share is taken as soon as its leases end",
	a_dead_workers_share_is_taken_when_its_leases_end},
    {"an owner counts without the roster", an_owner_counts_without_the_roster},
    {"each owner counts once without the roster",
	each_owner_counts_once_without_the_roster},
    {"a lapsed lease is taken over in a new epoch",
	a_lapsed_lease_is_taken_over_in_a_new_epoch},
    {"a restarted worker takes its partitions without a wait",
	a_worker_that_was_restarted_takes_its_own_at_once},
    {"no partition is lost while the database is away",
	no_partition_is_lost_without_database},
    {"a flushed queue is read from its start", a_flushed_queue_is_read_from_its_start},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("lease", cases)
