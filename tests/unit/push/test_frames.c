/* From the handshake to the answer of a frame: authentication, parsing, limits. */
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"

#include "core/check.h"
#include "frames/frames.h"
#include "one_client.h"
#include "who/who_state.h"

#include "core/banned.h"

static void
sends_hello_once_per_connection(void)
{
	one_client_up();
	CU_ASSERT_EQUAL(fakes.opened, 1);
	CU_ASSERT_EQUAL(metrics_sum(rig.worker.env.metrics, PM_CONNECTIONS), 1);
	one_client_down();
	CU_ASSERT_EQUAL(fakes.closed, 1);
}

static void
refuses_by_close_code(void)
{
	static const struct {
		enum es_code rc;
		unsigned code;
	} cases[] = {
	    {ES_UNAUTHENTICATED, 4001},
	    {ES_TOKEN_REVOKED, 4003},
	    {ES_TENANT_SUSPENDED, 4004},
	};

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		rig_up(&rig);
		fakes.principal = cases[i].rc;
		rig_client(&rig, &client, 0);
		CU_ASSERT_EQUAL(rig_close_code(&rig, &client), cases[i].code);
		CU_ASSERT_EQUAL(fakes.opened, 0);
		one_client_down();
	}
}

static void
looks_up_again_while_the_database_is_away(void)
{
	struct conn *c;

	rig_up(&rig);
	fakes.pg_down = true;
	rig_client(&rig, &client, 0);
	client_text(&client, "{\"type\":\"ping\",\"id\":\"early\"}");
	rig_turn(&rig);
	rig_second(&rig);
	c = rig_conn(&rig, &client);
	CU_ASSERT_TRUE(c != NULL && c->state == CONN_GREETING);
	fakes.pg_down = false;
	rig_second(&rig);
	CU_ASSERT_TRUE(one_client_answered("\"type\":\"hello\""));
	CU_ASSERT_TRUE(one_client_answered(
	    "\"early\"")); /* the frame sent before hello has waited */
	one_client_down();

	rig_up(&rig);
	fakes.pg_down = true;
	rig_client(&rig, &client, 0);
	rig_turn(&rig);
	rig_conn(&rig, &client)->auth.greeting_ms -= rig.conf.auth_timeout_ms;
	rig_second(&rig);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_AUTH_TIMEOUT);
	one_client_down();
}

/* While the database is away, the worker retries each second but verifies no signature
 * again: here the keyring has lost the key of the token. */
static void
verifies_a_token_once(void)
{
	rig_up(&rig);
	fakes.pg_down = true;
	rig_client(&rig, &client, 0);
	rig_turn(&rig);
	rig.worker.who->rules.n_keys = 0;
	for (int i = 0; i < 5; i++)
		rig_second(&rig);
	fakes.pg_down = false;
	rig_second(&rig);
	CU_ASSERT_TRUE(one_client_answered("\"type\":\"hello\""));
	one_client_down();
}

/* The worker keeps the verified claims of a waiting token, and checks their expiry. */
static void
refuses_a_token_that_expires_while_it_waits(void)
{
	rig_up(&rig);
	fakes.pg_down = true;
	rig_client(&rig, &client, 0);
	rig_turn(&rig);
	rig_conn(&rig, &client)->auth.claims->expires_s = clock_wall_ms() / 1000;
	rig_second(&rig);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_TOKEN_EXPIRED);
	one_client_down();
}

/* Redis does not answer how many connections the user has. The close reason must not
 * blame the token. */
static void
names_the_step_that_was_late(void)
{
	struct conn *c;

	rig_up(&rig);
	fakes.hold_eval = true;
	rig_client(&rig, &client, 0);
	rig_turn(&rig);
	c = rig_conn(&rig, &client);
	c->auth.greeting_ms -= rig.conf.auth_timeout_ms;
	rig_second(&rig);
	CU_ASSERT_STRING_EQUAL(
	    c->io.reason, "the server cannot count the user's connections at the moment");
	CU_ASSERT_TRUE(fakes_answer_eval());
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_AUTH_TIMEOUT);
	one_client_down();
}

