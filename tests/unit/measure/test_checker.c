/* Plants each fault that the checker must find: a checker that cannot fail proves
 * nothing about a benchmark. */
#include <CUnit/CUnit.h>
#include <string.h>

#include "cunit_main.h"
#include "measure/checker.h"

static struct checker c;
static struct checker_counts counts;

/* Gives the checker a subscription at sequence number 10, and then the numbers in seqs. A
 * 0 ends the list. */
static void
receive(const int64_t *seqs)
{
	memset(&counts, 0, sizeof(counts));
	checker_begin(&c, 10);
	for (; *seqs != 0; seqs++)
		checker_event(&c, *seqs, &counts);
}

static void
expect(uint64_t missing, uint64_t doubled, uint64_t disordered)
{
	CU_ASSERT_EQUAL(counts.missing, missing);
	CU_ASSERT_EQUAL(counts.doubled, doubled);
	CU_ASSERT_EQUAL(counts.disordered, disordered);
}

static void
events_in_order_have_no_fault(void)
{
	receive((const int64_t[]){11, 12, 13, 0});
	checker_end(&c, 13, &counts);
	expect(0, 0, 0);
	CU_ASSERT_EQUAL(counts.received, 3);
}

static void
a_missing_event_is_found(void)
{
	receive((const int64_t[]){11, 13, 14, 0});
	expect(1, 0, 0);
}

static void
events_that_are_missing_at_the_end_are_found(void)
{
	receive((const int64_t[]){11, 12, 0});
	checker_end(&c, 15, &counts);
	expect(3, 0, 0);
	checker_end(&c, 15, &counts);
	expect(3, 0, 0);
}

static void
a_socket_that_receives_nothing_misses_all(void)
{
	receive((const int64_t[]){0});
	checker_end(&c, 20, &counts);
	expect(10, 0, 0);
}

static void
a_doubled_event_is_found(void)
{
	receive((const int64_t[]){11, 12, 12, 13, 11, 0});
	expect(0, 2, 0);
}

static void
an_event_before_the_subscription_is_doubled(void)
{
	receive((const int64_t[]){10, 3, 0});
	expect(0, 2, 0);
}

static void
swapped_events_are_out_of_order_and_not_missing(void)
{
	receive((const int64_t[]){11, 13, 12, 14, 0});
	expect(0, 0, 1);
}

static void
an_event_that_comes_late_and_again_is_doubled(void)
{
	receive((const int64_t[]){11, 14, 12, 13, 12, 15, 13, 0});
	expect(0, 2, 2);
}

static void
missing_events_stay_known_while_the_window_moves(void)
{
	int64_t seqs[CHECKER_WINDOW + 2] = {0};
	unsigned n = 0;

	for (int64_t seq = 12; seq < 12 + CHECKER_WINDOW; seq++)
		seqs[n++] = seq;
	seqs[n] = 11; /* CHECKER_WINDOW behind: the last place in the window */
	receive(seqs);
	expect(0, 0, 1);
}

static void
an_event_behind_the_window_counts_as_doubled_and_missing(void)
{
	int64_t seqs[CHECKER_WINDOW + 3] = {0};
	unsigned n = 0;

	for (int64_t seq = 12; seq < 13 + CHECKER_WINDOW; seq++)
		seqs[n++] = seq;
	seqs[n] = 11;
	receive(seqs);
	expect(1, 1, 0);
}

static void
a_jump_over_the_whole_window_is_missing(void)
{
	receive((const int64_t[]){11, 211, 210, 147, 0});
	expect(197, 0, 2);
}

static void
a_gap_that_the_server_announces_is_missing(void)
{
	receive((const int64_t[]){11, 0});
	checker_gap(&c, 14, &counts);
	checker_event(&c, 15, &counts);
	expect(3, 0, 0);
}

static CU_TestInfo cases[] = {
    {"events_in_order_have_no_fault", events_in_order_have_no_fault},
    {"a_missing_event_is_found", a_missing_event_is_found},
    {"events_that_are_missing_at_the_end_are_found",
	events_that_are_missing_at_the_end_are_found},
    {"a_socket_that_receives_nothing_misses_all",
	a_socket_that_receives_nothing_misses_all},
    {"a_doubled_event_is_found", a_doubled_event_is_found},
    {"an_event_before_the_subscription_is_doubled",
	an_event_before_the_subscription_is_doubled},
    {"swapped_events_are_out_of_order_and_not_missing",
	swapped_events_are_out_of_order_and_not_missing},
    {"an_event_that_comes_late_and_again_is_doubled",
	an_event_that_comes_late_and_again_is_doubled},
    {"missing_events_stay_known_while_the_window_moves",
	missing_events_stay_known_while_the_window_moves},
    {"an_event_behind_the_window_counts_as_doubled_and_missing",
	an_event_behind_the_window_counts_as_doubled_and_missing},
    {"a_jump_over_the_whole_window_is_missing", a_jump_over_the_whole_window_is_missing},
    {"a_gap_that_the_server_announces_is_missing",
	a_gap_that_the_server_announces_is_missing},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("measure checker", cases)
