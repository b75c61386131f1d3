/* Who owns which partition, and what may be cut off the queue when. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "fake_partitions.h"
#include "fanout_metrics.h"
#include "lease.h"
#include "queue/queue_mem.h"

#include "cunit_main.h"

struct fixture {
	struct arena *a;
	struct metrics *metrics;
	struct queue *q;
	struct leases ann, bob;
	struct es_err err;
};

static void
setup(struct fixture *f)
{
	const struct queue_settings qs = {.url = "mem:",
	    .partitions = FAKE_PARTITIONS,
	    .max_bytes = 1 << 20,
	    .timeout_ms = 100};

	log_init("test", LOG_ERROR);
	fake_reset();
	*f = (struct fixture){.a = arena_new()};
	CU_ASSERT_EQUAL_FATAL(
	    metrics_open(NULL, fanout_metrics, FANOUT_METRICS, 1, &f->metrics, &f->err),
	    ES_OK);
	CU_ASSERT_EQUAL_FATAL(queue_open(&qs, &f->q, &f->err), ES_OK);
	leases_init(&f->ann, "ann", 60000, FAKE_PARTITIONS, f->metrics);
	leases_init(&f->bob, "bob", 60000, FAKE_PARTITIONS, f->metrics);
}

static void
teardown(struct fixture *f)
{
	leases_fini(&f->ann);
	leases_fini(&f->bob);
	queue_close(&f->q);
	metrics_close(&f->metrics);
	arena_free(&f->a);
}

static enum es_code
turn(struct fixture *f, struct leases *l)
{
	return leases_turn(l, NULL, f->q, f->a, &f->err);
}

static enum es_code
settle(struct fixture *f, bool now)
{
	return leases_settle(&f->ann, NULL, f->q, now, f->a, &f->err);
}

/* n messages into the partition of the group; the position of the last. */
static const char *
fill(struct fixture *f, const char *group, size_t n, unsigned *partition)
{
	const struct queue_msg msg = {
	    .body = "x", .len = 1, .group = group, .dedupe = "d"};
	struct queue_msg *got = arena_alloc(f->a, n * sizeof(*got));
	size_t found = 0;

	*partition = queue_partition_of(group, FAKE_PARTITIONS);
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL_FATAL(queue_send(f->q, &msg, &f->err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(
	    queue_receive(f->q, *partition, "", n, 0, f->a, got, &found, &f->err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(found, n);
	return got[n - 1].position;
}

static int64_t
waiting(struct fixture *f)
{
	struct queue_stats s = {0};

	CU_ASSERT_EQUAL(queue_stats(f->q, &s, &f->err), ES_OK);
	return s.messages;
}

static struct lease *
held(struct leases *l, unsigned partition)
{
	const size_t i = leases_find(l, partition);

	CU_ASSERT_TRUE_FATAL(i < l->n);
	return &l->held[i];
}

static void
read_up_to(struct lease *h, const char *position)
{
	(void)snprintf(h->read, sizeof(h->read), "%s", position);
	h->trimmed = false;
	h->idle_since_ms = clock_mono_ms();
}

static void
a_lone_worker_takes_all(void)
{
	struct fixture f;

	setup(&f);
	CU_ASSERT_TRUE(leases_due(&f.ann));
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, FAKE_PARTITIONS);
	CU_ASSERT_FALSE(leases_due(&f.ann));
	CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_PARTITIONS), FAKE_PARTITIONS);
	teardown(&f);
}

static void
two_workers_share_evenly_and_never_the_same(void)
{
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	f.ann.alive = f.bob.alive = 2;
	CU_ASSERT_EQUAL(turn(&f, &f.bob), ES_OK);
	CU_ASSERT_EQUAL(f.bob.n, 0);
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(turn(&f, &f.bob), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, 4);
	CU_ASSERT_EQUAL(f.bob.n, 4);
	for (unsigned p = 0; p < FAKE_PARTITIONS; p++)
		CU_ASSERT_NOT_EQUAL(
		    leases_find(&f.ann, p) < f.ann.n, leases_find(&f.bob, p) < f.bob.n);
	/* stays so */
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, 4);
	teardown(&f);
}

static int64_t
next_in_ms(const struct leases *l)
{
	return l->next_ms - clock_mono_ms();
}

/* The dead one still stands in the roster, so its share is not taken yet. */
static void
a_dead_worker_s_share_is_taken_as_soon_as_it_may(void)
{
	struct fixture f;

	setup(&f);
	f.ann.alive = f.bob.alive = 2;
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(turn(&f, &f.bob), ES_OK);
	CU_ASSERT_EQUAL(f.bob.n, 4);
	CU_ASSERT_TRUE(next_in_ms(&f.bob) > 19000);
	for (unsigned p = 0; p < FAKE_PARTITIONS; p++)
		if (strcmp(fake.rows[p].owner, "ann") == 0)
			fake.rows[p].until_ms = clock_wall_ms() + 9000;
	CU_ASSERT_EQUAL(turn(&f, &f.bob), ES_OK);
	CU_ASSERT_TRUE(next_in_ms(&f.bob) <= 9000 && next_in_ms(&f.bob) > 8000);
	fake_lapse("ann");
	CU_ASSERT_EQUAL(turn(&f, &f.bob), ES_OK);
	CU_ASSERT_EQUAL(f.bob.n, 4);
	CU_ASSERT_TRUE(next_in_ms(&f.bob) <= 4000);
	f.bob.alive = 1;
	CU_ASSERT_EQUAL(turn(&f, &f.bob), ES_OK);
	CU_ASSERT_EQUAL(f.bob.n, FAKE_PARTITIONS);
	CU_ASSERT_TRUE(next_in_ms(&f.bob) > 19000);
	teardown(&f);
}

