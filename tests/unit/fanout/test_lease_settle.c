/* When positions are stored and the queue is trimmed. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "fanout_metrics.h"
#include "lease_fixture.h"
#include "lease_settle.h"
#include "queue/queue_mem.h"

#include "cunit_main.h"

static void
an_idle_partition_is_stored_then_trimmed(void)
{
	struct lease_fixture f;
	unsigned p;
	const char *end;

	lease_setup(&f);
	end = lease_fill(&f, "g", 3, &p);
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	lease_read_up_to(lease_held(&f.ann, p), end);
	CU_ASSERT_EQUAL(lease_settle_ann(&f, false), ES_OK);
	CU_ASSERT_EQUAL(fake.dones, 0); /* the next batch may come at any moment */
	CU_ASSERT_EQUAL(lease_waiting(&f), 3);
	lease_held(&f.ann, p)->idle_since_ms -= 10000;
	CU_ASSERT_EQUAL(lease_settle_ann(&f, false), ES_OK);
	CU_ASSERT_STRING_EQUAL(fake.rows[p].done, end);
	CU_ASSERT_EQUAL(lease_waiting(&f), 0);
	CU_ASSERT_EQUAL(lease_settle_ann(&f, false), ES_OK);
	CU_ASSERT_EQUAL(fake.dones, 1);
	lease_teardown(&f);
}

static void
unstored_entries_are_not_trimmed(void)
{
	struct lease_fixture f;
	unsigned p;

	lease_setup(&f);
	(void)lease_fill(&f, "g", 3, &p);
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	lease_read_up_to(lease_held(&f.ann, p), lease_fill(&f, "g", 3, &p));
	fake.fail_done = p;
	CU_ASSERT_NOT_EQUAL(lease_settle_ann(&f, true), ES_OK);
	CU_ASSERT_EQUAL(lease_waiting(&f), 6);
	fake.fail_done = -1;
	/* the queue fails after the position is stored, so the next call trims */
	queue_mem_fail(f.q, &(struct queue_mem_fault){.first = 0, .times = 1});
	CU_ASSERT_NOT_EQUAL(lease_settle_ann(&f, true), ES_OK);
	CU_ASSERT_EQUAL(fake.dones, 1);
	CU_ASSERT_EQUAL(lease_settle_ann(&f, true), ES_OK);
	CU_ASSERT_EQUAL(fake.dones, 1);
	CU_ASSERT_EQUAL(lease_waiting(&f), 3);
	lease_teardown(&f);
}

/* If the worker trimmed only idle partitions, a busy partition would fill the queue. */
static void
a_busy_partition_is_trimmed_as_well(void)
{
	struct lease_fixture f;
	struct lease *h;
	unsigned p;

	lease_setup(&f);
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	(void)lease_fill(&f, "g", 3, &p);
	h = lease_held(&f.ann, p);
	(void)snprintf(h->done, sizeof(h->done), "%s", lease_fill(&f, "g", 2, &p));
	lease_read_up_to(h, lease_fill(&f, "g", 5, &p));
	CU_ASSERT_EQUAL(lease_settle_ann(&f, false), ES_OK);
	CU_ASSERT_EQUAL(fake.dones, 0);
	CU_ASSERT_EQUAL(lease_waiting(&f), 8); /* two of ten are trimmed */
	/* the worker does not trim after every batch */
	(void)snprintf(h->done, sizeof(h->done), "%s", h->read);
	h->trimmed = false;
	CU_ASSERT_EQUAL(lease_settle_ann(&f, false), ES_OK);
	CU_ASSERT_EQUAL(lease_waiting(&f), 8);
	h->trimmed_ms -= 10000;
	CU_ASSERT_EQUAL(lease_settle_ann(&f, false), ES_OK);
	CU_ASSERT_EQUAL(lease_waiting(&f), 5);
	lease_teardown(&f);
}

static void
settling_notices_a_new_owner(void)
{
	struct lease_fixture f;
	unsigned p, other;

	lease_setup(&f);
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	lease_read_up_to(lease_held(&f.ann, 0), "1-0");
	lease_read_up_to(lease_held(&f.ann, p = queue_partition_of("g", FAKE_PARTITIONS)),
	    lease_fill(&f, "g", 1, &p));
	other = p == 7 ? 6 : 7;
	lease_read_up_to(lease_held(&f.ann, other), "1-0");
	fake.rows[other].epoch++;
	CU_ASSERT_EQUAL(lease_settle_ann(&f, true), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, FAKE_PARTITIONS - 1);
	CU_ASSERT_EQUAL(leases_find(&f.ann, other), f.ann.n);
	CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_PARTITIONS), FAKE_PARTITIONS - 1);
	CU_ASSERT_STRING_EQUAL(fake.rows[other].done, "");
	CU_ASSERT_STRING_NOT_EQUAL(fake.rows[p].done, "");
	lease_teardown(&f);
}

