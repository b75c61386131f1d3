/* Tests when look-ups are sent: immediately while few arrive, in one statement while many
 * arrive. */
#include "core/gather.h"
#include "cunit_main.h"

#include "core/banned.h"

#define BATCH 1000

static struct gather g;
static int64_t now_ms;
static size_t waiting;
static unsigned statements, longest_ms;
static int64_t since_ms; /* when the first waiting look-up arrived */

static void
begin_with(const struct gather_limits *limits)
{
	now_ms = 1000000;
	waiting = 0;
	statements = longest_ms = 0;
	gather_init(&g, limits);
}

static void
begin(void)
{
	begin_with(&(struct gather_limits){.batch = BATCH});
}

static void
arrive(unsigned n)
{
	for (; n > 0; n--)
		gather_count_arrival(&g, now_ms);
}

/* Runs one turn of an event loop, in which n look-ups arrive. Each statement is answered
 * immediately. */
static void
turn(unsigned n)
{
	size_t due;

	arrive(n);
	since_ms = waiting == 0 ? now_ms : since_ms;
	waiting += n;
	while ((due = gather_due(&g, waiting, now_ms)) > 0) {
		gather_sent(&g, now_ms);
		gather_answered(&g);
		waiting -= due;
		statements++;
		if (now_ms - since_ms > longest_ms)
			longest_ms = (unsigned)(now_ms - since_ms);
	}
	CU_ASSERT_TRUE(gather_due_ms(&g) > now_ms);
	CU_ASSERT_EQUAL(gather_due_ms(&g) == INT64_MAX, waiting == 0);
}

/* Lets per_s look-ups a second arrive at an even rate, for `ms` ms. */
static void
stream(unsigned per_s, unsigned ms)
{
	for (unsigned i = 0, n = 0; i < ms; i++, now_ms++) {
		const unsigned until = (i + 1) * per_s / 1000;

		turn(until - n);
		n = until;
	}
}

/* Lets 200 ms pass without arrivals, so that the last look-ups are sent. */
static void
rest(void)
{
	for (unsigned i = 0; i < 200; i++, now_ms++)
		turn(0);
	CU_ASSERT_EQUAL(waiting, 0);
}

static void
a_single_look_up_is_sent_at_once(void)
{
	begin();
	for (unsigned i = 0; i < 200; i++) {
		CU_ASSERT_EQUAL(gather_due(&g, 0, now_ms), 0);
		arrive(1);
		CU_ASSERT_EQUAL(gather_due(&g, 1, now_ms), 1);
		gather_sent(&g, now_ms);
		now_ms += 3;
		gather_answered(&g);
		now_ms += 1000 / GATHER_CALM;
	}
	CU_ASSERT_EQUAL(gather_due(&g, 0, now_ms), 0);
	CU_ASSERT_EQUAL(gather_due_ms(&g), INT64_MAX);
}

static void
look_ups_that_arrive_during_a_statement_go_together(void)
{
	begin();
	arrive(1);
	CU_ASSERT_EQUAL(gather_due(&g, 1, now_ms), 1);
	gather_sent(&g, now_ms);
	for (size_t n = 1; n <= 3; n++) {
		now_ms++;
		arrive(1);
		CU_ASSERT_EQUAL(gather_due(&g, n, now_ms), 0);
	}
	gather_answered(&g);
	CU_ASSERT_EQUAL(gather_due(&g, 3, now_ms), 3);
}

static void
a_statement_without_an_answer_holds_the_next_one_up_for_a_pause(void)
{
	begin();
	arrive(1);
	CU_ASSERT_EQUAL(gather_due(&g, 1, now_ms), 1);
	gather_sent(&g, now_ms);
	arrive(2);
	CU_ASSERT_EQUAL(gather_due(&g, 2, now_ms), 0);
	CU_ASSERT_EQUAL(gather_due_ms(&g), now_ms + GATHER_PAUSE_MS);
	now_ms += GATHER_PAUSE_MS - 1;
	CU_ASSERT_EQUAL(gather_due(&g, 2, now_ms), 0);
	now_ms++;
	CU_ASSERT_EQUAL(gather_due(&g, 2, now_ms), 2);
	gather_sent(&g, now_ms);
	/* the answer to one of two statements is no reason to send a third */
	gather_answered(&g);
	CU_ASSERT_EQUAL(gather_due(&g, 1, now_ms + 1), 0);
	gather_answered(&g);
	CU_ASSERT_EQUAL(gather_due(&g, 1, now_ms + 1), 1);
}

static void
one_look_up_beyond_the_limit_makes_a_second_statement(void)
{
	begin();
	arrive(BATCH + 1);
	CU_ASSERT_EQUAL(gather_due(&g, BATCH + 1, now_ms), BATCH);
	gather_sent(&g, now_ms);
	CU_ASSERT_EQUAL(gather_due(&g, 1, now_ms), 0);
	/* a full batch does not wait for the answer to the batch before */
	CU_ASSERT_EQUAL(gather_due(&g, BATCH, now_ms), BATCH);
}

