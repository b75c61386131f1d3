/* Turns: one transaction for all partitions, and what a worker does while it is
 * committed. The queue is in memory; batches and the leases' store are fakes. */
#include <stdio.h>
#include <string.h>

#include "consumer_fixture.h"
#include "cunit_main.h"
#include "haul.h"

/* Each transaction is like "-+ab ". First comes "!" when batch_run() commits, then "+" or
 * "-" for each fence with or without a position to store, then the bodies. */
static char commits[4096];
static const char *poison; /* a batch with this body fails */
static int64_t lost = -1;  /* a batch with this partition is fenced */
static unsigned failures;  /* number of next batches that fail */

static bool
has_body(const struct fake_commit *c, const char *body)
{
	for (size_t i = 0; body != NULL && i < c->n; i++)
		if (c->msgs[i].len == strlen(body) &&
		    memcmp(c->msgs[i].body, body, c->msgs[i].len) == 0)
			return true;
	return false;
}

static void
note(const char *text)
{
	(void)snprintf(
	    commits + strlen(commits), sizeof(commits) - strlen(commits), "%s", text);
}

static enum batch_end
commit(const struct fake_commit *c, struct es_err *err)
{
	for (size_t i = 0; i < c->n_fences; i++)
		if (c->fences[i].partition == lost)
			return BATCH_FENCED;
	if (has_body(c, poison)) {
		(void)snprintf(err->sqlstate, sizeof(err->sqlstate), "22P05");
		return BATCH_RETRY;
	}
	if (failures > 0 && failures-- > 0)
		return BATCH_RETRY;
	note(c->alone ? "!" : "");
	for (size_t i = 0; i < c->n_fences; i++)
		note(c->fences[i].done != NULL ? "+" : "-");
	for (size_t i = 0; i < c->n; i++) {
		char body[16];

		(void)snprintf(
		    body, sizeof(body), "%.*s", (int)c->msgs[i].len, c->msgs[i].body);
		note(body);
	}
	note(" ");
	return BATCH_DONE;
}

static bool
ends_with(const char *end)
{
	const size_t n = strlen(commits), m = strlen(end);

	return n >= m && strcmp(commits + n - m, end) == 0;
}

static struct fixture *current;

static void
setup(struct fixture *f)
{
	consumer_setup(f, commit);
	poison = NULL;
	lost = -1;
	failures = 0;
	commits[0] = '\0';
	current = f;
}

/* Puts the body into a partition. */
static void
put(unsigned partition, const char *body)
{
	char group[8];

	for (int i = 0; i < 1000; i++) {
		(void)snprintf(group, sizeof(group), "g%d", i);
		if (queue_partition_of(group, FAKE_PARTITIONS) == partition)
			break;
	}
	CU_ASSERT_EQUAL_FATAL(consumer_put(current, group, body), partition);
}

static struct lease *
held(struct fixture *f, unsigned partition)
{
	const size_t i = leases_find(&f->w.leases, partition);

	CU_ASSERT_TRUE_FATAL(i < f->w.leases.n);
	return &f->w.leases.held[i];
}

static void
all_partitions_are_one_transaction(void)
{
	struct fixture f;

	setup(&f);
	put(1, "a");
	put(1, "b");
	put(4, "c");
	put(6, "d");
	consumer_passes(&f, 1);
	CU_ASSERT_NSTRING_EQUAL(commits, "---", 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(commits, "ab"));
	/* each partition's fence stores the end of its own last batch */
	put(4, "e");
	put(5, "f");
	consumer_passes(&f, 1);
	CU_ASSERT_TRUE(ends_with(" +-ef ") || ends_with(" -+fe "));
	CU_ASSERT_STRING_EQUAL(held(&f, 1)->done, "");
	CU_ASSERT_STRING_NOT_EQUAL(held(&f, 4)->done, "");
	CU_ASSERT_STRING_NOT_EQUAL(held(&f, 4)->done, held(&f, 4)->read);
	consumer_teardown(&f);
}

static void
put_more(void)
{
	put(2, "late");
	fake_batches.started = NULL;
}

static void
the_next_turn_is_decoded_during_the_commit(void)
{
	struct fixture f;

	setup(&f);
	fake_batches.room = 2;
	for (int i = 0; i < 5; i++)
		put(1, "x");
	consumer_passes(&f, 1);
	CU_ASSERT_STRING_EQUAL(fake_batches.log, "add:2 start:2 add:2 finish:2 ");
	consumer_passes(&f, 1);
	CU_ASSERT_STRING_EQUAL(
	    fake_batches.log, "add:2 start:2 add:2 finish:2 start:2 add:1 finish:2 ");
	/* this turn does not store the positions of the next turn */
	CU_ASSERT_STRING_NOT_EQUAL(held(&f, 1)->ahead, held(&f, 1)->read);
	consumer_passes(&f, 1);
	CU_ASSERT_STRING_EQUAL(commits, "-xx +xx +x ");
	CU_ASSERT_STRING_EQUAL(held(&f, 1)->ahead, held(&f, 1)->read);
	consumer_teardown(&f);
}

