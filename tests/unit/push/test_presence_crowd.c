/* Presence of tenants with many users, and of readers that are slow. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"
#include "presence/presence_frame.h"
#include "presence_rig.h"

#include "core/banned.h"

/* Above 500 users a reader receives only the users that it watches; at 400 it receives
 * all users again. */
static void
test_large(void)
{
	struct fake_conn *w;

	presence_rig_begin();
	w = presence_rig_join(1);
	presence_rig_deliver_all();
	presence_rig_publish(0, 499, PRESENCE_ONLINE);
	presence_rig_advance(1000);
	CU_ASSERT_EQUAL(presence_rig_frames(w, "\"type\":\"presence\""), 499);
	CU_ASSERT_FALSE(presence_rig_tenant(w)->large);
	presence_rig_publish(499, 520, PRESENCE_ONLINE);
	presence_rig_advance(1000);
	CU_ASSERT_TRUE(presence_rig_tenant(w)->large);
	CU_ASSERT_EQUAL(presence_rig_tenant(w)->people.n, 0);
	presence_rig_tapes[w - fake_conns].n = 0;
	presence_rig_watch(w, 7);
	presence_rig_publish(0, 20, PRESENCE_IDLE);
	presence_rig_advance(1000);
	CU_ASSERT_EQUAL(presence_rig_frames(w, "\"type\":\"presence\""), 1);
	presence_watch(presence_rig_worker.presence, &w->conn, NULL, 0);
	presence_rig_deliver_all();
	CU_ASSERT_EQUAL(presence_rig_tenant(w)->people.n, 0);
	presence_rig_publish(0, 121, PRESENCE_OFFLINE);
	presence_rig_tapes[w - fake_conns].n = 0;
	presence_rig_advance(61000); /* the list from Redis has 400 users */
	CU_ASSERT_FALSE(presence_rig_tenant(w)->large);
	CU_ASSERT_EQUAL(presence_rig_frames(w, "presence_snapshot"), 1);
	presence_rig_end();
}

/* Returns true when a snapshot on the tape names this user with this status. */
static bool
snapshot_has(const struct fake_conn *w, unsigned user, enum presence_status status)
{
	const struct presence_rig_tape *tape = w->model;
	char id[ES_UUID_TEXT], want[100];

	presence_rig_user_id(user, id);
	(void)snprintf(want, sizeof(want), "{\"userId\":\"%s\",\"status\":\"%s\"}", id,
	    presence_name(status));
	for (unsigned i = 0; i < tape->n; i++)
		if (strstr(tape->lines[i], want) != NULL)
			return true;
	return false;
}

static void
watch_many(struct fake_conn *w, unsigned from, unsigned n)
{
	static struct user_id users[PRESENCE_WATCH_MAX];
	char id[ES_UUID_TEXT];
	struct es_err err;

	CHECK(n <= PRESENCE_WATCH_MAX);
	for (unsigned i = 0; i < n; i++) {
		presence_rig_user_id(from + i, id);
		CHECK(user_id_parse(id, &users[i], &err) == ES_OK);
	}
	presence_watch(presence_rig_worker.presence, &w->conn, users, n);
	presence_rig_deliver_all();
}

/* One user more than PRESENCE_FRAME_USERS needs a second frame. */
static void
test_parts(void)
{
	struct fake_conn *w;

	presence_rig_begin();
	w = presence_rig_join(1);
	presence_rig_deliver_all();
	watch_many(w, 1000,
	    PRESENCE_FRAME_USERS -
		1); /* the reader itself is the last user of the frame */
	CU_ASSERT_EQUAL(presence_rig_frames(w, "presence_snapshot"),
	    2); /* the first one came at the join */
	presence_rig_tapes[w - fake_conns].n = 0;
	watch_many(w, 1000, PRESENCE_FRAME_USERS);
	CU_ASSERT_EQUAL(presence_rig_frames(w, "presence_snapshot"), 2);
	presence_rig_end();
}

/* A reader whose lossy buffer was full later gets one snapshot of all users, and changes
 * after that. */