/* Above GATHER_CALM no look-up waits longer than GATHER_WAIT_MS. */
static void
many_look_ups_wait_for_each_other(void)
{
	begin();
	stream(250, 10000);
	rest();
	CU_ASSERT_EQUAL(longest_ms, GATHER_WAIT_MS);
	CU_ASSERT_TRUE(statements <= 10000 / GATHER_WAIT_MS + GATHER_CALM);
	CU_ASSERT_FALSE(g.storm);
}

static void
a_pause_of_the_arrivals_ends_the_wait(void)
{
	begin();
	now_ms += 10;
	turn(GATHER_CALM);
	CU_ASSERT_EQUAL(waiting, GATHER_CALM);
	CU_ASSERT_EQUAL(gather_due_ms(&g), now_ms + GATHER_PAUSE_MS);
	now_ms += GATHER_PAUSE_MS - 1;
	turn(0);
	CU_ASSERT_EQUAL(waiting, GATHER_CALM);
	now_ms++;
	turn(0);
	CU_ASSERT_EQUAL(waiting, 0);
	CU_ASSERT_EQUAL(statements, 1);
}

static void
many_at_a_time_go_at_once(void)
{
	begin();
	turn(GATHER_MANY - 1);
	CU_ASSERT_EQUAL(waiting, GATHER_MANY - 1);
	turn(1);
	CU_ASSERT_EQUAL(waiting, 0);
	/* while a statement is under way, many look-ups wait, too */
	gather_sent(&g, now_ms);
	arrive(GATHER_MANY);
	CU_ASSERT_EQUAL(gather_due(&g, GATHER_MANY, now_ms), 0);
	gather_answered(&g);
	CU_ASSERT_EQUAL(gather_due(&g, GATHER_MANY, now_ms), GATHER_MANY);
}

/* 5,000 clients of a worker reconnect at the advised rate. Each client needs a look-up of
 * each of two kinds, so one statement for 40 arrivals of a kind makes one statement for
 * 20 sockets. */
static void
a_storm_costs_one_statement_for_forty_arrivals(void)
{
	begin();
	stream(500, 10000);
	rest();
	CU_ASSERT_TRUE(statements <= 5000 / 40);
	CU_ASSERT_EQUAL(longest_ms, GATHER_STORM_WAIT_MS);
}

/* The arrivals slow down from 1,000 to 20 a second. The storm is over only when the rate
 * falls to GATHER_CALM. */
static void
a_storm_that_fades_costs_no_more(void)
{
	begin();
	for (unsigned per_s = 1000; per_s >= 20; per_s -= 20)
		stream(per_s, 200);
	rest();
	CU_ASSERT_TRUE(statements <= 5100 / 40);
}

static void
after_a_storm_look_ups_are_sent_at_once_again(void)
{
	begin();
	arrive(10000);
	CU_ASSERT_TRUE(g.storm);
	gather_sent(&g, now_ms);
	gather_answered(&g);
	CU_ASSERT_EQUAL(gather_due(&g, 1, now_ms), 0);
	for (unsigned i = 0; i < 1000; i++)
		(void)gather_due(&g, 0, now_ms++);
	arrive(1);
	CU_ASSERT_FALSE(g.storm);
	CU_ASSERT_EQUAL(gather_due(&g, 1, now_ms), 1);
}

/* Hurried look-ups are those that a client's message waits for. */
static void
hurried_look_ups_never_wait_for_others(void)
{
	begin_with(&(struct gather_limits){.batch = BATCH, .hurried = true});
	arrive(10000);
	CU_ASSERT_EQUAL(gather_due(&g, 1, now_ms), 1);
	gather_sent(&g, now_ms);
	CU_ASSERT_EQUAL(gather_due(&g, 1, now_ms), 0);
	gather_answered(&g);
	CU_ASSERT_EQUAL(gather_due(&g, 1, now_ms), 1);
}

static CU_TestInfo cases[] = {
    {"a single look-up is sent at once", a_single_look_up_is_sent_at_once},
    {"look-ups that arrive during a statement are sent together",
	look_ups_that_arrive_during_a_statement_go_together},
    {"a statement without an answer holds the next one up for a pause",
	a_statement_without_an_answer_holds_the_next_one_up_for_a_pause},
    {"one look-up beyond the limit makes a second statement",
	one_look_up_beyond_the_limit_makes_a_second_statement},
    {"many look-ups wait for each other", many_look_ups_wait_for_each_other},
    {"a pause of the arrivals ends the wait", a_pause_of_the_arrivals_ends_the_wait},
    {"GATHER_MANY look-ups in one turn are sent at once", many_at_a_time_go_at_once},
    {"a storm costs one statement for forty arrivals",
	a_storm_costs_one_statement_for_forty_arrivals},
    {"a storm that fades costs no more", a_storm_that_fades_costs_no_more},
    {"after a storm look-ups are sent at once again",
	after_a_storm_look_ups_are_sent_at_once_again},
    {"hurried look-ups never wait for others", hurried_look_ups_never_wait_for_others},
    CU_TEST_INFO_NULL,
};
CUNIT_MAIN("core/gather", cases)
