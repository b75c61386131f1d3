/* Presence with a fake Redis and a clock that the test moves: several connections of a
 * user, coalesced changes, lost messages. */
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

	presence_rig_begin();
	a = presence_rig_join(0);
	presence_rig_deliver_all();
	b = presence_rig_join(1);
	presence_rig_deliver_all();
	presence_rig_advance(1000);
	/* each client learns the other client's status once, by the snapshot or by a
	 * change, and its own status only by the snapshot */
	CU_ASSERT_EQUAL(presence_rig_frames(a, "presence_snapshot"), 1);
	CU_ASSERT_EQUAL(presence_rig_frames(b, "presence_snapshot"), 1);
	CU_ASSERT_EQUAL(presence_rig_changes(a, 1, PRESENCE_ONLINE), 1);
	CU_ASSERT_EQUAL(presence_rig_changes(a, 0, PRESENCE_ONLINE), 0);
	CU_ASSERT_EQUAL(presence_rig_changes(b, 0, PRESENCE_ONLINE), 0);
	CU_ASSERT_EQUAL(presence_rig_changes(b, 1, PRESENCE_ONLINE), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(
	    presence_rig_tapes[b - fake_conns].lines[0], presence_rig_out.users[0].text));
	CU_ASSERT_PTR_NOT_NULL(strstr(
	    presence_rig_tapes[b - fake_conns].lines[0], presence_rig_out.users[1].text));
	presence_rig_end();
}

/* A list of statuses may be older than a change that the topic has delivered, because
 * Redis answers on one connection and publishes on another. */
static void
test_older_list(void)
{
	char topic[ES_TOPIC_MAX], data[200];
	struct fake_conn *a;

	presence_rig_begin();
	a = presence_rig_join(0);
	presence_rig_deliver_all();
	presence_rig_advance(1000);
	(void)snprintf(topic, sizeof(topic), "es:t:%s:p", OUT_TENANT);
	(void)snprintf(data, sizeof(data), "{\"userId\":\"%s\",\"status\":\"online\"}",
	    presence_rig_out.users[1].text);
	presence_subscribed(
	    presence_rig_worker.presence, topic); /* the worker asks for the list again */
	presence_message(presence_rig_worker.presence, topic, data, strlen(data));
	presence_rig_advance(1000);
	CU_ASSERT_EQUAL(presence_rig_changes(a, 1, PRESENCE_ONLINE), 1);
	CU_ASSERT_EQUAL(presence_rig_changes(a, 1, PRESENCE_OFFLINE), 0);
	/* a change that came before the question does not override the answer */
	presence_subscribed(presence_rig_worker.presence, topic);
	presence_rig_advance(2000);
	CU_ASSERT_EQUAL(presence_rig_changes(a, 1, PRESENCE_OFFLINE), 1);
	presence_rig_end();
}

/* The worker counts unreadable messages, and logs at most one a minute. */
static void
test_odd_change(void)
{
	static const char *const odd[] = {"", "{}",
	    "{\"userId\":\"x\",\"status\":\"online\"}",
	    "{\"userId\":\"01900000-0000-7000-8000-00000000a001\",\"status\":\"away\"}"};
	char topic[ES_TOPIC_MAX];

	presence_rig_begin();
	(void)presence_rig_join(0);
	presence_rig_deliver_all();
	(void)snprintf(topic, sizeof(topic), "es:t:%s:p", OUT_TENANT);
	presence_message(presence_rig_worker.presence, topic, odd[0], 0);
	/* the worker has logged the first message */
	CU_ASSERT_EQUAL(presence_rig_worker.presence->unreadable.n, 0);
	for (unsigned i = 0; i < ES_COUNT(odd); i++)
		presence_message(
		    presence_rig_worker.presence, topic, odd[i], strlen(odd[i]));
	CU_ASSERT_EQUAL(presence_rig_worker.presence->unreadable.n, ES_COUNT(odd));
	presence_rig_end();
}