static void
test_overflow(void)
{
	struct fake_conn *w;

	presence_rig_begin();
	w = presence_rig_join(1);
	presence_rig_deliver_all();
	presence_rig_advance(1000);
	presence_rig_tapes[w - fake_conns].n = 0;
	w->lossy_room = 10;
	presence_rig_publish(0, 30, PRESENCE_ONLINE);
	presence_rig_advance(500);
	CU_ASSERT_EQUAL(presence_rig_frames(w, "\"type\":\"presence\""), 10);
	presence_rig_publish(0, 1, PRESENCE_IDLE);
	presence_rig_advance(500);
	w->lossy_room = 1000;
	presence_rig_tapes[w - fake_conns].n = 0;
	presence_rig_advance(PRESENCE_SNAPSHOT_MS + 500);
	CU_ASSERT_EQUAL(presence_rig_frames(w, "presence_snapshot"), 1);
	CU_ASSERT_EQUAL(presence_rig_frames(w, "\"type\":\"presence\""), 0);
	presence_rig_publish(29, 30, PRESENCE_IDLE);
	presence_rig_advance(1000);
	CU_ASSERT_TRUE(presence_rig_frames(w, "\"type\":\"presence\"") == 1);
	presence_rig_end();
}

#define ARRIVALS  2000
#define OBSERVERS 20

/* The status of each user according to the frames that an observer has received: a
 * snapshot replaces all statuses, a change replaces one. */
static enum presence_status view[OBSERVERS][ARRIVALS];

static void
update_view(struct fake_conn *f, const char *json)
{
	static const char user[] = "\"userId\":\"01900000-0000-7000-8000-0000000f";
	enum presence_status *of = f->model;

	if (strstr(json, "presence_snapshot") != NULL)
		memset(of, 0, ARRIVALS * sizeof(*of)); /* 500 users fit in one frame */
	for (const char *at = strstr(json, user); at != NULL; at = strstr(at + 1, user)) {
		const unsigned long who = strtoul(at + strlen(user), NULL, 16);
		const char *end = strchr(at, '}');

		CHECK(who < ARRIVALS && end != NULL);
		for (int s = PRESENCE_OFFLINE; s <= PRESENCE_ONLINE; s++) {
			const char *name = strstr(at, presence_name(s));

			if (name != NULL && name < end)
				of[who] = (enum presence_status)s;
		}
	}
}

/* 2,000 users connect together and change their status. Each observer watches 500 of
 * them, and the buffers of most observers have room for a few changes only. */
static void
test_arrivals(void)
{
	struct fake_conn *w[OBSERVERS];
	char id[ES_UUID_TEXT];
	unsigned wrong = 0;

	presence_rig_begin();
	presence_rig_publish(0, 501, PRESENCE_IDLE); /* a large tenant already */
	for (unsigned i = 0; i < OBSERVERS; i++) {
		w[i] = presence_rig_join((int)i % OUT_USERS);
		w[i]->receive = update_view;
		w[i]->model = view[i];
	}
	presence_rig_deliver_all();
	presence_rig_advance(1000);
	CU_ASSERT_TRUE(presence_rig_tenant(w[0])->large);
	for (unsigned i = 0; i < OBSERVERS; i++) {
		watch_many(w[i], i * 75, PRESENCE_WATCH_MAX);
		w[i]->lossy_room = i * 7;
	}
	presence_rig_publish(0, ARRIVALS - 10, PRESENCE_ONLINE);
	presence_rig_advance(250);
	presence_rig_publish(100, 1100, PRESENCE_IDLE);
	presence_rig_advance(500);
	presence_rig_publish(300, 700, PRESENCE_OFFLINE);
	presence_rig_advance(PRESENCE_SNAPSHOT_MS + 2000);
	for (unsigned i = 0; i < OBSERVERS; i++)
		for (unsigned k = i * 75; k < i * 75 + PRESENCE_WATCH_MAX; k++) {
			presence_rig_user_id(k, id);
			wrong += view[i][k] != presence_fake_get(id);
		}
	CU_ASSERT_EQUAL(wrong, 0);
	presence_rig_end();
}

/* Sixty readers watch the same users. The work grows with the number of watches, and not
 * with that number times the number of readers. */
static void
test_watch_cost(void)
{
	struct fake_conn *w[60];
	uint64_t steps;

	presence_rig_begin();
	presence_rig_publish(0, 520, PRESENCE_ONLINE);
	for (unsigned i = 0; i < ES_COUNT(w); i++)
		w[i] = presence_rig_join(1);
	presence_rig_deliver_all();
	presence_rig_advance(1000);
	CU_ASSERT_TRUE(presence_rig_tenant(w[0])->large);
	steps = presence_rig_worker.presence->steps;
	for (unsigned i = 0; i < ES_COUNT(w); i++)
		watch_many(w[i], 0, PRESENCE_WATCH_MAX);
	CU_ASSERT_TRUE(presence_rig_worker.presence->steps - steps <=
		       ES_COUNT(w) * (2 * PRESENCE_WATCH_MAX + 20));
	steps = presence_rig_worker.presence->steps;
	presence_rig_advance(5000); /* nothing happens */
	CU_ASSERT_TRUE(presence_rig_worker.presence->steps - steps < 200);
	presence_rig_end();
}

