/* At most half of the workers may wait for a commit, and only the probe while commits
 * stall. The seat of a dead worker is freed. */
#include "cunit_main.h"
#include "send/send_gate.h"

#include "core/banned.h"

static struct send_gate *
gate(unsigned workers)
{
	struct send_gate *g = NULL;
	struct es_err err;

	CU_ASSERT_EQUAL_FATAL(send_gate_open(workers, &g, &err), ES_OK);
	return g;
}

static void
half(void)
{
	struct send_gate *g = gate(4);

	CU_ASSERT_TRUE(send_gate_enter(g, 0, 0));
	CU_ASSERT_TRUE(send_gate_enter(g, 1, 0));
	CU_ASSERT_FALSE(send_gate_enter(g, 2, 0));
	send_gate_leave(g, 0, true);
	CU_ASSERT_TRUE(send_gate_enter(g, 2, 0));
	send_gate_close(&g);
	CU_ASSERT_PTR_NULL(g);
	g = gate(1);
	CU_ASSERT_TRUE(send_gate_enter(g, 0, 0));
	send_gate_close(&g);
}

static void
dead_workers(void)
{
	struct send_gate *g = gate(2);

	CU_ASSERT_TRUE(send_gate_enter(g, 0, 0));
	CU_ASSERT_FALSE(send_gate_enter(g, 1, 0));
	send_gate_free_seat(g, 1);
	CU_ASSERT_FALSE(send_gate_enter(g, 1, 0));
	send_gate_free_seat(g, 0);
	CU_ASSERT_TRUE(send_gate_enter(g, 1, 0));
	send_gate_close(&g);
}

static void
stalled(void)
{
	struct send_gate *g = gate(4);
	const int64_t now = 1000000;

	for (int i = 0; i < SEND_GATE_TIMEOUTS; i++) {
		CU_ASSERT_TRUE(send_gate_enter(g, 0, now));
		send_gate_leave(g, 0, false);
	}
	/* One send is the probe. Until the next probe is due, no other send may wait. */
	CU_ASSERT_TRUE(send_gate_enter(g, 0, now));
	CU_ASSERT_FALSE(send_gate_enter(g, 1, now));
	send_gate_leave(g, 0, false);
	CU_ASSERT_FALSE(send_gate_enter(g, 0, now + SEND_GATE_PROBE_MS - 1));
	CU_ASSERT_TRUE(send_gate_enter(g, 0, now + SEND_GATE_PROBE_MS));
	send_gate_leave(g, 0, true);
	/* The probe was answered: sends wait as before, and no seat was lost. */
	CU_ASSERT_TRUE(send_gate_enter(g, 0, now));
	CU_ASSERT_TRUE(send_gate_enter(g, 1, now));
	CU_ASSERT_FALSE(send_gate_enter(g, 2, now));
	send_gate_close(&g);
}

static void
not_in_a_row(void)
{
	struct send_gate *g = gate(2);

	for (int i = 0; i < 3 * SEND_GATE_TIMEOUTS; i++) {
		CU_ASSERT_TRUE(send_gate_enter(g, 0, 0));
		send_gate_leave(g, 0, i % SEND_GATE_TIMEOUTS == SEND_GATE_TIMEOUTS - 1);
	}
	CU_ASSERT_TRUE(send_gate_enter(g, 0, 0));
	send_gate_close(&g);
}

static CU_TestInfo cases[] = {
    {"half of the workers may wait", half},
    {"a dead worker frees its seat", dead_workers},
    {"only the probe waits while commits stall", stalled},
    {"only consecutive time-outs count as a stall", not_in_a_row},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/send_gate", cases)
