/* Edits, deletes and reactions from sockets: their lane, their answers, and when none may
 * go to the queue. */
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"

#include "event/envelope.h"
#include "event/event.h"
#include "one_client.h"
#include "send/change_gate.h"
#include "send/send_outcomes.h"
#include "send/send_queue.h"

#include "core/banned.h"

#define CHANNEL "01900000-0000-7000-8000-00000000c001"

/* Sends a frame with this type and id, and these further members. */
static void
frame(const char *type, const char *id, const char *members)
{
	char json[512];

	(void)snprintf(json, sizeof(json),
	    "{\"type\":\"%s\",\"id\":\"%s\",\"channelId\":\"" CHANNEL "\",%s}", type, id,
	    members);
	client_text(&client, json);
}

#define EDIT   "\"messageId\":7,\"body\":\"new\""
#define DELETE "\"messageId\":7"
#define REACT  "\"messageId\":7,\"emoji\":\":tada:\""

static void
decode(unsigned k, struct arena *a, struct envelope *out)
{
	struct es_err err;

	CU_ASSERT_TRUE_FATAL(k < fakes.n_sent);
	CU_ASSERT_EQUAL_FATAL(
	    envelope_decode(fakes.sent[k], strlen(fakes.sent[k]), a, out, &err), ES_OK);
}

/* Turns the loop, and lets held reactions go to the queue. */
static void
release(void)
{
	rig_turn(&rig);
	send_queue_release(rig.worker.sends);
	rig_turn(&rig);
}

/* Passes fanout's answer to the first change of the k-th envelope to the worker. */
static void
reply(unsigned k, struct outcome outcome)
{
	struct arena *a = arena_new();
	struct envelope e;
	struct reply r;
	struct text text;

	decode(k, a, &e);
	CU_ASSERT_EQUAL_FATAL(e.n, 1);
	outcome.client_id = e.messages[0].client_id;
	r = (struct reply){e.id, &outcome, 1};
	text_init(&text, a, 65536);
	reply_encode(&r, &text);
	send_outcomes_message(rig.worker.outcomes, text.data, text.len);
	arena_free(&a);
}

static void
one_lane_mixes_messages_and_changes(void)
{
	static const enum envelope_op want[] = {
	    OP_MESSAGE, OP_EDIT, OP_MESSAGE, OP_REACT, OP_DELETE, OP_UNREACT};
	struct arena *a = arena_new();
	unsigned next = 0;

	one_client_up();
	frame("send", "1", "\"body\":\"one\"");
	frame("edit", "2", EDIT ",\"ifVersion\":3,\"clientMessageId\":\"c2\"");
	frame("send", "3", "\"body\":\"two\"");
	frame("react", "4", REACT);
	frame("delete", "5", "\"messageId\":\"8\",\"ifVersion\":\"4\"");
	frame("unreact", "6", REACT);
	release();
	CU_ASSERT_TRUE(fakes.n_sent >= 1 && fakes.n_sent <= 3);
	for (unsigned k = 0; k < fakes.n_sent; k++) {
		struct envelope e;

		decode(k, a, &e);
		for (size_t i = 0; i < e.n; i++) {
			const struct envelope_message *m = &e.messages[i];

			CU_ASSERT_EQUAL_FATAL(m->op, want[next++]);
			if (m->op == OP_EDIT) {
				CU_ASSERT_STRING_EQUAL(m->client_id, "c2");
				CU_ASSERT_STRING_EQUAL(m->body, "new");
				CU_ASSERT_TRUE(m->target == 7 && m->if_version == 3);
			} else if (m->op == OP_DELETE) {
				CU_ASSERT_TRUE(m->target == 8 && m->if_version == 4);
				CU_ASSERT_TRUE(m->minted);
			} else if (m->op != OP_MESSAGE) {
				CU_ASSERT_STRING_EQUAL(m->emoji, ":tada:");
				CU_ASSERT_EQUAL(m->target, 7);
			}
		}
	}
	CU_ASSERT_EQUAL(next, ES_COUNT(want));
	one_client_down();
	arena_free(&a);
}

/* Reactions of many users are to arrive in the queue together. */
static void
holds_reactions_and_no_messages(void)
{
	struct arena *a = arena_new();
	struct envelope e;

	one_client_up();
	frame("react", "1", REACT);
	rig_turn(&rig);
	frame("unreact", "2", REACT);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.n_sent, 0);
	send_queue_release(rig.worker.sends);
	rig_turn(&rig);
	decode(0, a, &e);
	CU_ASSERT_EQUAL(e.n, 2);

	frame("react", "3", REACT);
	rig_turn(&rig);
	frame("send", "4", "\"body\":\"x\"");
	rig_turn(&rig);
	decode(1, a, &e);
	CU_ASSERT_EQUAL_FATAL(e.n, 2);
	CU_ASSERT_TRUE(e.messages[0].op == OP_REACT && e.messages[1].op == OP_MESSAGE);
	frame("react", "5", REACT); /* the closed connection takes its lane along */
	rig_turn(&rig);
	client_close(&client);
	rig_turn(&rig);
	rig_turn(&rig);
	send_queue_release(rig.worker.sends);
	CU_ASSERT_EQUAL(fakes.n_sent, 2);
	rig_client(&rig, &client, 0);
	one_client_down();
	arena_free(&a);
}

