/* Sends: their order, their batches, their answers. */
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"

#include "event/envelope.h"
#include "event/event.h"
#include "one_client.h"
#include "send/send_lane.h"
#include "send/send_outcomes.h"
#include "send/send_queue.h"
#include "trace/trace.h"

#include "core/banned.h"

#define CHANNEL "01900000-0000-7000-8000-00000000c001"

static void
send_n(unsigned n)
{
	char json[200];

	(void)snprintf(json, sizeof(json),
	    "{\"type\":\"send\",\"id\":\"i%u\",\"channelId\":\"" CHANNEL
	    "\",\"body\":\"m%u\",\"clientMessageId\":\"c%u\"}",
	    n, n, n);
	client_text(&client, json);
}

/* Passes fanout's answer to the k-th envelope to the worker. */
static void
reply(unsigned k, enum outcome_result result, enum es_code code)
{
	struct arena *a = arena_new();
	struct outcome outcomes[ENVELOPE_MESSAGES_MAX] = {0};
	struct envelope e;
	struct reply r;
	struct text text;
	struct es_err err;

	CU_ASSERT_EQUAL_FATAL(
	    envelope_decode(fakes.sent[k], strlen(fakes.sent[k]), a, &e, &err), ES_OK);
	for (size_t i = 0; i < e.n; i++)
		outcomes[i] = (struct outcome){.client_id = e.messages[i].client_id,
		    .result = result,
		    .code = code,
		    .message_id = (int64_t)(1000 * k + i + 1),
		    .created_ms = 1767323045678};
	r = (struct reply){e.id, outcomes, e.n};
	text_init(&text, a, 65536);
	reply_encode(&r, &text);
	send_outcomes_message(rig.worker.outcomes, text.data, text.len);
	arena_free(&a);
}

static void
acks_after_the_commit(void)
{
	one_client_up();
	send_n(1);
	rig_turn(&rig);
	CU_ASSERT_EQUAL_FATAL(fakes.n_sent, 1);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(fakes.sent[0], send_outcomes_topic(rig.worker.outcomes)));
	(void)client_read(&client, 65536);
	client_next(&client, &got);
	CU_ASSERT_EQUAL(
	    got.opcode, -1); /* the queue has the message, but it is not committed */
	reply(0, OUTCOME_COMMITTED, ES_OK);
	CU_ASSERT_TRUE(one_client_answered(
	    "\"op\":\"send\",\"id\":\"i1\",\"channelId\":\"" CHANNEL "\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text,
	    "{\"messageId\":1,\"createdAt\":\"2026-01-02T03:04:05.678Z\","
	    "\"clientMessageId\":\"c1\"}"));
	reply(0, OUTCOME_COMMITTED, ES_OK); /* the new owner repeats it */
	send_n(2);
	rig_turn(&rig);
	reply(1, OUTCOME_REPEAT, ES_OK);
	CU_ASSERT_TRUE(one_client_answered("\"id\":\"i2\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"replayed\":true"));
	one_client_down();
}

static void
answers_refusals(void)
{
	one_client_up();
	send_n(1);
	rig_turn(&rig);
	reply(0, OUTCOME_REFUSED, ES_KEY_REUSED);
	CU_ASSERT_TRUE(one_client_answered("idempotency_key_reused"));
	fakes.authz = ES_NOT_FOUND;
	send_n(2);
	CU_ASSERT_TRUE(one_client_answered("not_found"));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"id\":\"i2\""));
	fakes.authz = ES_OK;
	fakes.queue = ES_QUEUE_FULL;
	send_n(3);
	CU_ASSERT_TRUE(one_client_answered("queue_full"));
	fakes.queue = ES_UNAVAILABLE;
	send_n(4);
	CU_ASSERT_TRUE(one_client_answered("outcome_unknown"));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"retryable\":true"));
	one_client_down();
}

/* The first envelope takes one or several of ten sends, and the order stays. */
static void
keeps_the_senders_order_in_batches(void)
{
	unsigned next = 1;

	one_client_up();
	for (unsigned i = 1; i <= 10; i++)
		send_n(i);
	rig_turn(&rig);
	for (unsigned i = 11; i <= 30; i++)
		send_n(i);
	rig_turn(&rig);
	rig_turn(&rig);
	CU_ASSERT_TRUE(fakes.n_sent >= 2 && fakes.n_sent < 30);
	for (unsigned k = 0; k < fakes.n_sent; k++) {
		struct arena *a = arena_new();
		struct envelope e;
		struct es_err err;

		CU_ASSERT_EQUAL_FATAL(
		    envelope_decode(fakes.sent[k], strlen(fakes.sent[k]), a, &e, &err),
		    ES_OK);
		for (size_t i = 0; i < e.n; i++, next++) {
			char want[16];

			(void)snprintf(want, sizeof(want), "m%u", next);
			CU_ASSERT_STRING_EQUAL(e.messages[i].body, want);
		}
		arena_free(&a);
	}
	CU_ASSERT_EQUAL(next, 31);
	one_client_down();
}