/* While Redis does not answer, the worker reports no user as offline. */
static void
test_watch_unanswered(void)
{
	struct fake_conn *w;

	presence_rig_begin();
	presence_rig_publish(0, 520, PRESENCE_ONLINE);
	w = presence_rig_join(1);
	presence_rig_deliver_all();
	presence_rig_advance(1000);
	presence_rig_tapes[w - fake_conns].n = 0;
	presence_away = true;
	watch_many(w, 7, 1);
	presence_rig_advance(2000);
	CU_ASSERT_EQUAL(presence_rig_frames(w, "presence_snapshot"), 0);
	presence_away = false;
	presence_redis_state(presence_rig_worker.presence, true);
	presence_rig_advance(2000);
	CU_ASSERT_EQUAL(presence_rig_frames(w, "presence_snapshot"), 1);
	CU_ASSERT_TRUE(snapshot_has(w, 7, PRESENCE_ONLINE));
	presence_rig_end();
}

/* A user who has lost the right to connect goes offline immediately, and not after the
 * grace time of 15 s. */
static void
test_user_gone(void)
{
	struct fake_conn *a, *b, *w;
	unsigned before;

	presence_rig_begin();
	w = presence_rig_join(1);
	a = presence_rig_join(0), b = presence_rig_join(0);
	presence_rig_deliver_all();
	presence_rig_advance(1000);
	for (unsigned i = 0; i < 2;
	     i++) /* the room who/ reports the user for each socket */
		presence_user_gone(
		    presence_rig_worker.presence, &a->conn.tenant, &a->conn.user);
	fake_conn_closed(a);
	presence_rig_advance(1000);
	CU_ASSERT_EQUAL(presence_rig_changes(w, 0, PRESENCE_OFFLINE), 1);
	fake_conn_closed(b);
	presence_rig_advance(1000);
	CU_ASSERT_EQUAL(presence_rig_changes(w, 0, PRESENCE_OFFLINE), 1);
	before = presence_rig_changes(w, 0, PRESENCE_ONLINE);
	(void)presence_rig_join(0); /* the user may connect again */
	presence_rig_deliver_all();
	presence_rig_advance(1000);
	CU_ASSERT_EQUAL(presence_rig_changes(w, 0, PRESENCE_ONLINE), before + 1);
	presence_rig_end();
}

/* The client chooses a status while its earlier choice is on its way to Redis. The worker
 * sends the second choice, too, so that it replaces a status chosen over REST in between.
 */
static void
test_choose_while_busy(void)
{
	struct fake_conn *a;
	unsigned before;

	presence_rig_begin();
	a = presence_rig_join(0);
	presence_rig_deliver_all();
	presence_rig_advance(1000);
	before = n_sets;
	presence_choose(presence_rig_worker.presence, &a->conn, PRESENCE_IDLE);
	presence_turn(presence_rig_worker.presence); /* sends the first choice */
	presence_choose(presence_rig_worker.presence, &a->conn, PRESENCE_IDLE);
	presence_rig_deliver_all();
	presence_rig_advance(1000);
	CU_ASSERT_EQUAL(n_sets, before + 2);
	CU_ASSERT_EQUAL(presence_fake_get(presence_rig_out.users[0].text), PRESENCE_IDLE);
	presence_rig_end();
}

static CU_TestInfo cases[] = {
    {"in a large tenant a reader receives only watched users", test_large},
    {"one user more than a frame holds needs a second frame", test_parts},
    {"a snapshot replaces changes that did not fit", test_overflow},
    {"2,000 users connect together: every observer has the right statuses at the end",
	test_arrivals},
    {"the cost of watching grows with the number of watched users", test_watch_cost},
    {"without an answer no user is reported offline", test_watch_unanswered},
    {"a user without the right to connect goes offline immediately", test_user_gone},
    {"a choice made while another is under way is sent, too", test_choose_while_busy},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/presence_crowd", cases)
