/* When look-ups are sent: at once while few arrive, together while many arrive. */
#include "core/gather.h"
#include "cunit_main.h"

#include "core/banned.h"

static const struct gather_limits limits = {
    .batch = 100, .wait_ms = 500, .calm_per_s = 20};
static struct gather g;
static int64_t now_ms;

static void
begin(void)
{
	now_ms = 1000000;
	gather_init(&g, &limits);
}

static void
arrive(unsigned n)
{
	for (; n > 0; n--)
		gather_count_arrival(&g, now_ms);
}

static void
one_round_trip(void)
{
	gather_sent(&g, now_ms);
	now_ms += 3;
	gather_answered(&g);
}

static void
a_single_look_up_is_sent_at_once(void)
{
	begin();
	for (unsigned i = 0; i < 200; i++) {
		arrive(1);
		CU_ASSERT_EQUAL(gather_due(&g, 1, now_ms), 1);
		one_round_trip();
		now_ms += 47; /* twenty a second: the highest rate without gathering */
	}
	CU_ASSERT_EQUAL(gather_due(&g, 0, now_ms), 0);
}

static void
a_look_up_that_arrives_during_a_statement_waits_for_its_answer(void)
{
	begin();
	arrive(1);
	CU_ASSERT_EQUAL(gather_due(&g, 1, now_ms), 1);
	gather_sent(&g, now_ms);
	arrive(3);
	CU_ASSERT_EQUAL(gather_due(&g, 3, now_ms), 0);
	gather_answered(&g);
	CU_ASSERT_EQUAL(gather_due(&g, 3, now_ms), 3);
}

/* A hundred look-ups a second for ten seconds: the size of each batch. */
static void
many_look_ups_go_into_few_statements(void)
{
	unsigned statements = 0;
	size_t waiting = 0, longest = 0;

	begin();
	for (unsigned i = 0; i < 1000; i++, now_ms += 10) {
		size_t due;

		arrive(1);
		waiting++;
		due = gather_due(&g, waiting, now_ms);
		longest = waiting > longest ? waiting : longest;
		if (due == 0)
			continue;
		statements++;
		gather_sent(&g, now_ms);
		gather_answered(&g);
		waiting -= due;
	}
	CU_ASSERT_TRUE(statements <= limits.calm_per_s / 4 + 1 + 20);
	CU_ASSERT_EQUAL(longest, 50); /* the look-ups of half a second */
}

static void
one_look_up_beyond_the_limit_makes_a_second_statement(void)
{
	begin();
	arrive(200);
	CU_ASSERT_EQUAL(gather_due(&g, 101, now_ms), 100);
	gather_sent(&g, now_ms);
	CU_ASSERT_EQUAL(gather_due(&g, 1, now_ms), 0);
	/* a full batch does not wait for the answer to the batch before */
	CU_ASSERT_EQUAL(gather_due(&g, 100, now_ms), 100);
	gather_sent(&g, now_ms);
	gather_answered(&g);
	gather_answered(&g);
	CU_ASSERT_EQUAL(gather_due(&g, 1, now_ms + limits.wait_ms - 1), 0);
	CU_ASSERT_EQUAL(gather_due(&g, 1, now_ms + limits.wait_ms), 1);
}

static void
after_a_storm_look_ups_are_sent_at_once_again(void)
{
	begin();
	arrive(10000);
	gather_sent(&g, now_ms);
	gather_answered(&g);
	CU_ASSERT_EQUAL(gather_due(&g, 1, now_ms + 10), 0);
	now_ms += 1200;
	one_round_trip();
	arrive(1);
	CU_ASSERT_EQUAL(gather_due(&g, 1, now_ms), 1);
}

static CU_TestInfo cases[] = {
    {"a single look-up is sent at once", a_single_look_up_is_sent_at_once},
    {"a look-up that arrives during a statement waits for its answer",
	a_look_up_that_arrives_during_a_statement_waits_for_its_answer},
    {"many look-ups go into few statements", many_look_ups_go_into_few_statements},
    {"one look-up beyond the limit makes a second statement",
	one_look_up_beyond_the_limit_makes_a_second_statement},
    {"after a storm look-ups are sent at once again",
	after_a_storm_look_ups_are_sent_at_once_again},
    CU_TEST_INFO_NULL,
};
CUNIT_MAIN("push/gather", cases)
