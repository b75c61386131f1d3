/* Healing: lost messages of pub/sub, a restored database, unreadable messages. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/check.h"
#include "cunit_main.h"
#include "hub/epoch.h"
#include "hub/subscribe.h"
#include "hub/subscription.h"
#include "hub_rig.h"

#include "core/banned.h"

/* The last event is lost, and no later event follows. */
static void
test_lost_last(void)
{
	struct fake_conn *a;

	hub_begin(NULL);
	a = hub_join(0);
	hub_publish(0, 3);
	hub_subscribe(a, 0, -1);
	hub_deliver_all();
	out.faults.lose = 100;
	hub_publish(0, 2);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 0);
	hub_advance(31000);
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 2);
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"gap\""), 0);
	hub_end();
}

/* Events published while Redis was away arrive soon after the reconnect. */
static void
test_reconnect(void)
{
	struct fake_conn *a;

	hub_begin(NULL);
	a = hub_join(0);
	hub_subscribe(a, 0, -1);
	hub_subscribe(a, 1, -1);
	hub_deliver_all();
	out_disconnect(&out);
	hub_publish(0, 5);
	hub_publish(1, 1);
	out_reconnect(&out);
	worker.env.now_ms += 10; /* less than a second, so no round compares heads */
	hub_deliver_all();
	worker.env.now_ms += 400;
	hub_tick(worker.hub);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 6);
	hub_end();
}

/* An event is lost while the channel is suspect because an earlier event is late. */
static void
test_lost_in_doubt(void)
{
	struct channel *ch;
	struct fake_conn *a;
	struct out_item *late;

	hub_begin(NULL);
	a = hub_join(0);
	hub_subscribe(a, 0, -1);
	hub_deliver_all();
	ch = channel_find(worker.hub, &a->conn.tenant, &out.channels[0].id);
	out.faults.delay = 100;
	hub_publish(0, 1);
	out.faults.delay = 0;
	late = out.late;
	out.late = NULL;
	channel_check_head(ch);
	hub_deliver_all();
	CU_ASSERT_EQUAL(ch->suspect_head, 1);
	out.late = late;
	pub_deliver_late(&out);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 1);
	out_disconnect(&out);
	hub_publish(0, 1);
	out_reconnect(&out);
	worker.env.now_ms += 10;
	hub_deliver_all();
	worker.env.now_ms += 400;
	hub_tick(worker.hub);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 2);
	hub_end();
}

/* The database is restored to an older state: each reader gets one gap and continues. */
static void
test_restore(void)
{
	struct fake_conn *a;

	hub_begin(NULL);
	a = hub_join(0);
	hub_subscribe(a, 0, -1);
	hub_deliver_all();
	hub_publish(0, 10);
	hub_deliver_all();
	out_restore(&out, 0, 4);
	hub_advance(31000);
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"gap\""), 1);
	CU_ASSERT_TRUE(hub_received(a, "\"toSeq\":4,\"reason\":\"reset\""));
	hub_publish(0, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"seq\":5,\"prev\":4"), 2);
	hub_end();
}

/* A message that names another channel or tenant than its topic is dropped. */
static void
test_message_on_a_wrong_topic(void)
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

	hub_begin(NULL);
	a = hub_join(0);
	hub_subscribe(a, 0, -1);
	hub_subscribe(a, 1, -1);
	hub_deliver_all();
	ev.tenant = tenant = a->conn.tenant;
	ev.channel = out.channels[0].id;
	ev.user = out.users[0];
	topic_channel(&tenant, &ev.channel, topic);
	ev.channel = out.channels[1].id;
	text_init(&text, arena, 4096);
	event_encode(&ev, &text);
	hub_on_topic_message(worker.hub, topic, text.data, text.len);
	hub_on_topic_message(worker.hub, topic, "{", 1);
	hub_on_topic_message(worker.hub, "es:t:x", text.data, text.len);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 0);
	arena_free(&arena);
	hub_end();
}

/* The worker can't parse an event, e.g. of a newer version, but the event has a number.
 * So the worker compares the channel's head with the database immediately. */
