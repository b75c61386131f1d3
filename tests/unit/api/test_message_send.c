/* The answer of a send for each outcome. Queue, reply topic and database are fakes. */
#include <string.h>

#include "cunit_main.h"
#include "env/api_metrics.h"
#include "handlers/handlers.h"
#include "http/json_shape.h"
#include "http/problem.h"
#include "send/message_send.h"
#include "send/send_gate.h"
#include "send_fakes.h"

#include "core/banned.h"

#define USER_ID "01900000-0000-7000-8000-00000000a001"

static struct api_conf conf;
static struct api the_api;
static struct arena *mem;
static struct http_req request;
static struct http_res answer;
static struct es_err fault;

static void
begin(void)
{
	conf = (struct api_conf){.send_wait_ms = 1000, .body_max_chars = 10};
	the_api = (struct api){.conf = &conf};
	memset(&world, 0, sizeof(world));
	world.subscribed = true;
	world.outcome = (struct outcome){.result = OUTCOME_COMMITTED,
	    .code = ES_OK,
	    .message_id = 7,
	    .created_ms = 1767322984678LL};
	CU_ASSERT_EQUAL_FATAL(send_gate_open(4, &the_api.gate, &fault), ES_OK);
	mem = arena_new();
}

static void
end(void)
{
	send_gate_close(&the_api.gate);
	arena_free(&mem);
}

static enum es_code
post(const char *json, const char *prefer)
{
	request = (struct http_req){.arena = mem,
	    .body = json,
	    .body_len = strlen(json),
	    .params = {CHANNEL_ID},
	    .headers = {.content_type = "application/json", .prefer = prefer},
	    .who = {
		.actor = {.user = {USER_ID}, .display_name = "Alice", .role = "member"}}};
	http_res_init(&answer, mem);
	fault = (struct es_err){0};
	return message_send(&the_api, &request, &answer, &fault);
}

static bool
says(const char *part)
{
	return strstr(answer.body.data, part) != NULL;
}

static void
committed(void)
{
	begin();
	world.answered = true;
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\",\"clientMessageId\":\"k\"}", NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 201);
	CU_ASSERT_TRUE(says("\"messageId\":7"));
	CU_ASSERT_TRUE(says("\"prev\":6"));
	CU_ASSERT_TRUE(says("\"body\":\"hi\""));
	CU_ASSERT_TRUE(says("\"clientMessageId\":\"k\""));
	CU_ASSERT_TRUE(says("\"senderDisplayName\":\"Alice\""));
	CU_ASSERT_STRING_EQUAL(http_header_get(&answer, "Location"),
	    "/api/v1/channels/" CHANNEL_ID "/messages/7");
	CU_ASSERT_TRUE(world.named_reply);
	/* The sender was renamed between accept and commit. */
	world.outcome.sender_name = "Alicia";
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", NULL), ES_OK);
	CU_ASSERT_TRUE(says("\"senderDisplayName\":\"Alicia\""));
	end();
}

static void
repeated(void)
{
	begin();
	world.answered = true;
	world.outcome.result = OUTCOME_REPEAT;
	world.first = (struct message){
	    .deleted = true, .sender_display_name = "Alice", .client_id = "k"};
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\",\"clientMessageId\":\"k\"}", NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 200);
	CU_ASSERT_STRING_EQUAL(http_header_get(&answer, "Idempotency-Replayed"), "true");
	CU_ASSERT_TRUE(says("\"body\":null"));
	CU_ASSERT_TRUE(says("\"deleted\":true"));
	end();
}

static void
refused(void)
{
	static const enum es_code codes[] = {
	    ES_KEY_REUSED, ES_NOT_FOUND, ES_CHANNEL_ARCHIVED, ES_FORBIDDEN, ES_INTERNAL};

	for (size_t i = 0; i < ES_COUNT(codes); i++) {
		begin();
		world.answered = true;
		world.outcome.result = OUTCOME_REFUSED;
		world.outcome.code = codes[i];
		CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", NULL), codes[i]);
		CU_ASSERT_EQUAL(fault.code, codes[i]);
		end();
	}
}