static void
accepts_a_token_in_the_first_frame(void)
{
	char *token, json[2000];

	rig_up(&rig);
	fakes.hold = true;
	rig_client_without_token(&rig, &client);
	token = rig_token(&rig);
	(void)snprintf(json, sizeof(json), "{\"type\":\"auth\",\"token\":\"%s\"}", token);
	client_text(&client, "{\"type\":\"ping\",\"id\":\"early\"}");
	client_text(&client, json);
	rig_turn(&rig);
	client_text(&client, json); /* waits, like every frame while a token is checked */
	rig_turn(&rig);
	fakes.hold = false;
	CU_ASSERT_TRUE(one_client_answered("\"type\":\"hello\""));
	CU_ASSERT_TRUE(one_client_answered("\"early\""));
	one_client_down();
	mem_free(token);

	rig_up(&rig);
	rig_client_without_token(&rig, &client);
	client_text(&client, "{\"type\":\"auth\",\"token\":\"garbage\"}");
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_BAD_TOKEN);
	one_client_down();
}

/* The worker has accepted the token, and Redis counts the user's connections. A second
 * token must not cause a second hello. */
static void
sends_one_hello_for_two_tokens(void)
{
	char *token, json[2000];

	rig_up(&rig);
	fakes.hold_eval = true;
	rig_client(&rig, &client, 0);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(rig_conn(&rig, &client)->state, CONN_GREETING);
	token = rig_token(&rig);
	(void)snprintf(json, sizeof(json), "{\"type\":\"auth\",\"token\":\"%s\"}", token);
	client_text(&client, json);
	rig_turn(&rig);
	CU_ASSERT_TRUE(fakes_answer_eval());
	CU_ASSERT_FALSE(fakes_answer_eval());
	CU_ASSERT_TRUE(one_client_answered("\"type\":\"hello\""));
	CU_ASSERT_EQUAL(fakes.opened, 1);
	one_client_down();
	mem_free(token);
}

/* The client breaks the protocol while the worker checks its token. No hello may follow
 * the Close frame. */
static void
sends_nothing_after_a_close_for_bad_utf8(void)
{
	rig_up(&rig);
	fakes.hold_eval = true;
	rig_client(&rig, &client, 0);
	rig_turn(&rig);
	client_send(&client, 1, true, "\xc3\x28", 2);
	rig_turn(&rig);
	CU_ASSERT_TRUE(fakes_answer_eval());
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), 1007);
	rig_turn(&rig);
	(void)client_read(&client, sizeof(client.data));
	CU_ASSERT_EQUAL(client.len, 0);
	one_client_down();
}

static void
bounds_the_frames_before_hello(void)
{
	rig_up(&rig);
	fakes.pg_down = true;
	rig_client(&rig, &client, 0);
	for (int i = 0; i < 65; i++)
		client_text(&client, "{\"type\":\"ping\"}");
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_PROTOCOL);
	one_client_down();
}

static void
closes_when_the_token_expires(void)
{
	struct conn *c;

	one_client_up();
	c = rig_conn(&rig, &client);
	c->expires_s = clock_wall_ms() / 1000 + 50;
	who_ping_interval(rig.worker.who, c);
	rig_second(&rig);
	CU_ASSERT_TRUE(one_client_answered("\"token_expiring\""));
	c->expires_s = clock_wall_ms() / 1000;
	rig_second(&rig);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_TOKEN_EXPIRED);
	one_client_down();
}

static void
answers_bad_frames_with_an_error(void)
{
	static const struct {
		const char *frame, *code, *also;
	} cases[] = {
	    {"{", "bad_request", "error"},
	    {"[]", "\"error\"", "error"},
	    {"{\"type\":\"dance\",\"id\":\"1\"}", "unknown_type", "\"id\":\"1\""},
	    {"{\"id\":\"2\"}", "validation_failed", "\"id\":\"2\""},
	    {"{\"type\":\"ping\",\"id\":5}", "validation_failed", "\"field\":\"id\""},
	    {"{\"type\":\"ping\",\"id\":\"\"}", "validation_failed", "\"field\":\"id\""},
	    {"{\"type\":\"send\",\"id\":\"3\",\"body\":\"x\"}", "validation_failed",
		"\"field\":\"channelId\""},
	    {"{\"type\":\"send\",\"id\":\"4\",\"channelId\":\"x\",\"body\":\"x\"}",
		"not_found", "\"op\":\"send\""},
	    {"{\"type\":\"send\",\"id\":\"7\",\"body\":\"\\u3164 \","
	     "\"channelId\":\"01900000-0000-7000-8000-00000000c001\"}",
		"validation_failed", "\"field\":\"body\""},
	    {"{\"type\":\"auth\",\"id\":\"5\",\"token\":\"rubbish\"}", "unauthenticated",
		"\"op\":\"auth\""},
	};

	one_client_up();
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		client_text(&client, cases[i].frame);
		CU_ASSERT_TRUE_FATAL(one_client_answered(cases[i].code));
		CU_ASSERT_PTR_NOT_NULL(strstr(got.text, cases[i].also));
		if (strstr(got.text, cases[i].also) == NULL)
			(void)fprintf(stderr, "%s\n%s\n", cases[i].frame, got.text);
	}
	client_text(&client, "{\"type\":\"ping\",\"id\":\"6\",\"colour\":\"red\"}");
	CU_ASSERT_TRUE(one_client_answered("\"type\":\"pong\",\"id\":\"6\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"serverTime\":\"2"));
	one_client_down();
}