static void
entries_that_wait_are_received_during_the_commit(void)
{
	struct fixture f;

	setup(&f);
	f.w.receive_max =
	    FAKE_PARTITIONS; /* one entry of each partition; each success doubles it */
	for (int i = 0; i < 9; i++)
		put(1, "x");
	fake_batches.started = put_more;
	consumer_passes(&f, 1);
	CU_ASSERT_STRING_EQUAL(commits, "-xxxxxxxx ");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f.w.next);
	consumer_passes(&f, 1);
	CU_ASSERT_TRUE(strcmp(commits, "-xxxxxxxx +-xlate ") == 0 ||
		       strcmp(commits, "-xxxxxxxx -+latex ") == 0);
	/* nothing is left: the worker does not ask the queue again before the commit */
	CU_ASSERT_PTR_NULL(f.w.next);
	CU_ASSERT_FALSE(f.w.more);
	consumer_teardown(&f);
}

static unsigned early; /* entries that were received when the turn was published */

static void
count_early(void)
{
	early = current->w.haul != NULL ? (unsigned)haul_left(current->w.haul) : 0;
}

/* The worker asks the queue while Redis publishes, unless the turn had one entry only. */
static void
entries_that_came_are_received_during_the_publication(void)
{
	struct fixture f;

	setup(&f);
	fake_batches.published = count_early;
	put(1, "a");
	put(3, "b");
	fake_batches.started = put_more;
	consumer_passes(&f, 1);
	CU_ASSERT_EQUAL(early, 1);
	CU_ASSERT_PTR_NULL(f.w.next);
	consumer_passes(&f, 1);
	CU_ASSERT_TRUE(ends_with(" -late "));
	CU_ASSERT_EQUAL(early, 0);
	put(1, "c");
	fake_batches.started = put_more;
	consumer_passes(&f, 1);
	CU_ASSERT_TRUE(ends_with(" +c "));
	CU_ASSERT_EQUAL(early, 0);
	consumer_passes(&f, 1);
	CU_ASSERT_TRUE(ends_with(" +late "));
	consumer_teardown(&f);
}

static void
a_turn_that_fails_is_repeated_by_partition(void)
{
	struct fixture f;

	setup(&f);
	fake_batches.room = 3;
	poison = "bad";
	put(1, "a");
	put(3, "bad");
	put(5, "c");
	put(5, "d");
	consumer_passes(&f, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(commits, "!-a "));
	CU_ASSERT_PTR_NOT_NULL(strstr(commits, "!-cd "));
	CU_ASSERT_EQUAL(strlen(commits), strlen("!-a !-cd "));
	CU_ASSERT_TRUE(held(&f, 3)->alone && held(&f, 3)->tries == 1);
	CU_ASSERT_FALSE(held(&f, 1)->alone || held(&f, 5)->alone);
	/* the other partitions share a transaction again */
	put(1, "e");
	put(5, "f");
	consumer_passes(&f, 1);
	CU_ASSERT_TRUE(ends_with(" ++ef ") || ends_with(" ++fe "));
	consumer_teardown(&f);
}

static void
a_lost_partition_costs_the_others_nothing(void)
{
	struct fixture f;

	setup(&f);
	fake_batches.room = 2;
	put(1, "a");
	put(1, "b");
	put(3, "theirs");
	put(5, "c");
	lost = 3;
	consumer_passes(&f, 3);
	CU_ASSERT_EQUAL(f.w.leases.n, FAKE_PARTITIONS - 1);
	CU_ASSERT_EQUAL(leases_find(&f.w.leases, 3), f.w.leases.n);
	CU_ASSERT_PTR_NULL(strstr(commits, "theirs"));
	for (const char *const *b = (const char *const[]){"a", "b", "c", NULL};
	     *b != NULL; b++) {
		const char *first = strstr(commits, *b);

		CU_ASSERT_PTR_NOT_NULL_FATAL(first);
		CU_ASSERT_PTR_NULL(strstr(first + 1, *b)); /* only once */
	}
	CU_ASSERT_TRUE(strstr(commits, "a") < strstr(commits, "b"));
	consumer_teardown(&f);
}