static void
no_outcome_in_time(void)
{
	begin();
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\",\"clientMessageId\":\"k\"}", NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 202);
	CU_ASSERT_STRING_EQUAL(
	    answer.body.data, "{\"clientMessageId\":\"k\",\"state\":\"accepted\"}");
	CU_ASSERT_STRING_EQUAL(http_header_get(&answer, "Location"),
	    "/api/v1/channels/" CHANNEL_ID "/messages/by-client-id/k");
	CU_ASSERT_PTR_NULL(http_header_get(&answer, "Preference-Applied"));
	CU_ASSERT_EQUAL(world.asked, 1);
	/* The reply was lost, but the database has the outcome. */
	world.in_database = true;
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 201);
	end();
	begin();
	world.lost = world.answered = true;
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 201);
	CU_ASSERT_EQUAL(world.waits, 2);
	CU_ASSERT_EQUAL(world.asked, 1);
	end();
}

static void
not_waiting(void)
{
	begin();
	world.answered = true;
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", "respond-async"), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 202);
	CU_ASSERT_STRING_EQUAL(
	    http_header_get(&answer, "Preference-Applied"), "respond-async");
	CU_ASSERT_FALSE(world.named_reply);
	world.subscribed = false;
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 202);
	world.subscribed = true;
	conf.send_wait_ms = 0;
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 202);
	CU_ASSERT_EQUAL(world.waits, 0);
	CU_ASSERT_EQUAL(world.enqueued, 3);
	end();
}

/* After five time-outs in a row no send waits. Every outcome frees the send's seat. */
static void
stalled(void)
{
	begin();
	for (int i = 0; i < SEND_GATE_TIMEOUTS; i++)
		CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", NULL), ES_OK);
	CU_ASSERT_EQUAL(world.waits, SEND_GATE_TIMEOUTS);
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", NULL), ES_OK);
	CU_ASSERT_EQUAL(world.waits, SEND_GATE_TIMEOUTS + 1);
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", NULL), ES_OK);
	CU_ASSERT_EQUAL(world.waits, SEND_GATE_TIMEOUTS + 1);
	CU_ASSERT_EQUAL(answer.status, 202);
	end();
	begin();
	world.queue = ES_QUEUE_FULL;
	for (int i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", NULL), ES_QUEUE_FULL);
	CU_ASSERT_EQUAL(world.waits, 0);
	world.queue = ES_OK;
	world.answered = true;
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 201);
	end();
}

static void
before_the_queue(void)
{
	begin();
	CU_ASSERT_EQUAL(post("{\"body\":\"12345678901\"}", NULL), ES_BODY_TOO_LONG);
	CU_ASSERT_STRING_EQUAL(fault.field, "body");
	CU_ASSERT_EQUAL(post("{\"body\":\" \\n\\u200b\"}", NULL), ES_INVALID);
	CU_ASSERT_EQUAL(post("{\"body\":\"a\\u0000b\"}", NULL), ES_INVALID);
	CU_ASSERT_EQUAL(post("{\"body\":\"x\",\"extra\":1}", NULL), ES_INVALID);
	CU_ASSERT_STRING_EQUAL(fault.field, "extra");
	world.limits = ES_RATE_LIMITED;
	CU_ASSERT_EQUAL(post("{\"body\":\"x\"}", NULL), ES_RATE_LIMITED);
	world.limits = ES_OK;
	world.visible = ES_NOT_FOUND;
	CU_ASSERT_EQUAL(post("{\"body\":\"x\"}", NULL), ES_NOT_FOUND);
	CU_ASSERT_EQUAL(world.enqueued, 0);
	end();
}

/* The guard of the queue charges a message that is sent. A message that is refused before
 * is charged apart, and the limit is the reason that the client learns. */
