/* The hub, one promise at a time: subscribing, healing, resets, removals, limits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acl.h"
#include "authz.h"
#include "core/check.h"
#include "cunit_main.h"
#include "fake_outside.h"
#include "hub_private.h"
#include "subscribe.h"

#include "core/banned.h"

#define HEARD 4096

/* Everything a client has heard, one line each. */
struct tape {
	char lines[HEARD][200];
	unsigned n;
};

static struct outside out;
static struct worker worker;
static struct tape tapes[FAKE_CONNS];

static void
record(struct fake_conn *f, const char *json)
{
	struct tape *tape = f->model;

	CHECK(tape->n < HEARD);
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

/* How many lines hold the text. */
static unsigned
count(const struct fake_conn *f, const char *text)
{
	const struct tape *tape = f->model;
	unsigned n = 0;

	for (unsigned i = 0; i < tape->n; i++)
		n += strstr(tape->lines[i], text) != NULL;
	return n;
}

static bool
heard(const struct fake_conn *f, const char *text)
{
	return count(f, text) > 0;
}

static void
settle(void)
{
	for (unsigned i = 0; i < 20; i++) {
		out_drain(&out);
		while (hub_turn(worker.hub))
			;
	}
}

static void
pass(int64_t ms)
{
	for (; ms > 0; ms -= 250) {
		worker.now_ms += 250;
		hub_tick(worker.hub);
		if (worker.now_ms % 1000 == 0)
			hub_second(worker.hub);
		settle();
	}
}

static enum es_code
subscribe_to(struct fake_conn *f, const char *channel, int64_t after, const char *epoch)
{
	struct subscribe_request req = {.op = "subscribe",
	    .id = "s",
	    .has_after = after >= 0,
	    .after = after,
	    .epoch = epoch};
	struct es_err err;

	CHECK(channel_id_parse(channel, &req.channel, &err) == ES_OK);
	return subscribe_begin(&f->conn, &req, &err);
}

static void
subscribe(struct fake_conn *f, unsigned channel, int64_t after)
{
	CU_ASSERT_EQUAL(
	    subscribe_to(f, out.channels[channel].id.text, after, NULL), ES_OK);
}

static void
say(unsigned channel, unsigned n)
{
	for (; n > 0; n--)
		out_commit(&out, channel, EVENT_MESSAGE, 0);
}

static void
begin(const struct hub_limits *limits)
{
	const struct hub_io io = out_io(&out);

	fake_worker_init(&worker);
	out_init(&out, &worker, 1);
	worker.hub = hub_new(&worker, limits != NULL ? limits : &hub_limits_default, &io);
	hub_topics_state(worker.hub, true);
}

static void
end(void)
{
	for (unsigned i = 0; i < FAKE_CONNS; i++)
		if (fake_conns[i].used)
			fake_conn_closed(&fake_conns[i]);
	out_drain(&out);
	hub_free(&worker.hub);
	out_fini(&out);
	fake_worker_fini(&worker);
}

static void
test_subscribe(void)
{
	struct fake_conn *a;

	begin(NULL);
	a = join(0);
	say(0, 7);
	subscribe(a, 0, 4);
	settle();
	CU_ASSERT_TRUE(heard(a, "\"id\":\"s\""));
	CU_ASSERT_TRUE(heard(a, "\"seq\":7,\"replayed\":3}"));
	CU_ASSERT_EQUAL(count(a, "\"type\":\"message\""), 3);
	subscribe(a, 0, 0); /* again: answered, the cursor stays */
	settle();
	CU_ASSERT_EQUAL(count(a, "\"type\":\"ack\""), 2);
	CU_ASSERT_TRUE(heard(a, "\"seq\":7,\"replayed\":0}"));
	CU_ASSERT_EQUAL(count(a, "\"type\":\"message\""), 3);
	say(0, 2);
	settle();
	CU_ASSERT_EQUAL(count(a, "\"type\":\"message\""), 5);
	subscribe_end(&a->conn, &out.channels[0].id);
	say(0, 1);
	settle();
	CU_ASSERT_EQUAL(count(a, "\"type\":\"message\""), 5);
	end();
}

static void
test_refusals(void)
{
	struct hub_limits limits = hub_limits_default;
	struct fake_conn *a;

	limits.max_subscriptions = 2;
	begin(&limits);
	a = join(0);
	CU_ASSERT_EQUAL(
	    subscribe_to(a, "01900000-0000-7000-8000-00000000dead", -1, NULL), ES_OK);
	settle();
	CU_ASSERT_TRUE(heard(a, "\"code\":\"not_found\""));
	CU_ASSERT_EQUAL(a->conn.n_subscriptions, 0);
	out.channels[2].member[0] = false;
	subscribe(a, 2, 0); /* private, not a member: the same answer */
	settle();
	CU_ASSERT_EQUAL(count(a, "\"code\":\"not_found\""), 2);
	subscribe(a, 0, -1);
	subscribe(a, 1, -1);
	CU_ASSERT_EQUAL(subscribe_to(a, out.channels[2].id.text, -1, NULL),
	    ES_TOO_MANY_SUBSCRIPTIONS);
	settle();
	CU_ASSERT_EQUAL(count(a, "\"type\":\"ack\""), 2);
	end();
}

/* Without PostgreSQL or without Redis a subscribe fails in its time, not at once. */
static void
test_unavailable(void)
{
	struct fake_conn *a;

	begin(NULL);
	a = join(0);
	out.down = true;
	subscribe(a, 0, -1);
	pass(4000);
	CU_ASSERT_EQUAL(count(a, "error"), 0);
	pass(2000);
	CU_ASSERT_EQUAL(count(a, "\"code\":\"unavailable\""), 1);
	out.down = false;
	out_cut(&out);
	subscribe(a, 1, -1);
	pass(6000);
	CU_ASSERT_EQUAL(count(a, "\"code\":\"unavailable\""), 2);
	CU_ASSERT_EQUAL(a->conn.n_subscriptions, 0);
	out_restored(&out);
	settle();
	subscribe(a, 1, -1);
	settle();
	CU_ASSERT_EQUAL(count(a, "\"type\":\"ack\""), 1);
	end();
}

/* The last event is lost and no later one comes: seen within half a minute. */
static void
test_lost_last(void)
{
	struct fake_conn *a;

	begin(NULL);
	a = join(0);
	say(0, 3);
	subscribe(a, 0, -1);
	settle();
	out.faults.lose = 100;
	say(0, 2);
	settle();
	CU_ASSERT_EQUAL(count(a, "\"type\":\"message\""), 0);
	pass(31000);
	CU_ASSERT_EQUAL(count(a, "\"type\":\"message\""), 2);
	CU_ASSERT_EQUAL(count(a, "\"type\":\"gap\""), 0);
	end();
}

/* What was said while Redis was away is there a moment after it is back. */
static void
test_reconnect(void)
{
	struct fake_conn *a;

	begin(NULL);
	a = join(0);
	subscribe(a, 0, -1);
	subscribe(a, 1, -1);
	settle();
	out_cut(&out);
	say(0, 5);
	say(1, 1);
	out_restored(&out);
	worker.now_ms += 10; /* no second passes: the round is not what finds it */
	settle();
	worker.now_ms += 400;
	hub_tick(worker.hub);
	settle();
	CU_ASSERT_EQUAL(count(a, "\"type\":\"message\""), 6);
	end();
}

/* A removal that was committed after the right was read, and heard before the answer. */
static void
test_removed_meanwhile(void)
{
	struct fake_conn *warm, *b;

	begin(NULL);
	warm = join(0);
	subscribe(warm, 2, -1);
	settle();
	b = join(1);
	out.faults.stale = 100;
	subscribe(b, 2, -1);
	IGNORE(hub_turn(worker.hub)); /* asked, and answered in the snapshot of now */
	say(2, 1);
	out_commit(&out, 2, EVENT_MEMBER_LEFT, 1);
	say(2, 3);
	out.faults.stale = 0;
	for (unsigned i = 0; i < 50 && worker.hub->channels.n > 0; i++) {
		struct out_job *jobs = out.jobs;

		out.jobs = NULL; /* the answer is slower than the topic */
		IGNORE(out_step(&out));
		out.jobs = jobs;
	}
	settle();
	CU_ASSERT_EQUAL(count(warm, "\"type\":\"message\""), 4);
	CU_ASSERT_EQUAL(count(b, "\"type\":\"ack\""), 1);
	CU_ASSERT_EQUAL(count(b, "\"type\":\"message\""), 1);
	CU_ASSERT_EQUAL(count(b, "member_left"), 1);
	CU_ASSERT_EQUAL(b->conn.n_subscriptions, 0);
	end();
}

static void
test_removed(void)
{
	struct fake_conn *a, *b;

	begin(NULL);
	a = join(0);
	b = join(1);
	subscribe(a, 2, -1);
	subscribe(b, 2, -1);
	subscribe(b, 0, -1);
	settle();
	b->blocked = true; /* also when it reads later */
	say(2, 2);
	out_commit(&out, 2, EVENT_MEMBER_LEFT, 1);
	say(2, 2);
	out_commit(&out, 0, EVENT_MEMBER_LEFT, 1); /* public: goes on hearing */
	say(0, 1);
	settle();
	fake_conn_unblock(b);
	settle();
	CU_ASSERT_EQUAL(count(a, "\"type\":\"message\""), 4);
	CU_ASSERT_EQUAL(count(b, "\"type\":\"message\""), 3);
	CU_ASSERT_EQUAL(count(b, "member_left"), 2);
	CU_ASSERT_EQUAL(b->conn.n_subscriptions, 1);
	end();
}

/* Removed and taken in again while it reads slowly: what it asked for holds. */
static void
test_back_again(void)
{
	struct fake_conn *b;

	begin(NULL);
	b = join(1);
	subscribe(b, 2, -1);
	settle();
	b->blocked = true;
	out_commit(&out, 2, EVENT_MEMBER_LEFT, 1);
	say(2, 1);
	out_commit(&out, 2, EVENT_MEMBER_JOINED, 1);
	settle();
	subscribe(b, 2, -1); /* before it has read of its removal */
	settle();
	CU_ASSERT_EQUAL(count(b, "\"type\":\"ack\""), 1);
	fake_conn_unblock(b);
	settle();
	CU_ASSERT_EQUAL(count(b, "\"type\":\"ack\""), 2);
	say(2, 1);
	settle();
	CU_ASSERT_EQUAL(count(b, "member_left"), 1);
	CU_ASSERT_EQUAL(count(b, "member_joined"), 1);
	CU_ASSERT_EQUAL(count(b, "\"type\":\"message\""), 2);
	end();
}

/* The database was set back: everybody is told so once and goes on from there. */
static void
test_restore(void)
{
	struct fake_conn *a;

	begin(NULL);
	a = join(0);
	subscribe(a, 0, -1);
	settle();
	say(0, 10);
	settle();
	out_restore(&out, 0, 4);
	pass(31000);
	CU_ASSERT_EQUAL(count(a, "\"type\":\"gap\""), 1);
	CU_ASSERT_TRUE(heard(a, "\"toSeq\":4,\"reason\":\"reset\""));
	say(0, 1);
	settle();
	CU_ASSERT_EQUAL(count(a, "\"seq\":5,\"prev\":4"), 2);
	end();
}

static void
test_reset_cursors(void)
{
	struct fake_conn *a, *b;

	begin(NULL);
	a = join(0);
	b = join(1);
	say(0, 5);
	subscribe(a, 0, 900);
	CU_ASSERT_EQUAL(subscribe_to(b, out.channels[0].id.text, 3, "another"), ES_OK);
	settle();
	CU_ASSERT_TRUE(heard(a, "\"fromSeq\":1,\"toSeq\":5,\"reason\":\"reset\""));
	CU_ASSERT_TRUE(heard(b, "\"fromSeq\":1,\"toSeq\":5,\"reason\":\"reset\""));
	CU_ASSERT_EQUAL(count(b, "\"type\":\"message\""), 0);
	say(0, 1);
	settle();
	CU_ASSERT_EQUAL(count(a, "\"type\":\"message\""), 1);
	CU_ASSERT_EQUAL(count(b, "\"type\":\"message\""), 1);
	end();
}

/* A storm of readers costs one read a page. */
static void
test_pages_shared(void)
{
	begin(NULL);
	say(0, 250);
	for (int i = 0; i < 10; i++)
		subscribe(join(i % OUT_USERS), 0, 0);
	settle();
	for (int i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(count(&fake_conns[i], "\"type\":\"message\""), 250);
	CU_ASSERT_EQUAL(out.page_reads, 3);
	end();
}

static void
test_limits(void)
{
	struct hub_limits limits = hub_limits_default;
	struct fake_conn *a;

	limits.replay_budget = 100;
	limits.log_channel_bytes = 65536;
	begin(&limits);
	a = join(0);
	say(0, 501);
	subscribe(a, 0, 1); /* 500 are not too many */
	settle();
	CU_ASSERT_TRUE(heard(a, "\"seq\":501,\"replayed\":500}"));
	/* but the budget of the minute ends it */
	CU_ASSERT_TRUE(count(a, "\"type\":\"message\"") < 300);
	CU_ASSERT_TRUE(heard(a, "\"toSeq\":501,\"reason\":\"replay_limit\""));
	end();
	begin(NULL);
	a = join(0);
	say(0, 502);
	subscribe(a, 0, 1);
	settle();
	CU_ASSERT_TRUE(
	    heard(a, "\"fromSeq\":2,\"toSeq\":502,\"reason\":\"replay_limit\""));
	CU_ASSERT_EQUAL(count(a, "\"type\":\"message\""), 0);
	end();
}

/* Kept for a while for who comes back, then let go. */
static void
test_linger(void)
{
	struct fake_conn *a;

	begin(NULL);
	a = join(0);
	subscribe(a, 0, -1);
	settle();
	fake_conn_closed(a);
	say(0, 3);
	settle();
	a = join(0);
	subscribe(a, 0, 0);
	settle();
	CU_ASSERT_EQUAL(count(a, "\"type\":\"message\""), 3);
	CU_ASSERT_EQUAL(out.page_reads, 0); /* from memory */
	fake_conn_closed(a);
	pass(61000);
	CU_ASSERT_EQUAL(worker.hub->channels.n, 0);
	end();
}

/* What comes on a topic and says that it belongs elsewhere is dropped. */
static void
test_foreign(void)
{
	char topic[ES_TOPIC_MAX];
	struct fake_conn *a;
	struct tenant_id tenant;
	struct arena *arena = arena_new();
	struct event ev = {.kind = EVENT_MESSAGE,
	    .display_name = "X",
	    .seq = 1,
	    .body = "b",
	    .client_id = "c",
	    .created_ms = 1};
	struct text text;

	begin(NULL);
	a = join(0);
	subscribe(a, 0, -1);
	subscribe(a, 1, -1);
	settle();
	ev.tenant = tenant = a->conn.tenant;
	ev.channel = out.channels[0].id;
	ev.user = out.users[0];
	topic_channel(&tenant, &ev.channel, topic);
	ev.channel = out.channels[1].id;
	text_init(&text, arena, 4096);
	event_encode(&ev, &text);
	hub_topic_message(worker.hub, topic, text.data, text.len);
	hub_topic_message(worker.hub, topic, "{", 1);
	hub_topic_message(worker.hub, "es:t:x", text.data, text.len);
	settle();
	CU_ASSERT_EQUAL(count(a, "\"type\":\"message\""), 0);
	arena_free(&arena);
	end();
}

static enum es_code authz_rc;
static unsigned authz_answers;

static void
on_authz(void *ctx, enum es_code rc, const struct es_err *err)
{
	(void)ctx;
	CU_ASSERT_EQUAL(err->code, rc);
	authz_rc = rc;
	authz_answers++;
}

static enum es_code
may(const struct fake_conn *f, unsigned channel)
{
	authz_answers = 0;
	authz_check(&worker, &f->conn, &out.channels[channel].id, on_authz, NULL);
	CU_ASSERT_EQUAL(authz_answers, 0);
	settle();
	CU_ASSERT_EQUAL(authz_answers, 1);
	return authz_rc;
}

static void
test_authz(void)
{
	struct fake_conn *a;

	begin(NULL);
	a = join(0);
	CU_ASSERT_EQUAL(may(a, 2), ES_OK);
	CU_ASSERT_EQUAL(out.authorisations, 1);
	CU_ASSERT_EQUAL(may(a, 2), ES_OK);
	CU_ASSERT_EQUAL(out.authorisations, 1); /* remembered */
	out.channels[2].member[0] = false;
	worker.now_ms += AUTHZ_KEEP_MS + 1;
	CU_ASSERT_EQUAL(may(a, 2), ES_NOT_FOUND);
	out.channels[2].member[0] = true;
	CU_ASSERT_EQUAL(may(a, 2), ES_OK); /* a no is not remembered */
	out.channels[0].archived = true;
	CU_ASSERT_EQUAL(may(a, 0), ES_CHANNEL_ARCHIVED);
	/* a subscriber's right goes with its removal at once */
	subscribe(a, 2, -1);
	settle();
	a->blocked = true; /* also while it has not heard of it */
	out_commit(&out, 2, EVENT_MEMBER_LEFT, 0);
	settle();
	CU_ASSERT_EQUAL(may(a, 2), ES_NOT_FOUND);
	out.down = true;
	CU_ASSERT_EQUAL(may(a, 1), ES_UNAVAILABLE);
	end();
}

static void
test_acl(void)
{
	char hint[200];

	begin(NULL);
	(void)join(0);
	pass(6000);
	CU_ASSERT_EQUAL(fake_revalidated, 0);
	out.acl_version = 2;
	pass(5500);
	CU_ASSERT_EQUAL(fake_revalidated, 1);
	out.acl_version = 3;
	(void)snprintf(
	    hint, sizeof(hint), "{\"tenant\":\"%s\",\"aclVersion\":3}", OUT_TENANT);
	hub_topic_message(worker.hub, TOPIC_CONTROL, hint, strlen(hint));
	pass(250);
	CU_ASSERT_EQUAL(fake_revalidated, 2);
	(void)join(1); /* let in by an old answer: looked up at once */
	CU_ASSERT_EQUAL(fake_revalidated, 3);
	pass(5500);
	CU_ASSERT_EQUAL(fake_revalidated, 3);
	end();
}

static CU_TestInfo cases[] = {
    {"subscribe: acked, replayed, then live; again: no repeat", test_subscribe},
    {"unknown, private and too many are refused", test_refusals},
    {"no answer in time is an error", test_unavailable},
    {"a lost last event is seen within 30 s", test_lost_last},
    {"after a reconnect nothing is missing", test_reconnect},
    {"removed between the question and the answer", test_removed_meanwhile},
    {"nothing of a private channel after one's removal", test_removed},
    {"removed and back before it has read of either", test_back_again},
    {"a database that went back resets its readers", test_restore},
    {"a cursor from nowhere is reset", test_reset_cursors},
    {"ten readers, one read a page", test_pages_shared},
    {"replay limits: a channel, a minute", test_limits},
    {"a channel lingers without readers", test_linger},
    {"a topic can't speak for another", test_foreign},
    {"who may send is remembered only as long as it is true", test_authz},
    {"a new acl version looks the users up again", test_acl},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/hub", cases)
