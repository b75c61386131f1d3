/* When the hub sends its questions for rights, on a clock that the test moves. The loop
 * is simulated: the hub turns when something happens, and at env.wake_ms. */
#include "core/check.h"
#include "core/gather.h"
#include "cunit_main.h"
#include "hub/authz.h"
#include "hub_rig.h"

#include "core/banned.h"

static void
turn(void)
{
	worker.env.wake_ms = INT64_MAX;
	while (hub_turn(worker.hub))
		;
}

/* Lets ms milliseconds pass. The hub turns only at the time that it has asked for. */
static void
sleep_ms(int64_t ms)
{
	for (const int64_t end_ms = worker.env.now_ms + ms; worker.env.now_ms < end_ms;) {
		worker.env.now_ms++;
		if (worker.env.now_ms >= worker.env.wake_ms)
			turn();
	}
}

/* Starts a hub with a subscriber of public channel 0, so that the channel's topic is
 * confirmed. The fake counts a statement when the hub sends it. */
static void
begin(void)
{
	hub_begin(NULL);
	hub_subscribe(hub_join(0), 0, -1);
	hub_deliver_all();
	worker.env.now_ms += 1000;
	turn();
	out.authorisations = out.rights = 0;
	out.faults.stale = 100;
}

static struct fake_conn *
subscribe(void)
{
	struct fake_conn *f = hub_join(1);

	hub_subscribe(f, 0, -1);
	turn();
	return f;
}

static void
test_the_first_goes_at_once(void)
{
	begin();
	subscribe();
	CU_ASSERT_EQUAL(out.authorisations, 1);
	subscribe();
	subscribe();
	CU_ASSERT_EQUAL(out.authorisations, 1);
	out_deliver_all(&out);
	turn();
	CU_ASSERT_EQUAL(out.authorisations, 2);
	CU_ASSERT_EQUAL(out.rights, 3);
	hub_deliver_all();
	hub_end();
}

static void
test_a_statement_without_an_answer(void)
{
	begin();
	subscribe();
	subscribe();
	CU_ASSERT_EQUAL(worker.env.wake_ms, worker.env.now_ms + GATHER_PAUSE_MS);
	sleep_ms(GATHER_PAUSE_MS - 1);
	CU_ASSERT_EQUAL(out.authorisations, 1);
	sleep_ms(1);
	CU_ASSERT_EQUAL(out.authorisations, 2);
	CU_ASSERT_EQUAL(worker.env.wake_ms, INT64_MAX);
	hub_deliver_all();
	hub_end();
}

/* Fifty clients subscribe, one every 2 ms. */
static void
test_many_share_statements(void)
{
	struct fake_conn *f[50];

	begin();
	for (unsigned i = 0; i < ES_COUNT(f); i++) {
		f[i] = subscribe();
		out_deliver_all(&out);
		sleep_ms(2);
	}
	sleep_ms(GATHER_PAUSE_MS);
	CU_ASSERT_EQUAL(out.rights, ES_COUNT(f));
	/* at first statements without a wait, then one statement for each wait */
	CU_ASSERT_TRUE(out.authorisations <= GATHER_CALM / 4 + 100 / GATHER_WAIT_MS + 1);
	hub_deliver_all();
	for (unsigned i = 0; i < ES_COUNT(f); i++)
		CU_ASSERT_EQUAL(hub_count(f[i], "\"type\":\"ack\""), 1);
	hub_end();
}

/* A failed statement is repeated for all of its subscribers. */
static void
test_an_error_is_for_all(void)
{
	struct fake_conn *f[3];

	begin();
	f[0] = subscribe();
	f[1] = subscribe();
	f[2] = subscribe();
	out_deliver_all(&out);
	out.faults.fail = 100;
	turn();
	out_deliver_all(&out);
	turn();
	CU_ASSERT_EQUAL(worker.env.wake_ms, INT64_MAX); /* hub_tick() repeats it */
	CU_ASSERT_EQUAL(hub_count(f[0], "\"type\":\"ack\""), 1);
	CU_ASSERT_EQUAL(hub_count(f[1], "\"type\":\"ack\""), 0);
	out.faults.fail = 0;
	hub_advance(250);
	CU_ASSERT_EQUAL(hub_count(f[1], "\"type\":\"ack\""), 1);
	CU_ASSERT_EQUAL(hub_count(f[2], "\"type\":\"ack\""), 1);
	hub_end();
}

static void
count_unavailable(void *ctx, enum es_code rc, const struct es_err *err)
{
	(void)err;
	*(unsigned *)ctx += rc == ES_UNAVAILABLE;
}

/* A sender's message waits for the answer, so the worker never waits for other senders.
 */
static void
test_senders_do_not_wait_for_each_other(void)
{
	struct fake_conn *f;
	unsigned refused = 0;

	begin();
	f = hub_join(1);
	for (unsigned i = 1; i < OUT_CHANNELS; i++) {
		authz_check(worker.hub, &f->conn, &out.channels[i].id, count_unavailable,
		    &refused);
		turn();
		CU_ASSERT_EQUAL(out.authorisations, i);
		out_deliver_all(&out);
	}
	/* but two statements under way are a pause apart, and share their error */
	out.faults.fail = 100;
	worker.env.now_ms += hub_limits_default.rights_keep_ms + 1;
	for (unsigned i = 1; i < 4; i++) {
		authz_check(worker.hub, &f->conn, &out.channels[i].id, count_unavailable,
		    &refused);
		turn();
	}
	CU_ASSERT_EQUAL(worker.env.wake_ms, worker.env.now_ms + GATHER_PAUSE_MS);
	sleep_ms(GATHER_PAUSE_MS);
	CU_ASSERT_EQUAL(worker.env.wake_ms, INT64_MAX);
	out_deliver_all(&out);
	CU_ASSERT_EQUAL(refused, 3);
	hub_deliver_all();
	hub_end();
}

static CU_TestInfo cases[] = {
    {"sends the first question immediately, the next ones together",
	test_the_first_goes_at_once},
    {"a question does not wait for ever for the answer to another one",
	test_a_statement_without_an_answer},
    {"many subscribers share statements", test_many_share_statements},
    {"the error of a statement is for all of its subscribers", test_an_error_is_for_all},
    {"senders do not wait for each other", test_senders_do_not_wait_for_each_other},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/rights_gather", cases)