static void
test_unreadable_event_is_a_hole(void)
{
	static const char *const texts[] = {"{", "{\"v\":9}", "[]", ""};
	char topic[ES_TOPIC_MAX];
	struct fake_conn *a;

	for (size_t i = 0; i < ES_COUNT(texts); i++) {
		hub_begin(NULL);
		a = hub_join(0);
		hub_subscribe(a, 0, -1);
		hub_deliver_all();
		out.faults.lose = 100; /* the unreadable text replaces this event */
		hub_publish(0, 1);
		out.faults.lose = 0;
		topic_channel(&a->conn.tenant, &out.channels[0].id, topic);
		worker.env.now_ms += 10; /* less than a second */
		hub_on_topic_message(worker.hub, topic, texts[i], strlen(texts[i]));
		hub_deliver_all();
		worker.env.now_ms += 400;
		hub_tick(worker.hub);
		hub_deliver_all();
		CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 1);
		CU_ASSERT_EQUAL(worker.hub->unreadable.n, 0); /* the first was logged */
		hub_on_topic_message(worker.hub, topic, texts[i], strlen(texts[i]));
		hub_on_topic_message(worker.hub, topic, texts[i], strlen(texts[i]));
		CU_ASSERT_EQUAL(worker.hub->unreadable.n, 2); /* one log line a minute */
		worker.env.now_ms += UNREADABLE_MESSAGE_LOG_MS;
		hub_on_topic_message(worker.hub, topic, texts[i], strlen(texts[i]));
		CU_ASSERT_EQUAL(worker.hub->unreadable.n, 0);
		hub_deliver_all();
		hub_end();
	}
}

/* Copies the log line that say() writes into buf. */
static void
line_of(void (*say)(const char *topic), const char *topic, char *buf, size_t size)
{
	FILE *to = tmpfile();
	const int kept = dup(STDERR_FILENO);
	size_t n;

	CHECK(to != NULL && kept >= 0 && dup2(fileno(to), STDERR_FILENO) >= 0);
	say(topic);
	CHECK(dup2(kept, STDERR_FILENO) >= 0);
	rewind(to);
	n = fread(buf, 1, size - 1, to);
	buf[n] = '\0';
	CHECK(close(kept) == 0 && fclose(to) == 0);
}

static void
say_newer_version(const char *topic)
{
	hub_on_topic_message(worker.hub, topic, "{\"v\":9}", 7);
}

/* The log line names the member of the message that can't be read. */
static void
test_unreadable_event_is_logged_by_field(void)
{
	char topic[ES_TOPIC_MAX], line[1000];
	struct fake_conn *a;

	hub_begin(NULL);
	a = hub_join(0);
	topic_channel(&a->conn.tenant, &out.channels[0].id, topic);
	line_of(say_newer_version, topic, line, sizeof(line));
	CU_ASSERT_PTR_NOT_NULL(strstr(line, topic));
	CU_ASSERT_PTR_NOT_NULL(strstr(line, "\"field\":\"v\""));
	hub_end();
}

/* The worker sends the question for a single head every second. */
static void
test_small_questions(void)
{
	size_t one;
	struct fake_conn *a;

	hub_begin(NULL);
	a = hub_join(0);
	hub_subscribe(a, 0, -1);
	hub_deliver_all();
	hub_advance(30000);
	one = out.heads_bytes;
	CU_ASSERT_TRUE(one > 0);
	CU_ASSERT_TRUE(one < 256);
	for (unsigned i = 1; i < OUT_CHANNELS; i++)
		hub_subscribe(a, i, -1);
	hub_deliver_all();
	out_disconnect(&out);
	out_reconnect(&out);
	hub_deliver_all(); /* one question for all heads */
	CU_ASSERT_TRUE(out.heads_bytes > (OUT_CHANNELS - 1) * 90);
	CU_ASSERT_TRUE(out.heads_bytes < OUT_CHANNELS * 256);
	hub_end();
}

/* The hub receives an event of channel 0 that was committed after "db recovered". */
static void
receive_after_recovery(const struct fake_conn *f, int64_t seq)
{
	struct arena *arena = arena_new();
	char topic[ES_TOPIC_MAX];
	struct event ev = {.kind = EVENT_MESSAGE,
	    .tenant = f->conn.tenant,
	    .channel = out.channels[0].id,
	    .user = out.users[0],
	    .seq = seq,
	    .display_name = "X",
	    .body = "b",
	    .client_id = "c",
	    .created_ms = 1};
	struct text text;

	topic_channel(&ev.tenant, &ev.channel, topic);
	text_init(&text, arena, 4096);
	event_encode(&ev, &text);
	hub_on_topic_message(worker.hub, topic, text.data, text.len);
	arena_free(&arena);
}

