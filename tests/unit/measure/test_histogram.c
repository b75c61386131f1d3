#include <CUnit/CUnit.h>

#include "cunit_main.h"
#include "measure/histogram.h"

static struct histogram h, other;

static void
an_empty_histogram_is_zero(void)
{
	histogram_reset(&h);
	CU_ASSERT_EQUAL(histogram_at(&h, 0.5), 0);
}

static void
small_times_are_exact(void)
{
	for (int64_t us = 0; us < 2 * HISTOGRAM_SUB; us++) {
		histogram_reset(&h);
		histogram_add(&h, us);
		/* histogram_at() returns at most the longest time, which could hide an
		 * error */
		histogram_add(&h, 1000000);
		CU_ASSERT_EQUAL(histogram_at(&h, 0.5), us);
	}
}

static void
a_percentile_is_never_below_and_at_most_1_6_percent_above(void)
{
	for (int64_t us = 1; us < (int64_t)1 << 35; us += us / 7 + 1) {
		int64_t got;

		histogram_reset(&h);
		histogram_add(&h, us);
		histogram_add(&h, HISTOGRAM_MAX_US);
		got = histogram_at(&h, 0.5);
		CU_ASSERT(got >= us);
		CU_ASSERT((double)(got - us) <= 0.016 * (double)us);
	}
}

static void
percentiles_of_a_thousand_times(void)
{
	histogram_reset(&h);
	for (int64_t us = 1; us <= 1000; us++)
		histogram_add(&h, us);
	CU_ASSERT(histogram_at(&h, 0.50) >= 500 && histogram_at(&h, 0.50) <= 508);
	CU_ASSERT(histogram_at(&h, 0.99) >= 990 && histogram_at(&h, 0.99) <= 1000);
	CU_ASSERT_EQUAL(histogram_at(&h, 1.0), 1000);
	CU_ASSERT_EQUAL(histogram_at(&h, 0.0), 1);
}

static void
a_time_beyond_the_range_counts_as_the_longest(void)
{
	histogram_reset(&h);
	histogram_add(&h, HISTOGRAM_MAX_US + 1);
	histogram_add(&h, -5);
	CU_ASSERT_EQUAL(histogram_at(&h, 1.0), HISTOGRAM_MAX_US);
	CU_ASSERT_EQUAL(histogram_at(&h, 0.5), 0);
	CU_ASSERT_EQUAL(h.n, 2);
}

static void
two_histograms_become_one(void)
{
	histogram_reset(&h);
	histogram_reset(&other);
	histogram_add(&h, 10);
	histogram_add(&other, 20);
	histogram_add(&other, 30);
	histogram_merge(&h, &other);
	CU_ASSERT_EQUAL(h.n, 3);
	CU_ASSERT_EQUAL(histogram_at(&h, 0.5), 20);
	CU_ASSERT_EQUAL(histogram_at(&h, 1.0), 30);
}

static CU_TestInfo cases[] = {
    {"an_empty_histogram_is_zero", an_empty_histogram_is_zero},
    {"small_times_are_exact", small_times_are_exact},
    {"a_percentile_is_never_below_and_at_most_1_6_percent_above",
	a_percentile_is_never_below_and_at_most_1_6_percent_above},
    {"percentiles_of_a_thousand_times", percentiles_of_a_thousand_times},
    {"a_time_beyond_the_range_counts_as_the_longest",
	a_time_beyond_the_range_counts_as_the_longest},
    {"two_histograms_become_one", two_histograms_become_one},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("measure histogram", cases)
