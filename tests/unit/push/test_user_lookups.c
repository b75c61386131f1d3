/* The worker looks up users that arrive together by one statement, and each user gets its
 * own answer. */
#include <stdlib.h>

#include "cunit_main.h"
#include "rig.h"

#include "core/banned.h"

#define KNOWN   "01900000-0000-7000-8000-00000000a002"
#define UNKNOWN "01900000-0000-7000-8000-00000000a0ff"
#define MANY    52

/* A look-up that is under way holds the others back for GATHER_PAUSE_MS (20) only, and a
 * busy machine may take longer for one turn of the loop. So the worker's clock runs
 * twenty times slower than time. The linker puts this function in the place of the real
 * one. */
int64_t __real_clock_mono_ms(void); /* NOLINT(bugprone-reserved-identifier) */
int64_t __wrap_clock_mono_ms(void); /* NOLINT(bugprone-reserved-identifier) */

int64_t
__wrap_clock_mono_ms(void) /* NOLINT(bugprone-reserved-identifier) */
{
	static int64_t start_ms;
	const int64_t now_ms = __real_clock_mono_ms();

	if (start_ms == 0)
		start_ms = now_ms;
	return start_ms + (now_ms - start_ms) / 20;
}

static struct rig rig;
static struct client *clients; /* MANY of them, 1 MB each */
static struct got got;

/* Connects the first client and leaves its look-up under way, so that the look-ups of
 * later clients wait. */
static void
up(void)
{
	clients = calloc(MANY, sizeof(*clients));
	rig_up(&rig);
	fakes.hold = true;
	rig_client_as(&rig, &clients[0], KNOWN);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.lookups, 1);
}

static void
down(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		client_close(&clients[i]);
	rig_turn(&rig);
	rig_down(&rig);
	free(clients);
}

static bool
got_hello(unsigned i)
{
	return rig_expect(&rig, &clients[i], "\"type\":\"hello\"", &got);
}

static void
two_users_are_one_statement(void)
{
	up();
	rig_client_as(&rig, &clients[1], KNOWN);
	rig_client_as(&rig, &clients[2], KNOWN);
	rig_turn(&rig);
	/* On a slow machine GATHER_PAUSE_MS may be over, and the second statement sent.
	 */
	CU_ASSERT_TRUE(fakes.lookups <= 2);
	fakes.hold = false;
	for (unsigned i = 0; i < 3; i++)
		CU_ASSERT_TRUE(got_hello(i));
	CU_ASSERT_EQUAL(fakes.lookups, 2);
	CU_ASSERT_EQUAL(fakes.users, 3);
	CU_ASSERT_EQUAL(fakes.epochs, 3); /* the hub receives the epoch of each answer */
	down(3);
}

static void
an_unknown_user_does_not_affect_the_others(void)
{
	up();
	fakes.unknown_user = UNKNOWN;
	rig_client_as(&rig, &clients[1], UNKNOWN);
	rig_client_as(&rig, &clients[2], KNOWN);
	rig_turn(&rig);
	fakes.hold = false;
	CU_ASSERT_EQUAL(rig_close_code(&rig, &clients[1]), CLOSE_BAD_TOKEN);
	CU_ASSERT_TRUE(got_hello(2));
	CU_ASSERT_EQUAL(fakes.lookups, 2);
	CU_ASSERT_EQUAL(fakes.opened, 2);
	down(3);
}

static void
a_closed_client_is_dropped(void)
{
	up();
	rig_client_as(&rig, &clients[1], KNOWN);
	rig_client_as(&rig, &clients[2], KNOWN);
	rig_turn(&rig);
	client_close(&clients[0]); /* its look-up is under way */
	client_close(&clients[1]); /* its look-up waits for the next statement */
	rig_turn(&rig);
	CU_ASSERT_EQUAL(rig.worker.conns.n, 1);
	fakes.hold = false;
	CU_ASSERT_TRUE(got_hello(2));
	CU_ASSERT_EQUAL(
	    fakes.users, 2); /* the worker does not look the user of clients[1] up */
	CU_ASSERT_EQUAL(fakes.opened, 1);
	client_close(&clients[2]);
	down(0);
}

static void
all_are_asked_for_again_when_the_database_was_away(void)
{
	up();
	fakes.pg_down = true;
	rig_client_as(&rig, &clients[1], KNOWN);
	fakes.hold = false;
	rig_turn(&rig); /* the first statement fails in flight, the second before the
	                   worker sends it */
	CU_ASSERT_EQUAL(fakes.opened, 0);
	fakes.pg_down = false;
	rig_second(&rig);
	CU_ASSERT_TRUE(got_hello(0));
	CU_ASSERT_TRUE(got_hello(1));
	CU_ASSERT_EQUAL(fakes.lookups, 2);
	down(2);
}

static void
one_more_than_the_limit_makes_two_statements(void)
{
	up();
	CU_ASSERT_EQUAL(rig.conf.lookup_batch, MANY - 2);
	for (unsigned i = 1; i < MANY; i++)
		rig_client_as(&rig, &clients[i], KNOWN);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.lookups, 2); /* the first statement, and a full one */
	CU_ASSERT_EQUAL(fakes.users, MANY - 1);
	fakes.hold = false;
	for (unsigned i = 0; i < MANY; i++)
		CU_ASSERT_TRUE(got_hello(i));
	CU_ASSERT_EQUAL(fakes.lookups, 3);
	down(MANY);
}

static CU_TestInfo cases[] = {
    {"one statement looks two users up", two_users_are_one_statement},
    {"an unknown user does not affect the others",
	an_unknown_user_does_not_affect_the_others},
    {"a client that has closed is dropped", a_closed_client_is_dropped},
    {"all users are looked up again after an outage",
	all_are_asked_for_again_when_the_database_was_away},
    {"one more than the limit makes two statements",
	one_more_than_the_limit_makes_two_statements},
    CU_TEST_INFO_NULL,
};
CUNIT_MAIN("push/lookups", cases)