/* Without the roster (Redis is away) owners in the database still count. */
static void
an_owner_counts_without_the_roster(void)
{
	struct fixture f;

	setup(&f);
	f.ann.alive = 2;
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(turn(&f, &f.bob), ES_OK);
	CU_ASSERT_EQUAL(f.bob.n, 4);
	f.ann.alive = 0;
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, 4);
	teardown(&f);
}

static void
a_lapsed_lease_is_taken_over_in_a_new_epoch(void)
{
	struct fixture f;
	unsigned p;
	const char *end;

	setup(&f);
	end = fill(&f, "g", 3, &p);
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	read_up_to(held(&f.ann, p), end);
	CU_ASSERT_EQUAL(settle(&f, true), ES_OK);
	fake_lapse("ann");
	CU_ASSERT_EQUAL(turn(&f, &f.bob), ES_OK);
	CU_ASSERT_EQUAL(f.bob.n, FAKE_PARTITIONS);
	CU_ASSERT_EQUAL(held(&f.bob, p)->part.epoch, 2);
	CU_ASSERT_STRING_EQUAL(held(&f.bob, p)->read, end);
	/* the first owner wakes up and sees it at its next renewal */
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, 0);
	CU_ASSERT_TRUE(fake.rows[p].held && strcmp(fake.rows[p].owner, "bob") == 0);
	teardown(&f);
}

static void
a_worker_that_was_restarted_takes_its_own_at_once(void)
{
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	f.ann.n = 0; /* as after a crash */
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, FAKE_PARTITIONS);
	CU_ASSERT_EQUAL(f.ann.held[0].part.epoch, 2);
	teardown(&f);
}

static void
a_database_that_is_away_takes_nothing_away(void)
{
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	fake.away = true;
	CU_ASSERT_NOT_EQUAL(turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, FAKE_PARTITIONS);
	CU_ASSERT_FALSE(leases_due(&f.ann));
	teardown(&f);
}

static void
a_flushed_queue_is_read_from_its_start(void)
{
	struct fixture f;
	unsigned p;
	const char *end;

	setup(&f);
	end = fill(&f, "g", 3, &p);
	(void)snprintf(fake.rows[p].done, sizeof(fake.rows[p].done), "%s", end);
	queue_mem_flush(f.q);
	/* seen by who takes the partition */
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	CU_ASSERT_STRING_EQUAL(held(&f.ann, p)->read, "");
	CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_FLUSHED), 1);
	/* and not again by the next, as long as nothing comes */
	CU_ASSERT_STRING_EQUAL(fake.rows[p].done, "");
	/* and by who has it already */
	read_up_to(held(&f.ann, p), fill(&f, "g", 5, &p));
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_FLUSHED), 1);
	queue_mem_flush(f.q);
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	CU_ASSERT_STRING_EQUAL(held(&f.ann, p)->read, "");
	CU_ASSERT_STRING_EQUAL(held(&f.ann, p)->done, "");
	CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_FLUSHED), 2);
	teardown(&f);
}

static void
an_idle_partition_is_stored_then_cut(void)
{
	struct fixture f;
	unsigned p;
	const char *end;

	setup(&f);
	end = fill(&f, "g", 3, &p);
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	read_up_to(held(&f.ann, p), end);
	CU_ASSERT_EQUAL(settle(&f, false), ES_OK);
	CU_ASSERT_EQUAL(fake.dones, 0); /* the next batch may come any moment */
	CU_ASSERT_EQUAL(waiting(&f), 3);
	held(&f.ann, p)->idle_since_ms -= 10000;
	CU_ASSERT_EQUAL(settle(&f, false), ES_OK);
	CU_ASSERT_STRING_EQUAL(fake.rows[p].done, end);
	CU_ASSERT_EQUAL(waiting(&f), 0);
	CU_ASSERT_EQUAL(settle(&f, false), ES_OK);
	CU_ASSERT_EQUAL(fake.dones, 1);
	teardown(&f);
}

static void
what_is_not_stored_is_not_cut(void)
{
	struct fixture f;
	unsigned p;

	setup(&f);
	(void)fill(&f, "g", 3, &p);
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	read_up_to(held(&f.ann, p), fill(&f, "g", 3, &p));
	fake.fail_done = p;
	CU_ASSERT_NOT_EQUAL(settle(&f, true), ES_OK);
	CU_ASSERT_EQUAL(waiting(&f), 6);
	fake.fail_done = -1;
	/* stored but not cut: the queue's trouble, cut the next time */
	queue_mem_fail(f.q, &(struct queue_mem_fault){.first = 0, .times = 1});
	CU_ASSERT_NOT_EQUAL(settle(&f, true), ES_OK);
	CU_ASSERT_EQUAL(fake.dones, 1);
	CU_ASSERT_EQUAL(settle(&f, true), ES_OK);
	CU_ASSERT_EQUAL(fake.dones, 1);
	CU_ASSERT_EQUAL(waiting(&f), 3);
	teardown(&f);
}