static void
charged_by_the_queue(void)
{
	begin();
	world.guarded = world.answered = true;
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 201);
	CU_ASSERT_EQUAL(world.guards, 1);
	CU_ASSERT_EQUAL(world.charged, 0);
	world.visible = ES_NOT_FOUND;
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", NULL), ES_NOT_FOUND);
	CU_ASSERT_EQUAL(world.charged, 1);
	world.limits = ES_RATE_LIMITED;
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", NULL), ES_RATE_LIMITED);
	CU_ASSERT_EQUAL(fault.code, ES_RATE_LIMITED);
	world.visible = ES_OK;
	/* the refused sends free their seats at the gate */
	for (int i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", NULL), ES_RATE_LIMITED);
	world.limits = ES_OK;
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 201);
	CU_ASSERT_EQUAL(world.enqueued, 2);
	end();
}

/* A repeat of a committed message gets the same answer after the channel was archived. */
static void
into_an_archived_channel(void)
{
	begin();
	world.visible = ES_CHANNEL_ARCHIVED;
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", NULL), ES_CHANNEL_ARCHIVED);
	CU_ASSERT_EQUAL(world.asked, 0);
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\",\"clientMessageId\":\"k\"}", NULL),
	    ES_CHANNEL_ARCHIVED);
	CU_ASSERT_EQUAL(world.asked, 1);
	world.in_database = true;
	world.first = (struct message){
	    .body = "hi", .sender_display_name = "Alice", .client_id = "k"};
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\",\"clientMessageId\":\"k\"}", NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 200);
	CU_ASSERT_STRING_EQUAL(http_header_get(&answer, "Idempotency-Replayed"), "true");
	world.outcome =
	    (struct outcome){.result = OUTCOME_REFUSED, .code = ES_KEY_REUSED};
	CU_ASSERT_EQUAL(
	    post("{\"body\":\"ho\",\"clientMessageId\":\"k\"}", NULL), ES_KEY_REUSED);
	CU_ASSERT_EQUAL(world.enqueued, 0);
	end();
}

/* A send with the answer 202 deletes the refusal of an earlier attempt. Otherwise queries
 * would return that refusal until the commit. */
static void
deletes_an_old_refusal(void)
{
	static const char with_id[] = "{\"body\":\"hi\",\"clientMessageId\":\"k\"}";

	begin();
	world.queue = ES_QUEUE_FULL;
	CU_ASSERT_EQUAL(post(with_id, NULL), ES_QUEUE_FULL);
	CU_ASSERT_EQUAL(post(with_id, "respond-async"), ES_QUEUE_FULL);
	world.queue = ES_OK;
	world.answered = true;
	CU_ASSERT_EQUAL(post(with_id, NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 201);
	CU_ASSERT_EQUAL(world.superseded, 0);
	CU_ASSERT_EQUAL(post(with_id, "respond-async"), ES_OK);
	CU_ASSERT_EQUAL(world.superseded, 1);
	world.answered = false;
	CU_ASSERT_EQUAL(post(with_id, NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 202);
	CU_ASSERT_EQUAL(world.superseded, 2);
	CU_ASSERT_EQUAL(post("{\"body\":\"hi\"}", "respond-async"), ES_OK);
	CU_ASSERT_EQUAL(world.superseded, 2);
	end();
}

static CU_TestInfo cases[] = {
    {"a repeat in an archived channel is answered as a repeat", into_an_archived_channel},
    {"a new attempt deletes an old refusal", deletes_an_old_refusal},
    {"committed is 201", committed},
    {"a repeat is 200 with the stored message", repeated},
    {"a refusal at commit has its own code", refused},
    {"without an outcome in time it asks the database, then answers 202",
	no_outcome_in_time},
    {"a send that need not or cannot wait is answered at once", not_waiting},
    {"a stall does not block the workers", stalled},
    {"a refused send is never queued", before_the_queue},
    {"the queue's guard charges what is sent", charged_by_the_queue},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/message_send", cases)
