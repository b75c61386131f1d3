/* Presence with a clock and a Redis of our own: devices, merging, rooms, losses. */
#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"
#include "fake_presence.h"
#include "presence/presence_private.h"

#include "core/banned.h"

#define LINES 3000

/* What a client heard of presence. */
struct tape {
	char lines[LINES][400];
	unsigned n;
};

static struct outside out;
static struct fake_worker worker;
static struct tape tapes[FAKE_CONNS];

static void
record(struct fake_conn *f, const char *json)
{
	struct tape *tape = f->model;

	if (tape == NULL) /* not before the test knows it */
		tape = f->model = &tapes[f - fake_conns];
	CHECK(tape->n < LINES);
	(void)snprintf(tape->lines[tape->n++], sizeof(tape->lines[0]), "%s", json);
}

static struct fake_conn *
join(int user)
{
	struct fake_conn *f =
	    fake_conn_open(&worker, OUT_TENANT, out.users[user].text, "X", record);

	f->model = &tapes[f - fake_conns];
	tapes[f - fake_conns].n = 0;
	return f;
}

/* Frames {"type":"presence"} of that user with that status. */
static unsigned
told(const struct fake_conn *f, int user, enum presence_status status)
{
	const struct tape *tape = f->model;
	char want[120];
	unsigned n = 0;

	(void)snprintf(want, sizeof(want),
	    "\"userId\":\"%s\",\"payload\":{\"status\":\"%s\"}", out.users[user].text,
	    presence_name(status));
	for (unsigned i = 0; i < tape->n; i++)
		n += strstr(tape->lines[i], want) != NULL;
	return n;
}

static unsigned
frames(const struct fake_conn *f, const char *type)
{
	const struct tape *tape = f->model;
	unsigned n = 0;

	for (unsigned i = 0; i < tape->n; i++)
		n += strstr(tape->lines[i], type) != NULL;
	return n;
}

static void
settle(void)
{
	for (unsigned i = 0; i < 4; i++) {
		presence_turn(worker.presence);
		while (presence_fake_step(&out))
			;
		out_drain(&out);
	}
}

static void
pass(int64_t ms)
{
	for (; ms > 0; ms -= 250) {
		worker.env.now_ms += 250;
		presence_tick(worker.presence);
		settle();
	}
}

static void
begin(void)
{
	const struct presence_io io = out_presence_io(&out);

	fake_worker_init(&worker);
	out_init(&out, &worker, 1);
	presence_fake_init(&out);
	worker.presence =
	    presence_new(&worker.env, &worker.conns, &presence_limits_default, &io);
	presence_redis_state(worker.presence, true);
	settle();
}

static void
end(void)
{
	for (unsigned i = 0; i < FAKE_CONNS; i++)
		if (fake_conns[i].used)
			fake_conn_closed(&fake_conns[i]);
	settle();
	presence_free(&worker.presence);
	out_fini(&out);
	fake_worker_fini(&worker);
}

static void
test_snapshot(void)
{
	struct fake_conn *a, *b;

	begin();
	a = join(0);
	settle();
	b = join(1);
	settle();
	pass(1000);
	/* each hears of the other once: by the snapshot or by a change; of itself by the
	 * snapshot only */
	CU_ASSERT_EQUAL(frames(a, "presence_snapshot"), 1);
	CU_ASSERT_EQUAL(frames(b, "presence_snapshot"), 1);
	CU_ASSERT_EQUAL(told(a, 1, PRESENCE_ONLINE), 1);
	CU_ASSERT_EQUAL(told(a, 0, PRESENCE_ONLINE), 0);
	CU_ASSERT_EQUAL(told(b, 0, PRESENCE_ONLINE), 0);
	CU_ASSERT_EQUAL(told(b, 1, PRESENCE_ONLINE), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(tapes[b - fake_conns].lines[0], out.users[0].text));
	CU_ASSERT_PTR_NOT_NULL(strstr(tapes[b - fake_conns].lines[0], out.users[1].text));
	end();
}

/* The answer to a question may be older than what the topic said meanwhile: they come
 * over two connections. */