/* A partition that is never idle would otherwise fill the queue. */
static void
a_busy_partition_is_cut_as_well(void)
{
	struct fixture f;
	struct lease *h;
	unsigned p;

	setup(&f);
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	(void)fill(&f, "g", 3, &p);
	h = held(&f.ann, p);
	(void)snprintf(h->done, sizeof(h->done), "%s", fill(&f, "g", 2, &p));
	read_up_to(h, fill(&f, "g", 5, &p));
	CU_ASSERT_EQUAL(settle(&f, false), ES_OK);
	CU_ASSERT_EQUAL(fake.dones, 0);
	CU_ASSERT_EQUAL(waiting(&f), 8); /* the two that were stored are gone */
	/* not after every batch */
	(void)snprintf(h->done, sizeof(h->done), "%s", h->read);
	h->trimmed = false;
	CU_ASSERT_EQUAL(settle(&f, false), ES_OK);
	CU_ASSERT_EQUAL(waiting(&f), 8);
	h->trimmed_ms -= 10000;
	CU_ASSERT_EQUAL(settle(&f, false), ES_OK);
	CU_ASSERT_EQUAL(waiting(&f), 5);
	teardown(&f);
}

static void
settling_notices_a_new_owner(void)
{
	struct fixture f;
	unsigned p, other;

	setup(&f);
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	read_up_to(held(&f.ann, 0), "1-0");
	read_up_to(held(&f.ann, p = queue_partition_of("g", FAKE_PARTITIONS)),
	    fill(&f, "g", 1, &p));
	other = p == 7 ? 6 : 7;
	read_up_to(held(&f.ann, other), "1-0");
	fake.rows[other].epoch++;
	CU_ASSERT_EQUAL(settle(&f, true), ES_OK);
	CU_ASSERT_EQUAL(f.ann.n, FAKE_PARTITIONS - 1);
	CU_ASSERT_EQUAL(leases_find(&f.ann, other), f.ann.n);
	CU_ASSERT_STRING_EQUAL(fake.rows[other].done, "");
	CU_ASSERT_STRING_NOT_EQUAL(fake.rows[p].done, "");
	teardown(&f);
}

static void
on_the_way_out_one_failure_stops_no_other(void)
{
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	for (unsigned p = 0; p < FAKE_PARTITIONS; p++)
		read_up_to(held(&f.ann, p), "1-0");
	fake.fail_done = 5;
	CU_ASSERT_EQUAL(settle(&f, true), ES_UNAVAILABLE);
	CU_ASSERT_EQUAL(fake.dones, FAKE_PARTITIONS - 1);
	leases_release(&f.ann, NULL, f.a);
	CU_ASSERT_EQUAL(f.ann.n, 0);
	for (unsigned p = 0; p < FAKE_PARTITIONS; p++)
		CU_ASSERT_FALSE(fake.rows[p].held);
	CU_ASSERT_EQUAL(metrics_sum(f.metrics, FM_PARTITIONS), 0);
	/* nor does a database that is away keep it from ending */
	CU_ASSERT_EQUAL(turn(&f, &f.ann), ES_OK);
	fake.away = true;
	fake.releases = 0;
	leases_release(&f.ann, NULL, f.a);
	CU_ASSERT_EQUAL(f.ann.n, 0);
	CU_ASSERT_EQUAL(fake.releases, 1);
	teardown(&f);
}

static CU_TestInfo cases[] = {
    {"a lone worker takes all", a_lone_worker_takes_all},
    {"two workers share evenly and never the same",
	two_workers_share_evenly_and_never_the_same},
    {"a dead worker's share is taken as soon as it may be",
	a_dead_worker_s_share_is_taken_as_soon_as_it_may},
    {"an owner counts without the roster", an_owner_counts_without_the_roster},
    {"a lapsed lease is taken over in a new epoch",
	a_lapsed_lease_is_taken_over_in_a_new_epoch},
    {"a worker that was restarted takes its own at once",
	a_worker_that_was_restarted_takes_its_own_at_once},
    {"a database that is away takes nothing away",
	a_database_that_is_away_takes_nothing_away},
    {"a flushed queue is read from its start", a_flushed_queue_is_read_from_its_start},
    {"an idle partition is stored, then cut", an_idle_partition_is_stored_then_cut},
    {"what is not stored is not cut", what_is_not_stored_is_not_cut},
    {"a busy partition is cut as well", a_busy_partition_is_cut_as_well},
    {"settling notices a new owner", settling_notices_a_new_owner},
    {"on the way out one failure stops no other",
	on_the_way_out_one_failure_stops_no_other},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("lease", cases)
