/* Typing notices: once in 3 s, not to the typing user, not in large channels, not after a
 * removal. */
#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "core/hash.h"
#include "core/recent.h"
#include "cunit_main.h"
#include "fake_outside.h"
#include "hub/subscribe.h"
#include "hub/subscription.h"
#include "hub/typing.h"

#include "core/banned.h"

static struct outside out;
static struct fake_worker worker;
static unsigned received[FAKE_CONNS];

static void
count(struct fake_conn *f, const char *json)
{
	received[f - fake_conns] += strstr(json, "typing_indicator") != NULL;
}

static struct fake_conn *
join(int user, unsigned channel)
{
	struct subscribe_request req = {
	    .channel = out.channels[channel].id, .op = "subscribe"};
	struct fake_conn *f =
	    fake_conn_open(&worker, OUT_TENANT, out.users[user].text, "Ann", count);
	struct es_err err;

	received[f - fake_conns] = 0;
	CHECK(subscribe_begin(worker.hub, &f->conn, &req, &err) == ES_OK);
	for (unsigned i = 0; i < 5; i++) {
		out_deliver_all(&out);
		IGNORE(hub_turn(worker.hub));
	}
	return f;
}

static void
type(const struct fake_conn *f, unsigned channel)
{
	typing_publish(worker.hub, &f->conn, &out.channels[channel].id);
	out_deliver_all(&out);
}

static void
begin(void)
{
	const struct hub_io io = out_io(&out);

	fake_worker_init(&worker);
	out_init(&out, &worker, 1);
	worker.hub = hub_new(&worker.env, &worker.conns, &hub_limits_default, &io);
	hub_on_topics_state(worker.hub, true);
}

static void
end(void)
{
	for (unsigned i = 0; i < FAKE_CONNS; i++)
		if (fake_conns[i].used)
			fake_conn_closed(&fake_conns[i]);
	out_deliver_all(&out);
	hub_free(&worker.hub);
	out_fini(&out);
	fake_worker_fini(&worker);
}

static void
test_once(void)
{
	struct fake_conn *a, *a2, *b;

	begin();
	a = join(0, 0);
	a2 = join(0, 0); /* the same user's other device */
	b = join(1, 0);
	type(a, 0);
	type(a, 0);
	type(a2, 0);
	CU_ASSERT_EQUAL(received[b - fake_conns], 1);
	CU_ASSERT_EQUAL(received[a - fake_conns] + received[a2 - fake_conns], 0);
	type(b, 0); /* each typing user has a limit of its own */
	CU_ASSERT_EQUAL(received[a - fake_conns], 1);
	CU_ASSERT_EQUAL(received[a2 - fake_conns], 1);
	worker.env.now_ms += TYPING_EVERY_MS - 1;
	type(a, 0);
	CU_ASSERT_EQUAL(received[b - fake_conns], 1);
	worker.env.now_ms += 1;
	type(a, 0);
	CU_ASSERT_EQUAL(received[b - fake_conns], 2);
	end();
}

/* The limit also applies to notices from another worker or from REST, because those limit
 * only their own notices. */
static void
test_from_elsewhere(void)
{
	struct event ev = {.kind = EVENT_TYPING, .display_name = "Ann"};
	struct arena *arena = arena_new();
	char topic[ES_TOPIC_MAX];
	struct fake_conn *b;
	struct text text;

	begin();
	b = join(1, 0);
	ev.tenant = b->conn.tenant;
	ev.channel = out.channels[0].id;
	ev.user = out.users[0];
	text_init(&text, arena, 4096);
	event_encode(&ev, &text);
	topic_channel(&ev.tenant, &ev.channel, topic);
	for (unsigned i = 0; i < 5; i++)
		hub_on_topic_message(worker.hub, topic, text.data, text.len);
	CU_ASSERT_EQUAL(received[b - fake_conns], 1);
	arena_free(&arena);
	end();
}

static void
test_crowd(void)
{
	struct fake_conn *a, *b;
	struct channel *ch;

	begin();
	a = join(0, 0);
	b = join(1, 0);
	ch = channel_find(worker.hub, &a->conn.tenant, &out.channels[0].id);
	ch->n_subs += TYPING_READERS_MAX - 1; /* one reader above the limit */
	type(a, 0);
	CU_ASSERT_EQUAL(received[b - fake_conns], 0);
	ch->n_subs -= 1;
	type(a, 0);
	CU_ASSERT_EQUAL(received[b - fake_conns], 0); /* no second notice within 3 s */
	worker.env.now_ms += TYPING_EVERY_MS;
	type(a, 0);
	CU_ASSERT_EQUAL(received[b - fake_conns], 1);
	ch->n_subs -= TYPING_READERS_MAX - 2;
	end();
}

static void
test_removed(void)
{
	struct fake_conn *a, *b;

	begin();
	a = join(0, 2);
	b = join(1, 2);
	b->blocked = true; /* the client has not received its removal yet */
	out_commit(&out, 2, EVENT_MEMBER_LEFT, 1);
	out_deliver_all(&out);
	type(a, 2);
	CU_ASSERT_EQUAL(received[b - fake_conns], 0);
	end();
}

static void
test_recent(void)
{
	struct recent *r = recent_new(100, sizeof(int), 3, hash_bytes);
	int key = 1;

	CU_ASSERT_TRUE(recent_add(r, &key, 0));
	CU_ASSERT_FALSE(recent_add(r, &key, 99));
	CU_ASSERT_TRUE(recent_add(r, &key, 100));
	for (key = 2; key < 10; key++)
		CU_ASSERT_TRUE(recent_add(r, &key, 100));
	CU_ASSERT_EQUAL(recent_count(r), 3);
	key = 1; /* the newest has evicted the oldest */
	CU_ASSERT_TRUE(recent_add(r, &key, 101));
	recent_free(&r);
	CU_ASSERT_PTR_NULL(r);
}

static CU_TestInfo cases[] = {
    {"a notice goes to the others, once in 3 s", test_once},
    {"notices of other workers are limited, too", test_from_elsewhere},
    {"no notice in a large channel", test_crowd},
    {"no notice to a removed user", test_removed},
    {"the number of remembered notices has a limit", test_recent},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/typing", cases)