static void
assembles_fragments(void)
{
	static const char json[] = "{\"type\":\"ping\",\"id\":\"pieces\"}";

	one_client_up();
	client_send(&client, 1, false, json, 5);
	client_send(&client, 0, false, json + 5, 0);
	client_send(&client, 0, false, json + 5, 9);
	client_send(&client, 0, true, json + 14, sizeof(json) - 1 - 14);
	CU_ASSERT_TRUE(one_client_answered("\"id\":\"pieces\""));
	one_client_down();
}

static void
limits_frames(void)
{
	one_client_up();
	/* the first ping is not counted; one more is free after 5 s */
	for (int i = 0; i < 61; i++)
		client_text(&client, "{\"type\":\"ping\"}");
	client_text(&client, "{\"type\":\"ping\",\"id\":\"62\"}");
	CU_ASSERT_TRUE(one_client_answered("rate_limited"));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"retryAfterMs\":"));
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	for (int i = 0; i < 540; i++) {
		client_text(&client, "{\"type\":\"ping\"}");
		rig_turn(&rig);
		(void)client_read(&client, 65536);
	}
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_RATE);
	one_client_down();
}

/* Malformed sends count against ES_LIMIT_FRAMES, because the limit of sends does not
 * count them. */
static void
limits_sends_that_are_refused(void)
{
	one_client_up();
	for (int i = 0; i < 60; i++)
		client_text(&client, "{\"type\":\"send\",\"id\":\"bad\"}");
	CU_ASSERT_TRUE(one_client_answered("\"field\":\"channelId\""));
	client_text(&client, "{\"type\":\"send\",\"id\":\"bad\"}");
	CU_ASSERT_TRUE(one_client_answered("rate_limited"));
	for (int i = 0; i < 540 && rig_conn(&rig, &client) != NULL; i++) {
		client_text(&client, "{\"type\":\"send\",\"id\":\"bad\"}");
		rig_turn(&rig);
		(void)client_read(&client, 65536);
	}
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_RATE);
	one_client_down();
}

/* The worker closes the connection after more than 1,000 sends to a full lane. */
static void
limits_sends_to_a_full_lane(void)
{
	static const char send[] =
	    "{\"type\":\"send\",\"channelId\":"
	    "\"01900000-0000-7000-8000-00000000c001\",\"body\":\"x\"}";

	one_client_up();
	fakes.hold = true; /* the question for the right is never answered, so no send
	                    * leaves the lane */
	for (int i = 0; i < 32 + 1000; i++) {
		client_text(&client, send);
		rig_turn(&rig);
		(void)client_read(&client, 65536);
	}
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	client_text(&client, send);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_RATE);
	fakes.hold = false;
	one_client_down();
}

static CU_TestInfo cases[] = {
    {"sends hello", sends_hello_once_per_connection},
    {"refuses with a close code", refuses_by_close_code},
    {"looks the user up again while the database is away, then closes",
	looks_up_again_while_the_database_is_away},
    {"verifies a token once", verifies_a_token_once},
    {"refuses a token that expires while it waits",
	refuses_a_token_that_expires_while_it_waits},
    {"names the cause of a late hello", names_the_step_that_was_late},
    {"accepts a token in the first frame", accepts_a_token_in_the_first_frame},
    {"sends one hello for two tokens", sends_one_hello_for_two_tokens},
    {"sends no hello after a close for bad UTF-8",
	sends_nothing_after_a_close_for_bad_utf8},
    {"bounds the frames before hello", bounds_the_frames_before_hello},
    {"closes when the token expires", closes_when_the_token_expires},
    {"answers bad frames with an error", answers_bad_frames_with_an_error},
    {"assembles fragments", assembles_fragments},
    {"limits frames", limits_frames},
    {"limits sends that are refused", limits_sends_that_are_refused},
    {"limits sends to a full lane", limits_sends_to_a_full_lane},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/frames", cases)