/* "db recovered" adds a million to all numbers and changes the epoch. Two numbers were
 * lost before that. Readers get one gap. */
static void
test_recovered(void)
{
	struct fake_conn *a, *b;

	hub_begin(NULL);
	a = hub_join(0);
	hub_publish(0, 3);
	hub_subscribe(a, 0, -1);
	hub_subscribe(a, 1, -1);
	hub_deliver_all();
	receive_after_recovery(a, 2 + RECOVERED_JUMP);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"toSeq\":1000001,\"reason\":\"reset\""), 1);
	CU_ASSERT_EQUAL(hub_count(a, "\"seq\":1000002,\"prev\":1000001"), 1);
	/* the next answer has the new epoch: the other channels are reset too */
	(void)snprintf(
	    out.epoch, sizeof(out.epoch), "01900000-0000-7000-8000-0000000000e2");
	b = hub_join(1);
	hub_subscribe(b, 1, -1);
	hub_deliver_all();
	CU_ASSERT_STRING_EQUAL(worker.env.epoch, out.epoch);
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"gap\""), 2);
	CU_ASSERT_EQUAL(hub_count(a, "\"reason\":\"reset\""), 2);
	hub_end();
}

/* As above, but no event follows, so the comparison of heads finds the jump. */
static void
test_recovered_without_an_event(void)
{
	struct fake_conn *a;

	hub_begin(NULL);
	a = hub_join(0);
	hub_subscribe(a, 0, -1);
	hub_publish(0, 10);
	hub_deliver_all();
	out.channels[0].head = 6 + RECOVERED_JUMP;
	hub_advance(31000);
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"gap\""), 1);
	CU_ASSERT_TRUE(hub_received(a, "\"toSeq\":1000006,\"reason\":\"reset\""));
	hub_end();
}

/* The look-up of a user returns the new epoch before the worker sees the jump of the
 * numbers. Later another epoch follows. */
static void
epoch_first(bool by_event)
{
	struct fake_conn *a;

	hub_begin(NULL);
	a = hub_join(0);
	hub_subscribe(a, 0, -1);
	hub_publish(0, 10);
	hub_deliver_all();
	out.channels[0].head = 6 + RECOVERED_JUMP;
	epoch_seen(worker.hub, "e2");
	if (by_event)
		receive_after_recovery(a, out.channels[0].head++);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"reason\":\"reset\""), 1);
	epoch_seen(worker.hub, "e3");
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"reason\":\"reset\""), 2);
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"gap\""), 2);
	hub_end();
}

static void
test_epoch_first(void)
{
	epoch_first(false);
	epoch_first(true);
}

/* The answer for a channel's first reader has the new epoch. */
static void
test_epoch_by_first_reader(void)
{
	struct fake_conn *b;

	hub_begin(NULL);
	hub_subscribe(hub_join(0), 0, -1);
	hub_publish(1, 5);
	hub_deliver_all();
	(void)snprintf(
	    out.epoch, sizeof(out.epoch), "01900000-0000-7000-8000-0000000000e2");
	b = hub_join(1);
	hub_subscribe(b, 1, 2);
	hub_deliver_all();
	hub_advance(31000);
	CU_ASSERT_STRING_EQUAL(worker.env.epoch, out.epoch);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"message\""), 3);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"gap\""), 0);
	hub_end();
}

static CU_TestInfo cases[] = {
    {"an unreadable event is logged with its field",
	test_unreadable_event_is_logged_by_field},
    {"the question for one head takes little memory", test_small_questions},
    {"an unreadable event is a hole", test_unreadable_event_is_a_hole},
    {"a lost last event is found within 30 s", test_lost_last},
    {"after a reconnect nothing is missing", test_reconnect},
    {"an event that is lost while the channel is suspect is found", test_lost_in_doubt},
    {"a restore of an older state resets the readers", test_restore},
    {"a recovery resets the readers once", test_recovered},
    {"a recovery alone resets the readers", test_recovered_without_an_event},
    {"the epoch of a look-up resets readers", test_epoch_first},
    {"a reader of the new epoch is not reset", test_epoch_by_first_reader},
    {"a message on a wrong topic is dropped", test_message_on_a_wrong_topic},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/heal", cases)
