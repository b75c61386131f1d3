/* Envelopes and events of edits, deletes, reactions, and of messages with more than a
 * text. */
#include <string.h>

#include "cunit_main.h"
#include "event/event.h"

#define ACME    "01900000-0000-7000-8000-000000000001"
#define GENERAL "01900000-0000-7000-8000-00000000c001"
#define ALICE   "01900000-0000-7000-8000-00000000a001"

static const struct user_id alice = {ALICE};

static const struct envelope_message changes[] = {
    {.op = OP_MESSAGE, .body = "plain"},
    {.op = OP_EDIT, .body = "new", .target = 7, .if_version = 2},
    {.op = OP_DELETE, .target = 7},
    {.op = OP_REACT, .target = 7, .emoji = "\xf0\x9f\x91\x8d"},
    {.op = OP_UNREACT, .target = 7, .emoji = ":party:"},
    {.op = OP_MESSAGE, .body = "reply", .thread_id = 7, .also_in_channel = true},
    {.op = OP_MESSAGE,
	.body = "hey",
	.silent = true,
	.mentions = "{\"users\":[\"" ALICE "\"]}"},
    {.op = OP_EDIT, .body = "hey you", .target = 9, .mentions = "{\"here\":true}"},
};

static void
fill(struct envelope *e, struct envelope_message *m, size_t n, struct arena *a)
{
	*e = (struct envelope){.id = {ACME},
	    .tenant = {ACME},
	    .channel = {GENERAL},
	    .user = alice,
	    .display_name = "Alice",
	    .accepted_ms = 5,
	    .messages = m,
	    .n = n};
	for (size_t i = 0; i < n; i++) {
		m[i] = changes[i];
		envelope_message_seal(&m[i], &alice, arena_printf(a, "c-%zu", i), a);
	}
}

static void
same_text(const char *a, const char *b)
{
	CU_ASSERT_EQUAL_FATAL(a == NULL, b == NULL);
	if (a != NULL)
		CU_ASSERT_STRING_EQUAL(a, b);
}