static void
test_offline_after_hold(void)
{
	struct fake_conn *a, *w;

	presence_rig_begin();
	w = presence_rig_join(1);
	presence_rig_deliver_all();
	a = presence_rig_join(0);
	presence_rig_deliver_all();
	presence_rig_advance(1000);
	fake_conn_closed(a);
	presence_rig_advance(14000);
	CU_ASSERT_EQUAL(presence_rig_changes(w, 0, PRESENCE_OFFLINE), 0);
	a = presence_rig_join(
	    0); /* back before the grace time ends: no reader sees a change */
	presence_rig_advance(20000);
	CU_ASSERT_EQUAL(presence_rig_changes(w, 0, PRESENCE_OFFLINE), 0);
	CU_ASSERT_EQUAL(presence_rig_changes(w, 0, PRESENCE_ONLINE), 1);
	fake_conn_closed(a);
	presence_rig_advance(16000);
	CU_ASSERT_EQUAL(presence_rig_changes(w, 0, PRESENCE_OFFLINE), 1);
	CU_ASSERT_EQUAL(
	    presence_fake_get(presence_rig_out.users[0].text), PRESENCE_OFFLINE);
	CU_ASSERT_EQUAL(presence_rig_worker.presence->users.n, 1);
	presence_rig_end();
}

static void
test_devices(void)
{
	struct fake_conn *a, *b, *w;

	presence_rig_begin();
	w = presence_rig_join(1);
	a = presence_rig_join(0);
	b = presence_rig_join(0);
	presence_rig_deliver_all();
	presence_choose(presence_rig_worker.presence, &a->conn, PRESENCE_IDLE);
	presence_rig_advance(1000);
	CU_ASSERT_EQUAL(
	    presence_fake_get(presence_rig_out.users[0].text), PRESENCE_ONLINE);
	presence_choose(presence_rig_worker.presence, &b->conn, PRESENCE_OFFLINE);
	presence_rig_advance(1000);
	CU_ASSERT_EQUAL(presence_rig_changes(w, 0, PRESENCE_IDLE), 1);
	presence_choose(presence_rig_worker.presence, &a->conn, PRESENCE_OFFLINE);
	presence_rig_advance(1000);
	/* the user is connected, but has chosen to look offline on both connections */
	CU_ASSERT_EQUAL(presence_rig_changes(w, 0, PRESENCE_OFFLINE), 1);
	presence_choose(presence_rig_worker.presence, &b->conn, PRESENCE_ONLINE);
	presence_rig_advance(1000);
	CU_ASSERT_EQUAL(
	    presence_fake_get(presence_rig_out.users[0].text), PRESENCE_ONLINE);
	fake_conn_closed(b);
	presence_rig_advance(1000); /* only the connection that looks offline is left */
	CU_ASSERT_EQUAL(
	    presence_fake_get(presence_rig_out.users[0].text), PRESENCE_OFFLINE);
	presence_rig_end();
}

static void
test_idle(void)
{
	struct fake_conn *a, *w;

	presence_rig_begin();
	presence_rig_worker.presence->limits.idle_ms = 20000;
	presence_rig_worker.presence->limits.hold_ms = 3000;
	w = presence_rig_join(1), a = presence_rig_join(0);
	presence_rig_advance(19000);
	CU_ASSERT_EQUAL(presence_rig_changes(w, 0, PRESENCE_IDLE), 0);
	presence_rig_advance(6000);
	CU_ASSERT_EQUAL(presence_rig_changes(w, 0, PRESENCE_IDLE), 1);
	a->conn.last_frame_ms = presence_rig_worker.env.now_ms;
	presence_rig_advance(6000);
	CU_ASSERT_EQUAL(presence_rig_changes(w, 0, PRESENCE_ONLINE), 2);
	fake_conn_closed(a);
	presence_rig_advance(2500);
	CU_ASSERT_EQUAL(presence_rig_changes(w, 0, PRESENCE_OFFLINE), 0);
	presence_rig_advance(1500);
	CU_ASSERT_EQUAL(presence_rig_changes(w, 0, PRESENCE_OFFLINE), 1);
	presence_rig_end();
}