/* A running worker tries again in its next turn; a stopping worker has no next turn. */
static void
between_batches_the_first_failure_ends_it(void)
{
	struct lease_fixture f;
	const struct lease *last;

	lease_setup(&f);
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	for (unsigned p = 0; p < FAKE_PARTITIONS; p++) {
		lease_read_up_to(lease_held(&f.ann, p), "1-0");
		lease_held(&f.ann, p)->idle_since_ms -= 10000;
	}
	last = &f.ann.held[FAKE_PARTITIONS - 1]; /* the worker settles this lease first */
	fake.fail_done = last->part.number;
	CU_ASSERT_EQUAL(lease_settle_ann(&f, false), ES_UNAVAILABLE);
	CU_ASSERT_EQUAL(fake.dones, 0);
	lease_teardown(&f);
}

/* Gives the last lease back, like a worker that has more than its share. */
static enum es_code
give_back(struct lease_fixture *f)
{
	return lease_settle_give_back(&f->ann, NULL, f->q, f->a, &f->err);
}

static void
one_lease_is_given_back_after_its_position_is_stored(void)
{
	struct lease_fixture f;
	const struct lease *last;
	int64_t number;

	lease_setup(&f);
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	last = &f.ann.held[FAKE_PARTITIONS - 1];
	number = last->part.number;
	lease_read_up_to(&f.ann.held[FAKE_PARTITIONS - 1], "1-0");
	/* the worker keeps the lease while it can't store the position */
	fake.fail_done = number;
	CU_ASSERT_EQUAL(give_back(&f), ES_UNAVAILABLE);
	CU_ASSERT_EQUAL(f.ann.n, FAKE_PARTITIONS);
	CU_ASSERT_TRUE(fake.rows[number].held);
	fake.fail_done = -1;
	CU_ASSERT_EQUAL(give_back(&f), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, FAKE_PARTITIONS - 1);
	CU_ASSERT_EQUAL(leases_find(&f.ann, number), f.ann.n);
	CU_ASSERT_FALSE(fake.rows[number].held);
	CU_ASSERT_STRING_EQUAL(fake.rows[number].done, "1-0");
	CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_PARTITIONS), FAKE_PARTITIONS - 1);
	/* a lease that another worker now owns is dropped */
	number = f.ann.held[FAKE_PARTITIONS - 2].part.number;
	lease_read_up_to(&f.ann.held[FAKE_PARTITIONS - 2], "1-0");
	fake.rows[number].epoch++;
	CU_ASSERT_EQUAL(give_back(&f), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, FAKE_PARTITIONS - 2);
	CU_ASSERT_EQUAL(leases_find(&f.ann, number), f.ann.n);
	CU_ASSERT_TRUE(fake.rows[number].held);
	lease_teardown(&f);
}

static void
at_the_end_one_failure_stops_no_other(void)
{
	struct lease_fixture f;

	lease_setup(&f);
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	for (unsigned p = 0; p < FAKE_PARTITIONS; p++)
		lease_read_up_to(lease_held(&f.ann, p), "1-0");
	fake.fail_done = 5;
	CU_ASSERT_EQUAL(lease_settle_ann(&f, true), ES_UNAVAILABLE);
	CU_ASSERT_EQUAL(fake.dones, FAKE_PARTITIONS - 1);
	lease_settle_give_back_all(&f.ann, NULL, f.a);
	CU_ASSERT_EQUAL(f.ann.n, 0);
	for (unsigned p = 0; p < FAKE_PARTITIONS; p++)
		CU_ASSERT_FALSE(fake.rows[p].held);
	CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_PARTITIONS), 0);
	/* while the database is away, a worker that stops drops all leases, too */
	CU_ASSERT_EQUAL(lease_turn(&f, &f.ann), ES_OK);
	fake.away = true;
	fake.releases = 0;
	lease_settle_give_back_all(&f.ann, NULL, f.a);
	CU_ASSERT_EQUAL(f.ann.n, 0);
	CU_ASSERT_EQUAL(fake.releases, 1);
	lease_teardown(&f);
}

static CU_TestInfo cases[] = {
    {"the position of an idle partition is stored, then the queue is trimmed",
	an_idle_partition_is_stored_then_trimmed},
    {"entries without a stored position are not trimmed",
	unstored_entries_are_not_trimmed},
    {"a busy partition is trimmed as well", a_busy_partition_is_trimmed_as_well},
    {"settling notices a new owner", settling_notices_a_new_owner},
    {"between batches settling stops at the first failure",
	between_batches_the_first_failure_ends_it},
    {"one lease is given back after its position is stored",
	one_lease_is_given_back_after_its_position_is_stored},
    {"when a worker stops, one failure does not stop settling",
	at_the_end_one_failure_stops_no_other},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("lease/settle", cases)
