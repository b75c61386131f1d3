/* The answer of an edit, a delete and a reaction for each outcome. Queue, reply topic and
 * database are fakes. */
#include "send/message_change.h"

#include <string.h>

#include "cunit_main.h"
#include "http/http_body.h"
#include "send/send_gate.h"
#include "send_fakes.h"

#include "core/banned.h"

#define USER_ID "01900000-0000-7000-8000-00000000a001"
#define THUMB   "\U0001f44d"

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
	world.subscribed = world.answered = true;
	world.outcome = (struct outcome){.result = OUTCOME_COMMITTED,
	    .code = ES_OK,
	    .message_id = 7,
	    .seq = 9,
	    .version = 2};
	world.first = (struct message){.body = "new",
	    .sender_display_name = "Alice",
	    .client_id = "k",
	    .version = 2};
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
call(http_handler *handler, const char *json, const char *key, const char *if_match)
{
	request = (struct http_req){.arena = mem,
	    .body = json,
	    .body_len = json != NULL ? strlen(json) : 0,
	    .params = {CHANNEL_ID, "7", THUMB},
	    .headers = {.content_type = "application/json",
		.idempotency_key = key,
		.if_match = if_match,
		.prefer = request.headers.prefer},
	    .who = {
		.actor = {.user = {USER_ID}, .display_name = "Alice", .role = "member"}}};
	http_res_init(&answer, mem);
	fault = (struct es_err){0};
	return handler(&the_api, &request, &answer, &fault);
}

static enum es_code
edit(const char *key, const char *if_match)
{
	return call(message_edit, "{\"body\":\"new\"}", key, if_match);
}

static bool
queued(const char *part)
{
	return strstr(world.queued, part) != NULL;
}

