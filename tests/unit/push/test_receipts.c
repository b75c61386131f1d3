/* Read receipts: merged, once a second, not to the reader itself, not to users who have
 * switched them off, not in large channels. */
#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"
#include "fake_outside.h"
#include "hub/receipts.h"
#include "hub/subscribe.h"
#include "hub/subscription.h"

#include "core/banned.h"

static struct outside out;
static struct fake_worker worker;
static unsigned received[FAKE_CONNS];
static char last[FAKE_CONNS][512];

static void
count(struct fake_conn *f, const char *json)
{
	if (strstr(json, "\"receipt\"") == NULL)
		return;
	received[f - fake_conns]++;
	(void)snprintf(last[f - fake_conns], sizeof(last[0]), "%s", json);
}

static struct fake_conn *
join(int user, bool receipts)
{
	struct subscribe_request req = {.channel = out.channels[0].id, .op = "subscribe"};
	struct fake_conn *f =
	    fake_conn_open(&worker, OUT_TENANT, out.users[user].text, "Ann", count);
	struct es_err err;

	received[f - fake_conns] = 0;
	f->conn.read_receipts = receipts;
	CHECK(subscribe_begin(worker.hub, &f->conn, &req, &err) == ES_OK);
	for (unsigned i = 0; i < 5; i++) {
		out_deliver_all(&out);
		IGNORE(hub_turn(worker.hub));
	}
	return f;
}

static void
has_read(int user, int64_t message)
{
	const struct fake_conn *any = &fake_conns[0];

	receipts_publish(worker.hub, &any->conn.tenant, &out.channels[0].id,
	    &out.users[user], message);
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
merged(void)
{
	struct fake_conn *a, *a2, *b, *c;

	begin();
	a = join(0, true);
	a2 = join(0, true); /* the same user's other device */
	b = join(1, true);
	c = join(2, false);
	has_read(0, 5);
	has_read(0, 9);
	has_read(0, 7); /* overtaken on the way */
	CU_ASSERT_EQUAL(received[b - fake_conns], 0);
	receipts_flush(worker.hub);
	CU_ASSERT_EQUAL(received[b - fake_conns], 1);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(last[b - fake_conns], "\"payload\":{\"messageId\":9}}"));
	CU_ASSERT_PTR_NOT_NULL(strstr(last[b - fake_conns], out.users[0].text));
	CU_ASSERT_EQUAL(received[a - fake_conns] + received[a2 - fake_conns], 0);
	CU_ASSERT_EQUAL(received[c - fake_conns], 0);
	receipts_flush(worker.hub); /* written once */
	CU_ASSERT_EQUAL(received[b - fake_conns], 1);
	has_read(2, 3);
	has_read(1, 4);
	receipts_flush(worker.hub);
	CU_ASSERT_EQUAL(received[a - fake_conns], 2);
	CU_ASSERT_EQUAL(received[b - fake_conns], 2);
	end();
}

static void
of_a_channel_that_is_gone(void)
{
	struct fake_conn *b;

	begin();
	b = join(1, true);
	has_read(0, 5);
	fake_conn_closed(b);
	receipts_flush(worker.hub);
	has_read(0, 6);
	CU_ASSERT_EQUAL(received[b - fake_conns], 0);
	end(); /* frees the receipts that wait */
}

/* Publishes a receipt whose payload names no message. */
static void
malformed(void)
{
	struct event ev = {.kind = EVENT_RECEIPT, .payload = "{\"messageId\":0}"};
	struct arena *arena = arena_new();
	char topic[ES_TOPIC_MAX];
	struct fake_conn *b;
	struct text text;

	begin();
	b = join(1, true);
	ev.tenant = b->conn.tenant;
	ev.channel = out.channels[0].id;
	ev.user = out.users[0];
	text_init(&text, arena, 4096);
	event_encode(&ev, &text);
	topic_channel(&ev.tenant, &ev.channel, topic);
	hub_on_topic_message(worker.hub, topic, text.data, text.len);
	receipts_flush(worker.hub);
	CU_ASSERT_EQUAL(received[b - fake_conns], 0);
	arena_free(&arena);
	end();
}

static CU_TestInfo cases[] = {
    {"receipts are merged and not sent to their user", merged},
    {"receipts of a channel without subscribers are dropped", of_a_channel_that_is_gone},
    {"a receipt without a message is ignored", malformed},
    CU_TEST_INFO_NULL,
};
CUNIT_MAIN("push/receipts", cases)