static void
each_change_equals_itself_after_being_written_and_read(void)
{
	struct envelope_message m[ES_COUNT(changes)];
	struct arena *a = arena_new();
	struct envelope e, got;
	struct es_err err;
	struct text t;

	fill(&e, m, ES_COUNT(changes), a);
	text_init(&t, a, ENVELOPE_BYTES_MAX);
	envelope_encode(&e, &t);
	CU_ASSERT_PTR_NOT_NULL(strstr(t.data, "\"v\":2"));
	CU_ASSERT_EQUAL_FATAL(envelope_decode(t.data, t.len, a, &got, &err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(got.n, e.n);
	for (size_t i = 0; i < e.n; i++) {
		const struct envelope_message *x = &e.messages[i], *y = &got.messages[i];

		CU_ASSERT_EQUAL(x->op, y->op);
		CU_ASSERT_EQUAL(x->target, y->target);
		CU_ASSERT_EQUAL(x->if_version, y->if_version);
		CU_ASSERT_EQUAL(x->thread_id, y->thread_id);
		CU_ASSERT_EQUAL(x->also_in_channel, y->also_in_channel);
		CU_ASSERT_EQUAL(x->silent, y->silent);
		same_text(x->body, y->body);
		same_text(x->emoji, y->emoji);
		same_text(x->mentions, y->mentions);
		CU_ASSERT_STRING_EQUAL(x->request_hash, y->request_hash);
	}
	arena_free(&a);
}

/* A fanout of the last release must be able to read what needs nothing new. */
static void
plain_messages_alone_are_version_1(void)
{
	struct arena *a = arena_new();
	struct envelope_message m[2];
	struct envelope e;
	struct text t;

	fill(&e, m, 1, a);
	text_init(&t, a, ENVELOPE_BYTES_MAX);
	envelope_encode(&e, &t);
	CU_ASSERT_PTR_NOT_NULL(strstr(t.data, "\"v\":1"));
	CU_ASSERT_PTR_NULL(strstr(t.data, "\"op\""));
	CU_ASSERT_PTR_NULL(strstr(t.data, "\"silent\""));
	arena_free(&a);
}

static void
each_member_of_a_change_counts_for_its_hash(void)
{
	struct arena *a = arena_new();
	const struct envelope_message first = {.op = OP_EDIT, .body = "x", .target = 7};
	struct envelope_message m[] = {first, first, first, first, first,
	    {.op = OP_MESSAGE, .body = "x"},
	    {.op = OP_MESSAGE, .body = "x", .thread_id = 7},
	    {.op = OP_MESSAGE, .body = "x", .thread_id = 7, .also_in_channel = true},
	    {.op = OP_MESSAGE, .body = "x", .silent = true}};

	m[1].target = 8;
	m[2].if_version = 1;
	m[3].body = "y";
	m[4].mentions = "{}";
	for (size_t i = 0; i < ES_COUNT(m); i++)
		envelope_message_seal(&m[i], &alice, "c", a);
	for (size_t i = 0; i < ES_COUNT(m); i++)
		for (size_t j = 0; j < i; j++)
			CU_ASSERT_STRING_NOT_EQUAL(m[i].request_hash, m[j].request_hash);
	arena_free(&a);
}

static void
a_change_that_lacks_a_member_or_has_a_foreign_one_is_refused(void)
{
	static const struct {
		struct envelope_message m;
		const char *field;
	} bad[] = {
	    {{.op = OP_MESSAGE, .silent = true}, "body"},
	    {{.op = OP_MESSAGE, .body = "x", .target = 7}, "target"},
	    {{.op = OP_MESSAGE, .body = "x", .emoji = ":a:"}, "emoji"},
	    {{.op = OP_MESSAGE, .body = "x", .if_version = 1}, "ifVersion"},
	    {{.op = OP_MESSAGE, .body = "x", .mentions = "[1]"}, "mentions"},
	    {{.op = OP_EDIT, .target = 7}, "body"},
	    {{.op = OP_EDIT, .body = "x"}, "target"},
	    {{.op = OP_EDIT, .body = "x", .target = 7, .silent = true}, "thread"},
	    {{.op = OP_EDIT, .body = "x", .target = 7, .thread_id = 3}, "thread"},
	    {{.op = OP_DELETE, .target = 7, .body = "x"}, "body"},
	    {{.op = OP_DELETE}, "target"},
	    {{.op = OP_DELETE, .target = 7, .mentions = "{}"}, "mentions"},
	    {{.op = OP_REACT, .target = 7}, "emoji"},
	    {{.op = OP_REACT, .emoji = ":a:"}, "target"},
	    {{.op = OP_UNREACT, .target = 7, .emoji = ":a:", .if_version = 1},
		"ifVersion"},
	};
	struct arena *a = arena_new();
	struct envelope_message m;
	struct envelope e, got;
	struct es_err err;
	struct text t;

	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		fill(&e, &m, 1, a);
		m = bad[i].m;
		envelope_message_seal(&m, &alice, "c", a);
		text_init(&t, a, ENVELOPE_BYTES_MAX);
		envelope_encode(&e, &t);
		CU_ASSERT_EQUAL(
		    envelope_decode(t.data, t.len, a, &got, &err), ES_INVALID);
		CU_ASSERT_STRING_EQUAL(err.field, bad[i].field);
	}
	arena_free(&a);
}

static void
an_unknown_op_is_refused(void)
{
	struct arena *a = arena_new();
	struct envelope_message m[3];
	struct envelope e, got;
	struct es_err err;
	struct text t;

	fill(&e, m, 3, a);
	text_init(&t, a, ENVELOPE_BYTES_MAX);
	envelope_encode(&e, &t);
	memcpy(strstr(t.data, "\"delete\""), "\"remove\"", 8);
	CU_ASSERT_EQUAL(envelope_decode(t.data, t.len, a, &got, &err), ES_INVALID);
	CU_ASSERT_STRING_EQUAL(err.field, "op");
	arena_free(&a);
}

static void
events_of_changes_equal_themselves(void)
{
	const struct event events[] = {
	    {.kind = EVENT_MESSAGE_UPDATED,
		.message_id = 7,
		.body = "new",
		.version = 2,
		.edited_ms = 1767322984678LL},
	    {.kind = EVENT_MESSAGE_UPDATED, .message_id = 7, .deleted = true},
	    {.kind = EVENT_MESSAGE_DELETED,
		.message_id = 7,
		.deleted_ms = 1767322984678LL,
		.payload = "{\"messageId\":7}"},
	    {.kind = EVENT_REACTIONS_CHANGED,
		.message_id = 7,
		.payload = "{\"messageId\":7,\"changes\":[]}"},
	};
	struct arena *a = arena_new();
	struct es_err err;
	struct text t;

	for (size_t i = 0; i < ES_COUNT(events); i++) {
		struct event e = events[i], got;

		e.tenant = (struct tenant_id){ACME};
		e.channel = (struct channel_id){GENERAL};
		e.user = alice;
		e.seq = 12;
		text_init(&t, a, EVENT_BYTES_MAX);
		event_encode(&e, &t);
		CU_ASSERT_EQUAL_FATAL(event_decode(t.data, t.len, a, &got, &err), ES_OK);
		CU_ASSERT_EQUAL(got.kind, e.kind);
		CU_ASSERT_EQUAL(got.message_id, 7);
		CU_ASSERT_EQUAL(got.version, e.version);
		CU_ASSERT_EQUAL(got.edited_ms, e.edited_ms);
		CU_ASSERT_EQUAL(got.deleted_ms, e.deleted_ms);
		same_text(got.body, e.body);
		same_text(got.payload, e.payload);
		e.message_id = 0;
		text_init(&t, a, EVENT_BYTES_MAX);
		event_encode(&e, &t);
		CU_ASSERT_EQUAL(event_decode(t.data, t.len, a, &got, &err), ES_INVALID);
		CU_ASSERT_STRING_EQUAL(err.field, "messageId");
	}
	arena_free(&a);
}

static void
an_outcome_carries_the_number_and_version_of_a_change(void)
{
	struct outcome o = {.client_id = "c",
	    .message_id = 7,
	    .seq = 12,
	    .version = 3,
	    .created_ms = 1767322984678LL};
	const struct reply r = {.envelope = {ACME}, .outcomes = &o, .n = 1};
	struct arena *a = arena_new();
	struct reply got;
	struct es_err err;
	struct text t;

	text_init(&t, a, REPLY_BYTES_MAX);
	reply_encode(&r, &t);
	CU_ASSERT_EQUAL_FATAL(reply_decode(t.data, t.len, a, &got, &err), ES_OK);
	CU_ASSERT_EQUAL(got.outcomes[0].seq, 12);
	CU_ASSERT_EQUAL(got.outcomes[0].version, 3);
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"each change equals itself after being written and read",
	each_change_equals_itself_after_being_written_and_read},
    {"plain messages alone are version 1", plain_messages_alone_are_version_1},
    {"each member of a change counts for its hash",
	each_member_of_a_change_counts_for_its_hash},
    {"a change that lacks a member or has a foreign one is refused",
	a_change_that_lacks_a_member_or_has_a_foreign_one_is_refused},
    {"an unknown op is refused", an_unknown_op_is_refused},
    {"events of changes equal themselves", events_of_changes_equal_themselves},
    {"an outcome carries the number and version of a change",
	an_outcome_carries_the_number_and_version_of_a_change},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("changes of messages", cases)