static void
test_older_list(void)
{
	char topic[ES_TOPIC_MAX], data[200];
	struct fake_conn *a;

	begin();
	a = join(0);
	settle();
	pass(1000);
	(void)snprintf(topic, sizeof(topic), "es:t:%s:p", OUT_TENANT);
	(void)snprintf(data, sizeof(data), "{\"userId\":\"%s\",\"status\":\"online\"}",
	    out.users[1].text);
	presence_subscribed(worker.presence, topic); /* lists once more */
	presence_message(worker.presence, topic, data, strlen(data));
	pass(1000);
	CU_ASSERT_EQUAL(told(a, 1, PRESENCE_ONLINE), 1);
	CU_ASSERT_EQUAL(told(a, 1, PRESENCE_OFFLINE), 0);
	/* what was heard before a question does not outweigh its answer */
	presence_subscribed(worker.presence, topic);
	pass(2000);
	CU_ASSERT_EQUAL(told(a, 1, PRESENCE_OFFLINE), 1);
	end();
}

static void
test_hold(void)
{
	struct fake_conn *a, *w;

	begin();
	w = join(1);
	settle();
	a = join(0);
	settle();
	pass(1000);
	fake_conn_closed(a);
	pass(14000);
	CU_ASSERT_EQUAL(told(w, 0, PRESENCE_OFFLINE), 0);
	a = join(0); /* back in time: nobody notices */
	pass(20000);
	CU_ASSERT_EQUAL(told(w, 0, PRESENCE_OFFLINE), 0);
	CU_ASSERT_EQUAL(told(w, 0, PRESENCE_ONLINE), 1);
	fake_conn_closed(a);
	pass(16000);
	CU_ASSERT_EQUAL(told(w, 0, PRESENCE_OFFLINE), 1);
	CU_ASSERT_EQUAL(presence_fake_get(out.users[0].text), PRESENCE_OFFLINE);
	CU_ASSERT_EQUAL(worker.presence->users.n, 1);
	end();
}

static void
test_devices(void)
{
	struct fake_conn *a, *b, *w;

	begin();
	w = join(1);
	a = join(0);
	b = join(0);
	settle();
	presence_choose(worker.presence, &a->conn, PRESENCE_IDLE);
	pass(1000);
	CU_ASSERT_EQUAL(presence_fake_get(out.users[0].text), PRESENCE_ONLINE);
	presence_choose(worker.presence, &b->conn, PRESENCE_OFFLINE);
	pass(1000);
	CU_ASSERT_EQUAL(told(w, 0, PRESENCE_IDLE), 1);
	presence_choose(worker.presence, &a->conn, PRESENCE_OFFLINE);
	pass(1000);
	CU_ASSERT_EQUAL(told(w, 0, PRESENCE_OFFLINE), 1); /* invisible */
	presence_choose(worker.presence, &b->conn, PRESENCE_ONLINE);
	pass(1000);
	CU_ASSERT_EQUAL(presence_fake_get(out.users[0].text), PRESENCE_ONLINE);
	fake_conn_closed(b);
	pass(1000); /* the invisible device is left */
	CU_ASSERT_EQUAL(presence_fake_get(out.users[0].text), PRESENCE_OFFLINE);
	end();
}

static void
test_idle(void)
{
	struct fake_conn *a, *w;

	begin();
	worker.presence->limits.idle_ms = 20000;
	worker.presence->limits.hold_ms = 3000;
	w = join(1), a = join(0);
	pass(19000);
	CU_ASSERT_EQUAL(told(w, 0, PRESENCE_IDLE), 0);
	pass(6000);
	CU_ASSERT_EQUAL(told(w, 0, PRESENCE_IDLE), 1);
	a->conn.last_frame_ms = worker.env.now_ms;
	pass(6000);
	CU_ASSERT_EQUAL(told(w, 0, PRESENCE_ONLINE), 2);
	fake_conn_closed(a);
	pass(2500);
	CU_ASSERT_EQUAL(told(w, 0, PRESENCE_OFFLINE), 0);
	pass(1500);
	CU_ASSERT_EQUAL(told(w, 0, PRESENCE_OFFLINE), 1);
	end();
}

/* Up and down between two looks is no news. */
static void
test_merged(void)
{
	struct fake_conn *w;
	const char *stranger = out.users[2].text;

	begin();
	w = join(1);
	settle();
	pass(2000);
	presence_fake_set(&out, stranger, PRESENCE_ONLINE);
	out_drain(&out);
	presence_fake_set(&out, stranger, PRESENCE_OFFLINE);
	out_drain(&out);
	pass(1000);
	CU_ASSERT_EQUAL(frames(w, "\"type\":\"presence\""), 0);
	for (unsigned i = 0; i < 7; i++) {
		presence_fake_set(
		    &out, stranger, i % 2 ? PRESENCE_IDLE : PRESENCE_ONLINE);
		out_drain(&out);
	}
	pass(1000);
	CU_ASSERT_EQUAL(frames(w, "\"type\":\"presence\""), 1);
	CU_ASSERT_EQUAL(told(w, 2, PRESENCE_ONLINE), 1);
	end();
}