/* A user who comes and goes between two ticks causes no frame. */
static void
test_merged(void)
{
	struct fake_conn *w;
	const char *user = presence_rig_out.users[2].text;

	presence_rig_begin();
	w = presence_rig_join(1);
	presence_rig_deliver_all();
	presence_rig_advance(2000);
	presence_fake_set(&presence_rig_out, user, PRESENCE_ONLINE);
	out_deliver_all(&presence_rig_out);
	presence_fake_set(&presence_rig_out, user, PRESENCE_OFFLINE);
	out_deliver_all(&presence_rig_out);
	presence_rig_advance(1000);
	CU_ASSERT_EQUAL(presence_rig_frames(w, "\"type\":\"presence\""), 0);
	for (unsigned i = 0; i < 7; i++) {
		presence_fake_set(
		    &presence_rig_out, user, i % 2 ? PRESENCE_IDLE : PRESENCE_ONLINE);
		out_deliver_all(&presence_rig_out);
	}
	presence_rig_advance(1000);
	CU_ASSERT_EQUAL(presence_rig_frames(w, "\"type\":\"presence\""), 1);
	CU_ASSERT_EQUAL(presence_rig_changes(w, 2, PRESENCE_ONLINE), 1);
	presence_rig_end();
}

/* Redis has lost its data, or the worker's lease has ended: the worker reports all its
 * users again. */
static void
test_lost_by_redis(void)
{
	struct fake_conn *w;

	presence_rig_begin();
	(void)presence_rig_join(0);
	w = presence_rig_join(1);
	presence_rig_deliver_all();
	presence_rig_advance(6000);
	n_seen = 0; /* Redis has lost its data */
	lease_known = false;
	presence_rig_advance(6000);
	CU_ASSERT_EQUAL(
	    presence_fake_get(presence_rig_out.users[0].text), PRESENCE_ONLINE);
	CU_ASSERT_EQUAL(
	    presence_fake_get(presence_rig_out.users[1].text), PRESENCE_ONLINE);
	CU_ASSERT_TRUE(n_leases >= 2);
	/* Redis is away for a while */
	presence_away = true;
	(void)presence_rig_join(2);
	presence_rig_advance(3000);
	CU_ASSERT_EQUAL(
	    presence_fake_get(presence_rig_out.users[2].text), PRESENCE_OFFLINE);
	presence_away = false;
	presence_redis_state(presence_rig_worker.presence, true);
	presence_rig_advance(6000);
	CU_ASSERT_EQUAL(
	    presence_fake_get(presence_rig_out.users[2].text), PRESENCE_ONLINE);
	CU_ASSERT_EQUAL(presence_rig_changes(w, 2, PRESENCE_ONLINE), 1);
	/* the worker finds a change whose message was lost when it compares the list */
	out_disconnect(&presence_rig_out);
	presence_fake_set(
	    &presence_rig_out, presence_rig_out.users[2].text, PRESENCE_IDLE);
	out_reconnect(&presence_rig_out);
	presence_rig_advance(1000);
	CU_ASSERT_EQUAL(presence_rig_changes(w, 2, PRESENCE_IDLE), 1);
	presence_rig_end();
}

static CU_TestInfo cases[] = {
    {"a change that can't be read is counted", test_odd_change},
    {"a snapshot after hello, changes after that", test_snapshot},
    {"an answer does not override a later change", test_older_list},
    {"a user is offline 15 s after the last connection", test_offline_after_hold},
    {"the best status of several connections counts", test_devices},
    {"idle, then offline, after the configured times", test_idle},
    {"changes between two ticks are coalesced", test_merged},
    {"statuses that Redis lost are reported again", test_lost_by_redis},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/presence", cases)