static void
committed(void)
{
	begin();
	CU_ASSERT_EQUAL(edit("k", "\"1\""), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 200);
	CU_ASSERT_STRING_EQUAL(http_header_get(&answer, "ETag"), "\"2\"");
	CU_ASSERT_PTR_NULL(http_header_get(&answer, "Idempotency-Replayed"));
	CU_ASSERT_PTR_NOT_NULL(strstr(answer.body.data, "\"version\":2"));
	CU_ASSERT_TRUE(queued("\"op\":\"edit\""));
	CU_ASSERT_TRUE(queued("\"target\":7"));
	CU_ASSERT_TRUE(queued("\"ifVersion\":1"));
	CU_ASSERT_TRUE(queued("\"body\":\"new\""));
	CU_ASSERT_TRUE(queued("\"cid\":\"k\""));
	CU_ASSERT_EQUAL(call(message_delete, NULL, "k", NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 204);
	CU_ASSERT_PTR_NULL(answer.type);
	CU_ASSERT_TRUE(queued("\"op\":\"delete\""));
	CU_ASSERT_EQUAL(call(reaction_put, NULL, NULL, NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 204);
	CU_ASSERT_TRUE(queued("\"op\":\"react\""));
	CU_ASSERT_TRUE(queued("\"emoji\":\"\\ud83d\\udc4d\""));
	CU_ASSERT_EQUAL(call(reaction_delete, NULL, NULL, NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 204);
	CU_ASSERT_TRUE(queued("\"op\":\"unreact\""));
	CU_ASSERT_EQUAL(world.read, 1); /* only an edit returns the message */
	end();
}

static void
repeated(void)
{
	begin();
	world.outcome.result = OUTCOME_REPEAT;
	CU_ASSERT_EQUAL(edit("k", NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 200);
	CU_ASSERT_STRING_EQUAL(http_header_get(&answer, "Idempotency-Replayed"), "true");
	CU_ASSERT_EQUAL(call(message_delete, NULL, "k", NULL), ES_OK);
	CU_ASSERT_STRING_EQUAL(http_header_get(&answer, "Idempotency-Replayed"), "true");
	CU_ASSERT_EQUAL(call(reaction_put, NULL, NULL, NULL), ES_OK);
	CU_ASSERT_PTR_NULL(http_header_get(&answer, "Idempotency-Replayed"));
	end();
}

static void
refused_at_the_commit(void)
{
	static const enum es_code codes[] = {ES_NOT_FOUND, ES_FORBIDDEN,
	    ES_EDIT_WINDOW_OVER, ES_CHANNEL_ARCHIVED, ES_GONE, ES_VERSION_CONFLICT};

	begin();
	world.outcome.result = OUTCOME_REFUSED;
	for (size_t i = 0; i < ES_COUNT(codes); i++) {
		world.outcome.code = codes[i];
		CU_ASSERT_EQUAL(edit("k", NULL), codes[i]);
		CU_ASSERT_EQUAL(fault.code, codes[i]);
	}
	world.outcome.code = ES_KEY_REUSED;
	CU_ASSERT_EQUAL(edit("k", NULL), ES_KEY_REUSED);
	CU_ASSERT_STRING_EQUAL(fault.field, ":Idempotency-Key");
	CU_ASSERT_EQUAL(world.read, 0);
	end();
}

/* What the check refuses is not queued. With a key it may be a repeat: then the outcome
 * counts. */
static void
refused_by_the_check(void)
{
	begin();
	world.guarded = true;
	world.may = ES_VERSION_CONFLICT;
	CU_ASSERT_EQUAL(edit(NULL, "\"1\""), ES_VERSION_CONFLICT);
	CU_ASSERT_EQUAL(world.checked.op, OP_EDIT);
	CU_ASSERT_EQUAL(world.checked.target, 7);
	CU_ASSERT_EQUAL(world.checked.if_version, 1);
	CU_ASSERT_EQUAL(world.asked, 0);
	CU_ASSERT_EQUAL(edit("k", "\"1\""), ES_VERSION_CONFLICT);
	CU_ASSERT_EQUAL(world.asked, 1);
	CU_ASSERT_EQUAL(world.charged, 2);
	world.in_database = true;
	CU_ASSERT_EQUAL(edit("k", "\"1\""), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 200);
	CU_ASSERT_STRING_EQUAL(http_header_get(&answer, "Idempotency-Replayed"), "true");
	world.may = ES_GONE;
	CU_ASSERT_EQUAL(call(message_delete, NULL, "k", NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 204);
	world.may = ES_NOT_FOUND;
	CU_ASSERT_EQUAL(edit("k", NULL), ES_NOT_FOUND);
	CU_ASSERT_EQUAL(world.enqueued, 0);
	end();
}

static void
refused_while_an_upgrade_is_under_way(void)
{
	begin();
	world.may = ES_UNAVAILABLE;
	world.may_text = MESSAGE_CHANGE_UPGRADING;
	CU_ASSERT_EQUAL(edit("k", NULL), ES_UNAVAILABLE);
	CU_ASSERT_STRING_EQUAL(answer.detail, MESSAGE_CHANGE_UPGRADING);
	CU_ASSERT_EQUAL(fault.retry_after_ms, 10000);
	world.may_text = "the database is away";
	CU_ASSERT_EQUAL(edit("k", NULL), ES_UNAVAILABLE);
	CU_ASSERT_PTR_NULL(answer.detail);
	CU_ASSERT_EQUAL(world.enqueued, 0);
	end();
}

static void
no_outcome_in_time(void)
{
	begin();
	world.answered = false;
	CU_ASSERT_EQUAL(edit("k", NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 202);
	CU_ASSERT_STRING_EQUAL(answer.body.data,
	    "{\"messageId\":7,\"idempotencyKey\":\"k\",\"state\":\"accepted\"}");
	CU_ASSERT_STRING_EQUAL(http_header_get(&answer, "Location"),
	    "/api/v1/channels/" CHANNEL_ID "/messages/7");
	CU_ASSERT_PTR_NULL(http_header_get(&answer, "Preference-Applied"));
	CU_ASSERT_EQUAL(call(reaction_put, NULL, NULL, NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 202);
	CU_ASSERT_STRING_EQUAL(
	    answer.body.data, "{\"messageId\":7,\"state\":\"accepted\"}");
	request.headers.prefer = "respond-async";
	world.answered = true;
	CU_ASSERT_EQUAL(call(message_delete, NULL, NULL, NULL), ES_OK);
	CU_ASSERT_EQUAL(answer.status, 202);
	CU_ASSERT_STRING_EQUAL(
	    http_header_get(&answer, "Preference-Applied"), "respond-async");
	request.headers.prefer = NULL;
	end();
}

static void
malformed(void)
{
	static const char *const tags[] = {
	    "1", "\"\"", "\"0\"", "\"01\"", "\"x\"", "W/\"1\"", "\"1\", \"2\"", "\"", ""};

	begin();
	for (size_t i = 0; i < ES_COUNT(tags); i++) {
		if (edit(NULL, tags[i]) != ES_BAD_REQUEST)
			CU_FAIL(tags[i]);
		CU_ASSERT_STRING_EQUAL(fault.field, ":If-Match");
	}
	CU_ASSERT_EQUAL(edit("a b", NULL), ES_BAD_REQUEST);
	CU_ASSERT_STRING_EQUAL(fault.field, ":Idempotency-Key");
	CU_ASSERT_EQUAL(call(message_edit, "{\"body\":\"\"}", NULL, NULL), ES_INVALID);
	CU_ASSERT_EQUAL(call(message_edit, "{\"body\":\"12345678901\"}", NULL, NULL),
	    ES_BODY_TOO_LONG);
	CU_ASSERT_EQUAL(world.enqueued, 0);
	CU_ASSERT_EQUAL(edit(NULL, "*"), ES_OK);
	CU_ASSERT_EQUAL(world.checked.if_version, 0);
	end();
}

static CU_TestInfo cases[] = {
    {"a committed change", committed},
    {"a repeat is marked", repeated},
    {"a refusal at the commit has its own code", refused_at_the_commit},
    {"a refusal by the check, unless it is a repeat", refused_by_the_check},
    {"503 while an upgrade is under way", refused_while_an_upgrade_is_under_way},
    {"202 without an outcome in time", no_outcome_in_time},
    {"malformed headers and bodies", malformed},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/message_change", cases)