static void
acks_carry_the_number_of_the_event(void)
{
	const struct outcome edited = {.message_id = 7, .seq = 12, .version = 2},
			     same = {.message_id = 7, .version = 2},
			     repeated = {.result = OUTCOME_REPEAT,
				 .message_id = 7,
				 .seq = 12,
				 .version = 2},
			     reacted = {.message_id = 7, .seq = 13},
			     there = {.result = OUTCOME_REPEAT, .message_id = 7};
	const struct {
		const char *type, *members, *payload;
		const struct outcome *outcome;
	} rows[] = {
	    {"edit", EDIT, "{\"messageId\":7,\"seq\":12,\"version\":2}", &edited},
	    {"edit", EDIT, "{\"messageId\":7,\"version\":2}", &same},
	    {"delete", DELETE,
		"{\"messageId\":7,\"seq\":12,\"version\":2,\"replayed\":true}",
		&repeated},
	    {"react", REACT, "{\"messageId\":7,\"seq\":13}", &reacted},
	    {"unreact", REACT, "{\"messageId\":7}", &there},
	};
	char want[256];

	one_client_up();
	for (unsigned i = 0; i < ES_COUNT(rows); i++) {
		frame(rows[i].type, "x", rows[i].members);
		release();
		reply(i, *rows[i].outcome);
		(void)snprintf(want, sizeof(want),
		    "{\"type\":\"ack\",\"op\":\"%s\",\"id\":\"x\",\"channelId\":"
		    "\"" CHANNEL "\",\"payload\":%s}",
		    rows[i].type, rows[i].payload);
		CU_ASSERT_TRUE(one_client_answered(want));
	}
	one_client_down();
}

static void
errors_name_the_clients_frame(void)
{
	static const enum es_code codes[] = {ES_NOT_FOUND, ES_FORBIDDEN,
	    ES_EDIT_WINDOW_OVER, ES_CHANNEL_ARCHIVED, ES_GONE, ES_VERSION_CONFLICT,
	    ES_TOO_MANY_REACTIONS, ES_KEY_REUSED};
	char want[128];

	one_client_up();
	for (unsigned i = 0; i < ES_COUNT(codes); i++) {
		const bool react = codes[i] == ES_TOO_MANY_REACTIONS;

		frame(react ? "react" : "edit", "x", react ? REACT : EDIT);
		release();
		reply(i, (struct outcome){.result = OUTCOME_REFUSED, .code = codes[i]});
		CU_ASSERT_TRUE(
		    one_client_answered(react ? "\"op\":\"react\",\"id\":\"x\""
					      : "\"op\":\"edit\",\"id\":\"x\""));
		(void)snprintf(
		    want, sizeof(want), "\"code\":\"%s\"", es_code_name(codes[i]));
		CU_ASSERT_PTR_NOT_NULL(strstr(got.text, want));
		CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"retryable\":false"));
	}
	one_client_down();
}

static void
asks_for_outcomes_at_the_deadline(void)
{
	static const struct {
		const char *type, *members, *advice;
	} rows[] = {
	    {"edit", EDIT ",\"clientMessageId\":\"c\"", "with the same clientMessageId"},
	    {"delete", DELETE, "read the message before"},
	    {"react", REACT, "sending it again is safe"},
	};

	one_client_up();
	fakes.known = false;
	for (unsigned i = 0; i < ES_COUNT(rows); i++) {
		frame(rows[i].type, "x", rows[i].members);
		release();
		rig.worker.env.now_ms += rig.conf.send_timeout_ms;
		send_outcomes_tick(rig.worker.outcomes);
		CU_ASSERT_TRUE(one_client_answered("\"code\":\"outcome_unknown\""));
		CU_ASSERT_PTR_NOT_NULL(strstr(got.text, rows[i].advice));
	}
	fakes.known = true;
	frame("edit", "y", EDIT);
	rig_turn(&rig);
	rig.worker.env.now_ms += rig.conf.send_timeout_ms;
	send_outcomes_tick(rig.worker.outcomes);
	CU_ASSERT_TRUE(one_client_answered("\"op\":\"edit\",\"id\":\"y\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"messageId\":100"));
	one_client_down();
}

/* The commit judges changes where only admins post, and repeats in an archived channel.
 */