static void
lets_32_wait_and_no_more(void)
{
	one_client_up();
	fakes.hold = true;
	for (unsigned i = 1; i <= SENDS_WAITING_MAX + 1; i++)
		send_n(i);
	CU_ASSERT_TRUE(one_client_answered("\"busy\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"id\":\"i33\""));
	fakes.hold = false;
	one_client_down();
}

/* The database or the queue does not answer: after the time-out each waiting send
 * receives an error, and the worker does not put it into the queue. */
static void
answers_at_the_time_out(void)
{
	one_client_up();
	fakes.hold = true;
	send_n(1);
	send_n(2);
	rig_turn(&rig);
	rig.worker.env.now_ms += rig.conf.send_timeout_ms - 100;
	send_queue_tick(rig.worker.sends);
	CU_ASSERT_EQUAL(
	    LIST_ITEM(list_first(&rig_conn(&rig, &client)->lanes), struct send_lane, link)
		->n,
	    2);
	rig.worker.env.now_ms += 100;
	send_queue_tick(rig.worker.sends);
	CU_ASSERT_TRUE(one_client_answered("\"unavailable\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"id\":\"i1\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"retryable\":true"));
	CU_ASSERT_TRUE(one_client_answered("\"id\":\"i2\""));
	fakes.hold = false;
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.n_sent, 0);
	send_n(3); /* the lane continues */
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.n_sent, 1);
	one_client_down();
}

static void
looks_up_at_the_deadline(void)
{
	one_client_up();
	send_n(1);
	rig_turn(&rig);
	send_outcomes_tick(rig.worker.outcomes);
	CU_ASSERT_FALSE(fakes_run()); /* the look-up is not due yet */
	rig.worker.env.now_ms += rig.conf.send_timeout_ms;
	send_outcomes_tick(rig.worker.outcomes);
	CU_ASSERT_TRUE(one_client_answered("\"messageId\":100"));
	fakes.known = false;
	send_n(2);
	rig_turn(&rig);
	rig.worker.env.now_ms += rig.conf.send_timeout_ms;
	send_outcomes_tick(rig.worker.outcomes);
	CU_ASSERT_TRUE(one_client_answered("outcome_unknown"));
	send_n(3);
	rig_turn(&rig);
	fakes.pg_down = true;
	rig.worker.env.now_ms += rig.conf.send_timeout_ms;
	send_outcomes_tick(rig.worker.outcomes);
	CU_ASSERT_TRUE(one_client_answered("outcome_unknown"));
	one_client_down();
}

static void
looks_up_after_a_reconnect_to_redis(void)
{
	one_client_up();
	send_n(1);
	rig_turn(&rig);
	fakes.known = false;
	send_outcomes_on_subscribed(rig.worker.outcomes);
	CU_ASSERT_TRUE(
	    fakes_run()); /* the outcome is unknown, and the time-out is not over */
	fakes.known = true;
	send_outcomes_on_subscribed(rig.worker.outcomes);
	CU_ASSERT_TRUE(one_client_answered("\"messageId\":100"));
	send_outcomes_on_subscribed(
	    rig.worker.outcomes); /* no send waits for an outcome */
	CU_ASSERT_FALSE(fakes_run());
	one_client_down();
}

/* After a reconnect to Redis thousands of sends may wait for their outcomes. Their
 * look-ups must not fill the pipeline that logins use. */
static void
looks_up_a_few_outcomes_at_a_time(void)
{
	static const char format[] = "01900000-0000-7000-8000-%012u";
	struct channel_id channel;
	struct es_err err;

	one_client_up();
	rig_conn(&rig, &client)->user_quota = 1000;
	for (unsigned i = 0; i < 200; i++) { /* each channel needs an envelope */
		(void)snprintf(channel.text, sizeof(channel.text), format, i);
		CU_ASSERT_EQUAL(
		    send_queue_add(rig.worker.sends, rig_conn(&rig, &client),
			&(struct send_new){.channel = channel, .body = "x", .id = "i"},
			&err),
		    ES_OK);
	}
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.n_sent, 200);
	send_outcomes_on_subscribed(rig.worker.outcomes);
	CU_ASSERT_EQUAL(fakes.outcome_statements, 64);
	send_outcomes_on_subscribed(rig.worker.outcomes); /* the limit is reached */
	CU_ASSERT_EQUAL(fakes.outcome_statements, 64);
	while (fakes_run())
		;
	CU_ASSERT_TRUE(fakes.outcome_statements >= 200);
	one_client_down();
}

