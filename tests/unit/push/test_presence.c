/* Presence with a fake Redis and a clock that the test moves: devices, coalesced changes,
 * channels, losses. */
#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"
#include "presence_rig.h"

#include "core/banned.h"

static void
test_snapshot(void)
{
	struct fake_conn *a, *b;

	prig_begin();
	a = prig_join(0);
	prig_settle();
	b = prig_join(1);
	prig_settle();
	prig_pass(1000);
	/* each client learns the other's status once, by the snapshot or by a change, and
	 * its own by the snapshot only */
	CU_ASSERT_EQUAL(prig_frames(a, "presence_snapshot"), 1);
	CU_ASSERT_EQUAL(prig_frames(b, "presence_snapshot"), 1);
	CU_ASSERT_EQUAL(prig_told(a, 1, PRESENCE_ONLINE), 1);
	CU_ASSERT_EQUAL(prig_told(a, 0, PRESENCE_ONLINE), 0);
	CU_ASSERT_EQUAL(prig_told(b, 0, PRESENCE_ONLINE), 0);
	CU_ASSERT_EQUAL(prig_told(b, 1, PRESENCE_ONLINE), 0);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(prig_tapes[b - fake_conns].lines[0], prig_out.users[0].text));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(prig_tapes[b - fake_conns].lines[0], prig_out.users[1].text));
	prig_end();
}

/* A list of statuses may be older than a change that the topic has delivered, because
 * Redis answers on one connection and publishes on another. */
static void
test_older_list(void)
{
	char topic[ES_TOPIC_MAX], data[200];
	struct fake_conn *a;

	prig_begin();
	a = prig_join(0);
	prig_settle();
	prig_pass(1000);
	(void)snprintf(topic, sizeof(topic), "es:t:%s:p", OUT_TENANT);
	(void)snprintf(data, sizeof(data), "{\"userId\":\"%s\",\"status\":\"online\"}",
	    prig_out.users[1].text);
	presence_subscribed(
	    prig_worker.presence, topic); /* the worker asks for the list again */
	presence_message(prig_worker.presence, topic, data, strlen(data));
	prig_pass(1000);
	CU_ASSERT_EQUAL(prig_told(a, 1, PRESENCE_ONLINE), 1);
	CU_ASSERT_EQUAL(prig_told(a, 1, PRESENCE_OFFLINE), 0);
	/* a change that came before the question does not override the answer */
	presence_subscribed(prig_worker.presence, topic);
	prig_pass(2000);
	CU_ASSERT_EQUAL(prig_told(a, 1, PRESENCE_OFFLINE), 1);
	prig_end();
}

/* The worker counts unreadable messages, and logs at most one a minute. */
static void
test_odd_change(void)
{
	static const char *const odd[] = {"", "{}",
	    "{\"userId\":\"x\",\"status\":\"online\"}",
	    "{\"userId\":\"01900000-0000-7000-8000-00000000a001\",\"status\":\"away\"}"};
	char topic[ES_TOPIC_MAX];

	prig_begin();
	(void)prig_join(0);
	prig_settle();
	(void)snprintf(topic, sizeof(topic), "es:t:%s:p", OUT_TENANT);
	presence_message(prig_worker.presence, topic, odd[0], 0);
	CU_ASSERT_EQUAL(prig_worker.presence->unreadable.n, 0); /* logged */
	for (unsigned i = 0; i < ES_COUNT(odd); i++)
		presence_message(prig_worker.presence, topic, odd[i], strlen(odd[i]));
	CU_ASSERT_EQUAL(prig_worker.presence->unreadable.n, ES_COUNT(odd));
	prig_end();
}

static void
test_hold(void)
{
	struct fake_conn *a, *w;

	prig_begin();
	w = prig_join(1);
	prig_settle();
	a = prig_join(0);
	prig_settle();
	prig_pass(1000);
	fake_conn_closed(a);
	prig_pass(14000);
	CU_ASSERT_EQUAL(prig_told(w, 0, PRESENCE_OFFLINE), 0);
	a = prig_join(0); /* back before the grace time ends: no reader sees a change */
	prig_pass(20000);
	CU_ASSERT_EQUAL(prig_told(w, 0, PRESENCE_OFFLINE), 0);
	CU_ASSERT_EQUAL(prig_told(w, 0, PRESENCE_ONLINE), 1);
	fake_conn_closed(a);
	prig_pass(16000);
	CU_ASSERT_EQUAL(prig_told(w, 0, PRESENCE_OFFLINE), 1);
	CU_ASSERT_EQUAL(presence_fake_get(prig_out.users[0].text), PRESENCE_OFFLINE);
	CU_ASSERT_EQUAL(prig_worker.presence->users.n, 1);
	prig_end();
}