/* Redis lost everything, or thought us dead: all is told again. */
static void
test_forgotten(void)
{
	struct fake_conn *w;

	begin();
	(void)join(0);
	w = join(1);
	settle();
	pass(6000);
	n_seen = 0; /* FLUSHALL */
	lease_known = false;
	pass(6000);
	CU_ASSERT_EQUAL(presence_fake_get(out.users[0].text), PRESENCE_ONLINE);
	CU_ASSERT_EQUAL(presence_fake_get(out.users[1].text), PRESENCE_ONLINE);
	CU_ASSERT_TRUE(n_leases >= 2);
	/* away for a while, then back */
	presence_away = true;
	(void)join(2);
	pass(3000);
	CU_ASSERT_EQUAL(presence_fake_get(out.users[2].text), PRESENCE_OFFLINE);
	presence_away = false;
	presence_redis_state(worker.presence, true);
	pass(6000);
	CU_ASSERT_EQUAL(presence_fake_get(out.users[2].text), PRESENCE_ONLINE);
	CU_ASSERT_EQUAL(told(w, 2, PRESENCE_ONLINE), 1);
	/* a change whose message was lost is seen by comparing */
	out_cut(&out);
	presence_fake_set(&out, out.users[2].text, PRESENCE_IDLE);
	out_restored(&out);
	pass(1000);
	CU_ASSERT_EQUAL(told(w, 2, PRESENCE_IDLE), 1);
	end();
}

static void
stranger_id(unsigned i, char out_id[ES_UUID_TEXT])
{
	(void)snprintf(out_id, ES_UUID_TEXT, "01900000-0000-7000-8000-0000000f%04u", i);
}

/* Strangers from..below take that status, one message each. */
static void
crowd(unsigned from, unsigned below, enum presence_status status)
{
	char id[ES_UUID_TEXT];

	for (unsigned i = from; i < below; i++) {
		stranger_id(i, id);
		presence_fake_set(&out, id, status);
		out_drain(&out);
	}
}

static struct room *
room_of(const struct fake_conn *f)
{
	return room_find(worker.presence, &f->conn.tenant);
}

static void
watch(struct fake_conn *w, unsigned stranger)
{
	char id[ES_UUID_TEXT];
	struct user_id watched;
	struct es_err err;

	stranger_id(stranger, id);
	CHECK(user_id_parse(id, &watched, &err) == ES_OK);
	presence_watch(worker.presence, &w->conn, &watched, 1);
	settle();
	CU_ASSERT_EQUAL(frames(w, "presence_snapshot"), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(tapes[w - fake_conns].lines[0], id));
}

/* Above 500 only who was asked for; at 400 everybody again. */
static void
test_large(void)
{
	struct fake_conn *w;

	begin();
	w = join(1);
	settle();
	crowd(0, 499, PRESENCE_ONLINE);
	pass(1000);
	CU_ASSERT_EQUAL(frames(w, "\"type\":\"presence\""), 499);
	CU_ASSERT_FALSE(room_of(w)->large);
	crowd(499, 520, PRESENCE_ONLINE);
	pass(1000);
	CU_ASSERT_TRUE(room_of(w)->large);
	CU_ASSERT_EQUAL(room_of(w)->people.n, 0);
	tapes[w - fake_conns].n = 0;
	watch(w, 7);
	crowd(0, 20, PRESENCE_IDLE);
	pass(1000);
	CU_ASSERT_EQUAL(frames(w, "\"type\":\"presence\""), 1);
	presence_watch(worker.presence, &w->conn, NULL, 0);
	settle();
	CU_ASSERT_EQUAL(room_of(w)->people.n, 0);
	crowd(0, 121, PRESENCE_OFFLINE);
	tapes[w - fake_conns].n = 0;
	pass(61000); /* compared with Redis: 400 are left */
	CU_ASSERT_FALSE(room_of(w)->large);
	CU_ASSERT_EQUAL(frames(w, "presence_snapshot"), 1);
	end();
}

static CU_TestInfo cases[] = {
    {"a snapshot after hello, changes after that", test_snapshot},
    {"an answer is not younger than what was heard since", test_older_list},
    {"offline is held back for 15 s", test_hold},
    {"of several devices the liveliest counts", test_devices},
    {"idle, then offline, after the times that are set", test_idle},
    {"changes are merged", test_merged},
    {"what Redis lost is told again", test_forgotten},
    {"a large room hears only of whom it asked for", test_large},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/presence", cases)