static void
limits_the_user(void)
{
	one_client_up();
	rig_conn(&rig, &client)->user_quota = 2;
	rig_conn(&rig, &client)->user_window_ms = 60000;
	send_n(1);
	send_n(2);
	send_n(3);
	CU_ASSERT_TRUE(one_client_answered("rate_limited"));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"id\":\"i3\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"retryAfterMs\":"));
	one_client_down();
}

static void
drops_the_sends_of_a_closed_connection(void)
{
	one_client_up();
	send_n(1);
	send_n(2);
	worker_turn(&rig.worker);
	ev_run(rig.worker.env.loop,
	    EVRUN_NOWAIT); /* the worker has read the sends, and no answer has arrived */
	client_close(&client);
	rig_turn(&rig);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(rig.worker.conns.n, 0);
	rig_client(&rig, &client, 0);
	one_client_down();
}

/* n letters that take 12 bytes each in an envelope. */
static char *
letters(size_t n)
{
	char *text = mem_new(1, 4 * n + 1);

	for (size_t i = 0; i < n; i++)
		memcpy(text + 4 * i, "\xf0\x9f\x98\x80", 4);
	return text;
}

/* Bodies that would just fit into one envelope if the sender had no name. */
static void
leaves_room_for_a_long_name(void)
{
	static const size_t n[] = {10000, 10000, 330};
	const struct channel_id channel = {CHANNEL};
	struct es_err err;
	struct conn *c;

	one_client_up();
	c = rig_conn(&rig, &client);
	mem_free(c->display_name);
	c->display_name = letters(200);
	for (unsigned i = 0; i < ES_COUNT(n); i++) {
		char *body = letters(n[i]);

		CU_ASSERT_EQUAL(
		    send_queue_add(rig.worker.sends, c,
			&(struct send_new){.channel = channel, .body = body}, &err),
		    ES_OK);
		mem_free(body);
	}
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.n_sent, 2);
	one_client_down();
}

static void
send_traced(const char *traceparent)
{
	char json[256];

	(void)snprintf(json, sizeof(json),
	    "{\"type\":\"send\",\"channelId\":\"" CHANNEL
	    "\",\"body\":\"m\",\"traceparent\":\"%s\"}",
	    traceparent);
	client_text(&client, json);
	rig_turn(&rig);
}

/* The sampler traces all sends whose clients have not decided. */
static void
keeps_a_clients_no(void)
{
	struct es_err err;
	struct trace *trace;

	one_client_up();
	CU_ASSERT_EQUAL_FATAL(
	    trace_open(1000000, rig.metrics, PM_TRACE_DROPPED, &trace, &err), ES_OK);
	rig.worker.env.trace = trace;
	send_traced("not valid");
	send_traced("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
	CU_ASSERT_EQUAL_FATAL(fakes.n_sent, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(fakes.sent[0], "\"traceparent\":\"00-"));
	CU_ASSERT_PTR_NULL(strstr(fakes.sent[1], "\"traceparent\":\"00-"));
	one_client_down();
	trace_close(&trace);
}

static CU_TestInfo cases[] = {
    {"acks after the commit, once", acks_after_the_commit},
    {"answers refusals", answers_refusals},
    {"keeps the sender's order, in batches", keeps_the_senders_order_in_batches},
    {"lets 32 wait and no more", lets_32_wait_and_no_more},
    {"answers a send at its time-out", answers_at_the_time_out},
    {"looks outcomes up at the deadline", looks_up_at_the_deadline},
    {"looks outcomes up after a reconnect to Redis", looks_up_after_a_reconnect_to_redis},
    {"looks a few outcomes up at a time", looks_up_a_few_outcomes_at_a_time},
    {"limits the user", limits_the_user},
    {"drops the sends of a closed connection", drops_the_sends_of_a_closed_connection},
    {"leaves room for a long name", leaves_room_for_a_long_name},
    {"keeps a client's decision against a trace", keeps_a_clients_no},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/send_queue", cases)