static void
test_devices(void)
{
	struct fake_conn *a, *b, *w;

	prig_begin();
	w = prig_join(1);
	a = prig_join(0);
	b = prig_join(0);
	prig_settle();
	presence_choose(prig_worker.presence, &a->conn, PRESENCE_IDLE);
	prig_pass(1000);
	CU_ASSERT_EQUAL(presence_fake_get(prig_out.users[0].text), PRESENCE_ONLINE);
	presence_choose(prig_worker.presence, &b->conn, PRESENCE_OFFLINE);
	prig_pass(1000);
	CU_ASSERT_EQUAL(prig_told(w, 0, PRESENCE_IDLE), 1);
	presence_choose(prig_worker.presence, &a->conn, PRESENCE_OFFLINE);
	prig_pass(1000);
	CU_ASSERT_EQUAL(prig_told(w, 0, PRESENCE_OFFLINE), 1); /* invisible */
	presence_choose(prig_worker.presence, &b->conn, PRESENCE_ONLINE);
	prig_pass(1000);
	CU_ASSERT_EQUAL(presence_fake_get(prig_out.users[0].text), PRESENCE_ONLINE);
	fake_conn_closed(b);
	prig_pass(1000); /* the invisible device is left */
	CU_ASSERT_EQUAL(presence_fake_get(prig_out.users[0].text), PRESENCE_OFFLINE);
	prig_end();
}

static void
test_idle(void)
{
	struct fake_conn *a, *w;

	prig_begin();
	prig_worker.presence->limits.idle_ms = 20000;
	prig_worker.presence->limits.hold_ms = 3000;
	w = prig_join(1), a = prig_join(0);
	prig_pass(19000);
	CU_ASSERT_EQUAL(prig_told(w, 0, PRESENCE_IDLE), 0);
	prig_pass(6000);
	CU_ASSERT_EQUAL(prig_told(w, 0, PRESENCE_IDLE), 1);
	a->conn.last_frame_ms = prig_worker.env.now_ms;
	prig_pass(6000);
	CU_ASSERT_EQUAL(prig_told(w, 0, PRESENCE_ONLINE), 2);
	fake_conn_closed(a);
	prig_pass(2500);
	CU_ASSERT_EQUAL(prig_told(w, 0, PRESENCE_OFFLINE), 0);
	prig_pass(1500);
	CU_ASSERT_EQUAL(prig_told(w, 0, PRESENCE_OFFLINE), 1);
	prig_end();
}

/* A user who comes and goes between two ticks causes no frame. */
static void
test_merged(void)
{
	struct fake_conn *w;
	const char *stranger = prig_out.users[2].text;

	prig_begin();
	w = prig_join(1);
	prig_settle();
	prig_pass(2000);
	presence_fake_set(&prig_out, stranger, PRESENCE_ONLINE);
	out_drain(&prig_out);
	presence_fake_set(&prig_out, stranger, PRESENCE_OFFLINE);
	out_drain(&prig_out);
	prig_pass(1000);
	CU_ASSERT_EQUAL(prig_frames(w, "\"type\":\"presence\""), 0);
	for (unsigned i = 0; i < 7; i++) {
		presence_fake_set(
		    &prig_out, stranger, i % 2 ? PRESENCE_IDLE : PRESENCE_ONLINE);
		out_drain(&prig_out);
	}
	prig_pass(1000);
	CU_ASSERT_EQUAL(prig_frames(w, "\"type\":\"presence\""), 1);
	CU_ASSERT_EQUAL(prig_told(w, 2, PRESENCE_ONLINE), 1);
	prig_end();
}

/* Redis has lost its data, or the worker's lease has ended: the worker reports all its
 * users again. */
static void
test_forgotten(void)
{
	struct fake_conn *w;

	prig_begin();
	(void)prig_join(0);
	w = prig_join(1);
	prig_settle();
	prig_pass(6000);
	n_seen = 0; /* FLUSHALL */
	lease_known = false;
	prig_pass(6000);
	CU_ASSERT_EQUAL(presence_fake_get(prig_out.users[0].text), PRESENCE_ONLINE);
	CU_ASSERT_EQUAL(presence_fake_get(prig_out.users[1].text), PRESENCE_ONLINE);
	CU_ASSERT_TRUE(n_leases >= 2);
	/* away for a while, then back */
	presence_away = true;
	(void)prig_join(2);
	prig_pass(3000);
	CU_ASSERT_EQUAL(presence_fake_get(prig_out.users[2].text), PRESENCE_OFFLINE);
	presence_away = false;
	presence_redis_state(prig_worker.presence, true);
	prig_pass(6000);
	CU_ASSERT_EQUAL(presence_fake_get(prig_out.users[2].text), PRESENCE_ONLINE);
	CU_ASSERT_EQUAL(prig_told(w, 2, PRESENCE_ONLINE), 1);
	/* the worker finds a change whose message was lost when it compares the list */
	out_cut(&prig_out);
	presence_fake_set(&prig_out, prig_out.users[2].text, PRESENCE_IDLE);
	out_restored(&prig_out);
	prig_pass(1000);
	CU_ASSERT_EQUAL(prig_told(w, 2, PRESENCE_IDLE), 1);
	prig_end();
}

static CU_TestInfo cases[] = {
    {"a change that can't be read is counted", test_odd_change},
    {"a snapshot after hello, changes after that", test_snapshot},
    {"an answer does not override a later change", test_older_list},
    {"offline is held back for 15 s", test_hold},
    {"of several devices the liveliest counts", test_devices},
    {"idle, then offline, after the times that are set", test_idle},
    {"changes are merged", test_merged},
    {"statuses that Redis lost are reported again", test_forgotten},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/presence", cases)