static void
leaves_some_refusals_to_the_commit(void)
{
	one_client_up();
	fakes.authz = ES_FORBIDDEN;
	frame("react", "1", REACT);
	frame("send", "2", "\"body\":\"no\"");
	frame("edit", "3", EDIT);
	CU_ASSERT_TRUE(one_client_answered("\"op\":\"send\",\"id\":\"2\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"forbidden\""));
	rig_turn(&rig);
	CU_ASSERT_TRUE(fakes.n_sent >= 1);
	CU_ASSERT_PTR_NULL(strstr(fakes.sent[0], "\"op\":\"message\""));
	one_client_down();

	one_client_up();
	fakes.authz = ES_CHANNEL_ARCHIVED;
	frame("react", "1", REACT);
	release();
	CU_ASSERT_TRUE(one_client_answered("\"channel_archived\""));
	frame("edit", "2", EDIT);
	CU_ASSERT_TRUE(one_client_answered("\"channel_archived\""));
	CU_ASSERT_EQUAL(fakes.n_sent, 0);
	frame("delete", "3", DELETE ",\"clientMessageId\":\"c\"");
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.n_sent, 1);
	one_client_down();
}

static void
queues_no_change_during_an_upgrade(void)
{
	one_client_up();
	fakes.envelope_version = 1;
	rig.worker.env.now_ms += 10000;
	change_gate_tick(rig.worker.changes);
	rig_turn(&rig);
	frame("edit", "1", EDIT);
	CU_ASSERT_TRUE(one_client_answered("\"op\":\"edit\",\"id\":\"1\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"code\":\"unavailable\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "an upgrade"));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"retryAfterMs\":10000"));
	frame("send", "2", "\"body\":\"still\"");
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.n_sent, 1);

	fakes.envelope_version = 2;
	change_gate_tick(rig.worker.changes); /* the answer is not old yet */
	rig_turn(&rig);
	frame("react", "3", REACT);
	CU_ASSERT_TRUE(one_client_answered("\"code\":\"unavailable\""));
	rig.worker.env.now_ms += 20000; /* rig_turn() has set the clock back */
	change_gate_tick(rig.worker.changes);
	rig_turn(&rig);
	frame("react", "4", REACT);
	release();
	CU_ASSERT_EQUAL(fakes.n_sent, 2);
	one_client_down();
}

static bool
no_answer(const struct pg_stmt *stmt, const char *const params[], struct pg_rows *out)
{
	(void)stmt, (void)params, (void)out;
	return false;
}

/* A database that does not answer leaves what the worker knows. */
static void
keeps_the_version_while_the_database_is_down(void)
{
	struct es_err err;
	unsigned asked;

	one_client_up();
	CU_ASSERT_EQUAL(change_gate_check(rig.worker.changes, &err), ES_OK);
	fakes.answer = no_answer;
	fakes.pg_down = true;
	rig.worker.env.now_ms += 10000;
	change_gate_tick(rig.worker.changes);
	CU_ASSERT_EQUAL(change_gate_check(rig.worker.changes, &err), ES_OK);
	fakes.pg_down = false;
	asked = fakes.version_statements;
	change_gate_tick(rig.worker.changes); /* asks again at once */
	change_gate_tick(rig.worker.changes); /* one question at a time */
	CU_ASSERT_EQUAL(fakes.version_statements, asked + 1);
	one_client_down();
}

static void
refuses_wrong_fields(void)
{
	static const struct {
		const char *type, *members, *field;
	} rows[] = {
	    {"edit", "\"messageId\":7", "body"},
	    {"edit", "\"messageId\":7,\"body\":\"\"", "body"},
	    {"edit", "\"messageId\":7,\"body\":\" \"", "body"},
	    {"edit", "\"messageId\":0,\"body\":\"x\"", "messageId"},
	    {"edit", EDIT ",\"ifVersion\":0", "ifVersion"},
	    {"delete", DELETE ",\"clientMessageId\":\"a b\"", "clientMessageId"},
	    {"delete", "\"ifVersion\":1", "messageId"},
	    {"react", "\"messageId\":7", "emoji"},
	    {"react", "\"messageId\":7,\"emoji\":\"ok\"", "emoji"},
	    {"unreact", "\"messageId\":7,\"emoji\":\"::\"", "emoji"},
	};
	char want[64];

	one_client_up();
	for (unsigned i = 0; i < ES_COUNT(rows); i++) {
		frame(rows[i].type, "x", rows[i].members);
		CU_ASSERT_TRUE(one_client_answered("\"validation_failed\""));
		(void)snprintf(want, sizeof(want), "\"field\":\"%s\"", rows[i].field);
		CU_ASSERT_PTR_NOT_NULL(strstr(got.text, want));
	}
	CU_ASSERT_EQUAL(fakes.n_sent, 0);
	one_client_down();
}

static CU_TestInfo cases[] = {
    {"one lane mixes messages and changes", one_lane_mixes_messages_and_changes},
    {"holds reactions, and no messages", holds_reactions_and_no_messages},
    {"acks carry the number of the event", acks_carry_the_number_of_the_event},
    {"errors name the client's frame", errors_name_the_clients_frame},
    {"asks for outcomes at the deadline", asks_for_outcomes_at_the_deadline},
    {"leaves some refusals to the commit", leaves_some_refusals_to_the_commit},
    {"queues no change during an upgrade", queues_no_change_during_an_upgrade},
    {"keeps the version while the database is down",
	keeps_the_version_while_the_database_is_down},
    {"refuses wrong fields", refuses_wrong_fields},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/changes", cases)