static void
an_entry_that_is_no_envelope_stands_alone(void)
{
	struct fixture f;

	setup(&f);
	put(1, "a");
	put(1, "odd");
	put(1, "b");
	put(2, "c");
	consumer_passes(&f, 1);
	CU_ASSERT_STRING_EQUAL(commits, "--ac ");
	CU_ASSERT_TRUE(held(&f, 1)->alone);
	consumer_passes(&f, 1); /* batch_run() handles the entry "odd" */
	CU_ASSERT_STRING_EQUAL(commits, "--ac !+oddb ");
	CU_ASSERT_FALSE(held(&f, 1)->alone);
	put(1, "d");
	put(2, "e");
	consumer_passes(&f, 1);
	CU_ASSERT_TRUE(ends_with(" ++de ") || ends_with(" ++ed "));
	consumer_teardown(&f);
}

static void
make_due(void)
{
	current->w.leases.update_at_ms = 0;
}

/* When the leases change, another worker may have committed the entries of the planned
 * turn. */
static void
a_planned_turn_ends_when_the_leases_change(void)
{
	struct fixture f;

	setup(&f);
	fake_batches.room = 2;
	for (int i = 0; i < 4; i++)
		put(1, "x");
	fake_batches.started = make_due;
	consumer_passes(&f, 1);
	CU_ASSERT_PTR_NOT_NULL(f.w.next);
	fake_batches.started = NULL;
	consumer_passes(&f, 1);
	/* the worker receives and decodes the entries again, and commits none twice */
	CU_ASSERT_STRING_EQUAL(
	    fake_batches.log, "add:2 start:2 add:2 finish:2 add:2 start:2 finish:2 ");
	CU_ASSERT_STRING_EQUAL(commits, "-xx +xx ");
	consumer_teardown(&f);
}

static void
a_planned_turn_of_a_lost_partition_is_not_sent(void)
{
	struct fixture f;

	setup(&f);
	fake_batches.room = 1;
	put(1, "x");
	put(1, "y");
	consumer_passes(&f, 1);
	CU_ASSERT_PTR_NOT_NULL(f.w.next);
	leases_drop(&f.w.leases, leases_find(&f.w.leases, 1));
	consumer_passes(&f, 2);
	CU_ASSERT_STRING_EQUAL(commits, "-x ");
	CU_ASSERT_PTR_NULL(f.w.next);
	consumer_teardown(&f);
}

/* After a failed commit the worker forgets the turn that it decoded meanwhile. */
static void
a_turn_behind_a_failed_one_is_repeated_in_order(void)
{
	struct fixture f;

	setup(&f);
	fake_batches.room = 2;
	put(1, "a");
	put(1, "b");
	put(1, "c");
	failures = 1;
	consumer_passes(&f, 2);
	CU_ASSERT_STRING_EQUAL(commits, "!-ab !+c ");
	consumer_teardown(&f);
}

static void
stopping_sends_no_further_turn(void)
{
	struct fixture f;

	setup(&f);
	fake_batches.room = 1;
	put(1, "a");
	put(1, "b");
	consumer_passes(&f, 1);
	consumer_stopping = 1;
	put(1, "c");
	consumer_passes(&f, 1); /* "b" may have been decoded before the stop */
	consumer_passes(&f, 2);
	CU_ASSERT_STRING_EQUAL(commits, "-a +b ");
	consumer_teardown(&f);
}

static CU_TestInfo cases[] = {
    {"the entries of all partitions are one transaction with a fence for each",
	all_partitions_are_one_transaction},
    {"the next turn is decoded during the commit",
	the_next_turn_is_decoded_during_the_commit},
    {"entries that wait are received during the commit",
	entries_that_wait_are_received_during_the_commit},
    {"entries that came are received during the publication",
	entries_that_came_are_received_during_the_publication},
    {"a turn that fails is repeated by partition",
	a_turn_that_fails_is_repeated_by_partition},
    {"a lost partition does not affect the others",
	a_lost_partition_costs_the_others_nothing},
    {"an entry that is no envelope is committed alone",
	an_entry_that_is_no_envelope_stands_alone},
    {"a change of the leases discards the planned turn",
	a_planned_turn_ends_when_the_leases_change},
    {"a planned turn of a lost partition is not sent",
	a_planned_turn_of_a_lost_partition_is_not_sent},
    {"a turn behind a failed one is repeated in order",
	a_turn_behind_a_failed_one_is_repeated_in_order},
    {"stopping sends no further turn", stopping_sends_no_further_turn},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("turn", cases)
