/* The codecs: a decoded value equals the encoded one; malformed input is refused. */
#include <string.h>

#include "cunit_main.h"
#include "event/event.h"

#define ACME    "01900000-0000-7000-8000-000000000001"
#define GENERAL "01900000-0000-7000-8000-00000000c001"
#define ALICE   "01900000-0000-7000-8000-00000000a001"

static void
fill(struct envelope *e, struct envelope_message m[2], struct arena *a)
{
	*e = (struct envelope){.id = {ACME},
	    .tenant = {ACME},
	    .channel = {GENERAL},
	    .user = {ALICE},
	    .display_name = "Al \"ice\" \xc3\xa9",
	    .reply = "es:r:x",
	    .accepted_ms = 1767322984678LL,
	    .messages = m,
	    .n = 2};
	envelope_message_init(&m[0], &e->user, "c-1", "hello \xf0\x9f\x98\x80\n", a);
	envelope_message_init(&m[1], &e->user, NULL, "x", a);
}

/* The same JSON with a new field at the front of each object. */
static const char *
with_more(struct arena *a, const char *json)
{
	struct text t;

	text_init(&t, a, EVENT_BYTES_MAX);
	for (const char *at = json; *at != '\0'; at++) {
		text_add(&t, at, 1);
		if (*at == '{')
			text_addf(&t, "\"news\":{},");
	}
	return t.data;
}

static void
an_envelope_equals_itself_after_being_written_and_read(void)
{
	struct arena *a = arena_new();
	struct envelope_message m[2];
	struct envelope e, got;
	struct es_err err;
	struct text t;

	fill(&e, m, a);
	text_init(&t, a, ENVELOPE_BYTES_MAX);
	envelope_encode(&e, &t);
	for (size_t i = 0; i < t.len; i++)
		CU_ASSERT_TRUE_FATAL(t.data[i] >= 0x20 && t.data[i] < 0x7f);
	CU_ASSERT_EQUAL_FATAL(envelope_decode(t.data, t.len, a, &got, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(got.display_name, e.display_name);
	CU_ASSERT_STRING_EQUAL(got.reply, "es:r:x");
	CU_ASSERT_PTR_NULL(got.traceparent);
	CU_ASSERT_EQUAL(got.accepted_ms, e.accepted_ms);
	CU_ASSERT_EQUAL_FATAL(got.n, 2);
	CU_ASSERT_STRING_EQUAL(got.messages[0].body, m[0].body);
	CU_ASSERT_STRING_EQUAL(got.messages[0].dedupe_key, m[0].dedupe_key);
	CU_ASSERT_STRING_EQUAL(got.messages[1].client_id, m[1].client_id);
	CU_ASSERT_TRUE(got.messages[1].minted && !got.messages[0].minted);
	arena_free(&a);
}

static void
a_minted_id_counts_like_an_id_of_the_client(void)
{
	struct arena *a = arena_new();
	const struct user_id alice = {ALICE}, other = {ACME};
	struct envelope_message given, again, minted, theirs;

	envelope_message_init(&minted, &alice, NULL, "x", a);
	envelope_message_init(&given, &alice, minted.client_id, "x", a);
	envelope_message_init(&again, &alice, minted.client_id, "y", a);
	envelope_message_init(&theirs, &other, minted.client_id, "x", a);
	CU_ASSERT_STRING_EQUAL(minted.dedupe_key, given.dedupe_key);
	CU_ASSERT_STRING_EQUAL(minted.request_hash, given.request_hash);
	CU_ASSERT_STRING_EQUAL(again.dedupe_key, given.dedupe_key);
	CU_ASSERT_STRING_NOT_EQUAL(again.request_hash, given.request_hash);
	CU_ASSERT_STRING_NOT_EQUAL(theirs.dedupe_key, given.dedupe_key);
	arena_free(&a);
}

static void
a_changed_envelope_is_refused(void)
{
	static const struct {
		const char *from, *to;
	} changes[] = {{"\"v\":1", "\"v\":3"}, {"\"v\":1,", ""},
	    {"\"messages\":[", "\"messages\":[1,"}, {"c-1", "c 1"},
	    {"01900000", "0190000X"}, {"\"at\":", "\"ta\":"}};
	struct arena *a = arena_new();
	struct envelope_message m[2];
	struct envelope e, got;
	struct es_err err;
	struct text t;

	fill(&e, m, a);
	text_init(&t, a, ENVELOPE_BYTES_MAX);
	envelope_encode(&e, &t);
	for (unsigned i = 0; i < ES_COUNT(changes); i++) {
		const char *at = strstr(t.data, changes[i].from);
		const char *bad;

		CU_ASSERT_PTR_NOT_NULL_FATAL(at);
		bad = arena_printf(a, "%.*s%s%s", (int)(at - t.data), t.data,
		    changes[i].to, at + strlen(changes[i].from));
		CU_ASSERT_NOT_EQUAL(
		    envelope_decode(bad, strlen(bad), a, &got, &err), ES_OK);
	}
	for (size_t cut = 0; cut < t.len; cut += 7)
		CU_ASSERT_NOT_EQUAL(envelope_decode(t.data, cut, a, &got, &err), ES_OK);
	arena_free(&a);
}

static void
client_ids_have_an_alphabet_and_a_limit(void)
{
	char most[CLIENT_ID_MAX + 2];

	memset(most, 'a', sizeof(most));
	most[CLIENT_ID_MAX] = '\0';
	CU_ASSERT_TRUE(client_id_valid(most));
	most[CLIENT_ID_MAX] = 'a';
	most[CLIENT_ID_MAX + 1] = '\0';
	CU_ASSERT_FALSE(client_id_valid(most));
	CU_ASSERT_FALSE(client_id_valid(""));
	CU_ASSERT_FALSE(client_id_valid("a b"));
	CU_ASSERT_FALSE(client_id_valid("a/b"));
	CU_ASSERT_FALSE(client_id_valid("."));
	CU_ASSERT_FALSE(client_id_valid(".."));
	CU_ASSERT_TRUE(client_id_valid("..."));
	CU_ASSERT_TRUE(client_id_valid(".a"));
	CU_ASSERT_TRUE(client_id_valid("A-Za-z0.9_:-"));
}

static void
an_event_equals_itself_after_being_written_and_read(void)
{
	struct arena *a = arena_new();
	struct event e = {.kind = EVENT_MESSAGE,
	    .tenant = {ACME},
	    .channel = {GENERAL},
	    .user = {ALICE},
	    .display_name = "Alice",
	    .seq = 12,
	    .created_ms = 1767322984678LL,
	    .accepted_ms = 5,
	    .body = "b\xc3\xa9",
	    .client_id = "c"};
	struct event got;
	struct es_err err;
	struct text t;

	text_init(&t, a, 10000);
	event_encode(&e, &t);
	CU_ASSERT_EQUAL_FATAL(event_decode(t.data, t.len, a, &got, &err), ES_OK);
	CU_ASSERT_EQUAL(got.kind, EVENT_MESSAGE);
	CU_ASSERT_EQUAL(got.seq, 12);
	CU_ASSERT_EQUAL(got.created_ms, e.created_ms);
	CU_ASSERT_STRING_EQUAL(got.body, e.body);
	CU_ASSERT_PTR_NULL(got.payload);
	e.kind = EVENT_MEMBER_JOINED;
	e.body = NULL;
	e.payload = "{\"userId\":\"u\"}";
	t.len = 0;
	event_encode(&e, &t);
	CU_ASSERT_EQUAL_FATAL(event_decode(t.data, t.len, a, &got, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(got.payload, e.payload);
	arena_free(&a);
}

static void
an_event_that_contradicts_itself_is_refused(void)
{
	struct arena *a = arena_new();
	const struct event good = {.kind = EVENT_MESSAGE,
	    .tenant = {ACME},
	    .channel = {GENERAL},
	    .user = {ALICE},
	    .display_name = "Alice",
	    .seq = 12,
	    .body = "x"};
	struct event bad[3] = {good, good, good}, got;
	struct es_err err;

	bad[0].body = NULL;
	bad[1].seq = 0;
	bad[2].payload = "[]";
	for (unsigned i = 0; i < ES_COUNT(bad); i++) {
		struct text t;

		text_init(&t, a, 10000);
		event_encode(&bad[i], &t);
		CU_ASSERT_EQUAL(event_decode(t.data, t.len, a, &got, &err), ES_INVALID);
	}
	arena_free(&a);
}

static void
a_reply_equals_itself_after_being_written_and_read(void)
{
	struct arena *a = arena_new();
	struct outcome o[2] = {{.client_id = "c1",
				   .result = OUTCOME_COMMITTED,
				   .sender_name = "Al \"ice\"",
				   .message_id = 5,
				   .created_ms = 1767322984678LL},
	    {.client_id = "c2", .result = OUTCOME_REFUSED, .code = ES_CHANNEL_ARCHIVED}};
	struct reply r = {.envelope = {ACME}, .outcomes = o, .n = 2}, got;
	struct es_err err;
	struct text t;

	text_init(&t, a, 10000);
	reply_encode(&r, &t);
	CU_ASSERT_EQUAL_FATAL(reply_decode(t.data, t.len, a, &got, &err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(got.n, 2);
	CU_ASSERT_EQUAL(got.outcomes[0].message_id, 5);
	CU_ASSERT_EQUAL(got.outcomes[0].created_ms, 1767322984678LL);
	CU_ASSERT_EQUAL(got.outcomes[1].code, ES_CHANNEL_ARCHIVED);
	CU_ASSERT_STRING_EQUAL(got.outcomes[0].sender_name, o[0].sender_name);
	CU_ASSERT_PTR_NULL(got.outcomes[1].sender_name);
	o[0].result = OUTCOME_REPEAT; /* a repeat has no sender's name */
	t.len = 0;
	reply_encode(&r, &t);
	CU_ASSERT_EQUAL_FATAL(reply_decode(t.data, t.len, a, &got, &err), ES_OK);
	CU_ASSERT_PTR_NULL(got.outcomes[0].sender_name);
	o[1].code = ES_OK;
	t.len = 0;
	reply_encode(&r, &t);
	CU_ASSERT_EQUAL(reply_decode(t.data, t.len, a, &got, &err), ES_INVALID);
	arena_free(&a);
}

/* A program of a later release writes more fields: our decoder ignores unknown ones. */
static void
unknown_fields_are_ignored(void)
{
	struct arena *a = arena_new();
	struct envelope_message m[2];
	struct envelope e, got;
	struct outcome o = {.client_id = "c1", .message_id = 5, .created_ms = 1000};
	struct reply r = {.envelope = {ACME}, .outcomes = &o, .n = 1}, got_reply;
	const struct event event = {.kind = EVENT_MESSAGE,
	    .tenant = {ACME},
	    .channel = {GENERAL},
	    .user = {ALICE},
	    .seq = 12,
	    .body = "x"};
	struct event got_event;
	const char *more;
	struct es_err err;
	struct text t;

	fill(&e, m, a);
	text_init(&t, a, ENVELOPE_BYTES_MAX);
	envelope_encode(&e, &t);
	more = with_more(a, t.data);
	CU_ASSERT_EQUAL_FATAL(envelope_decode(more, strlen(more), a, &got, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(got.messages[1].body, "x");

	text_init(&t, a, EVENT_BYTES_MAX);
	event_encode(&event, &t);
	more = with_more(a, t.data);
	CU_ASSERT_EQUAL_FATAL(
	    event_decode(more, strlen(more), a, &got_event, &err), ES_OK);
	CU_ASSERT_EQUAL(got_event.seq, 12);

	text_init(&t, a, REPLY_BYTES_MAX);
	reply_encode(&r, &t);
	more = with_more(a, t.data);
	CU_ASSERT_EQUAL_FATAL(
	    reply_decode(more, strlen(more), a, &got_reply, &err), ES_OK);
	CU_ASSERT_EQUAL(got_reply.outcomes[0].message_id, 5);
	arena_free(&a);
}

/* During an upgrade, a fanout of an older release still publishes `prev`. */
static void
reads_the_format_of_an_older_release_with_prev(void)
{
	static const char event[] =
	    "{\"v\":1,\"kind\":\"message\",\"tenant\":\"" ACME "\",\"channel\":\"" GENERAL
	    "\",\"user\":\"" ALICE "\",\"name\":\"Alice\",\"seq\":12,\"prev\":11,"
	    "\"createdAt\":\"2026-01-02T03:03:04.678Z\",\"at\":5,\"body\":\"hi\","
	    "\"cid\":\"c\",\"edited\":false,\"deleted\":false,\"traceparent\":null}";
	static const char reply[] =
	    "{\"v\":1,\"id\":\"" ACME "\",\"outcomes\":[{\"cid\":\"c\","
	    "\"result\":\"committed\",\"code\":\"ok\",\"messageId\":12,\"prev\":11,"
	    "\"createdAt\":\"2026-01-02T03:03:04.678Z\"}]}";
	struct arena *a = arena_new();
	struct event got;
	struct reply got_reply;
	struct es_err err;

	CU_ASSERT_EQUAL_FATAL(event_decode(event, strlen(event), a, &got, &err), ES_OK);
	CU_ASSERT_EQUAL(got.seq, 12);
	CU_ASSERT_STRING_EQUAL(got.body, "hi");
	CU_ASSERT_EQUAL_FATAL(
	    reply_decode(reply, strlen(reply), a, &got_reply, &err), ES_OK);
	CU_ASSERT_EQUAL(got_reply.outcomes[0].message_id, 12);
	CU_ASSERT_PTR_NULL(got_reply.outcomes[0].sender_name);
	arena_free(&a);
}

/* The decoder refuses every text that reply_encode cannot write, even where its meaning
 * is clear. */
static void
a_reply_that_contradicts_itself_is_refused(void)
{
	static const struct {
		const char *result, *code, *created, *field;
	} bad[] = {
	    {"refused", "not_found", "\"2026-01-02T03:03:04.678Z\"", "createdAt"},
	    {"committed", "ok", "null", "createdAt"},
	    {"repeat", "ok", "\"2026-02-30T03:03:04.678Z\"", "createdAt"},
	    {"refused", "ok", "null", "result"},
	    {"committed", "not_found", "\"2026-01-02T03:03:04.678Z\"", "result"},
	    {"lost", "ok", "\"2026-01-02T03:03:04.678Z\"", "result"},
	};
	struct arena *a = arena_new();
	struct reply got;
	struct es_err err;

	for (unsigned i = 0; i < ES_COUNT(bad); i++) {
		const char *text = arena_printf(a,
		    "{\"v\":1,\"id\":\"" ACME "\",\"outcomes\":[{\"cid\":\"c\","
		    "\"result\":\"%s\",\"code\":\"%s\",\"messageId\":1,\"prev\":0,"
		    "\"createdAt\":%s}]}",
		    bad[i].result, bad[i].code, bad[i].created);

		CU_ASSERT_EQUAL(
		    reply_decode(text, strlen(text), a, &got, &err), ES_INVALID);
		CU_ASSERT_STRING_EQUAL(err.field, bad[i].field);
	}
	arena_free(&a);
}

/* The longest body of an envelope, made of characters with the longest escapes. */
static void
the_largest_event_fits_in_event_bytes_max(void)
{
	struct arena *a = arena_new();
	struct event e = {.kind = EVENT_MESSAGE,
	    .tenant = {ACME},
	    .channel = {GENERAL},
	    .user = {ALICE},
	    .seq = 1};
	char *body = arena_alloc(a, 65537), *name = arena_alloc(a, 1025);
	struct event got;
	struct es_err err;
	struct text t;

	memset(body, 1, 65536);
	memset(name, 0x7f, 1024);
	e.body = body;
	e.display_name = name;
	text_init(&t, a, EVENT_BYTES_MAX);
	event_encode(&e, &t);
	CU_ASSERT_FALSE(t.overflow);
	CU_ASSERT_EQUAL_FATAL(event_decode(t.data, t.len, a, &got, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(got.body, body);
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"an envelope equals itself after being written and read",
	an_envelope_equals_itself_after_being_written_and_read},
    {"a minted client id gives the same dedupe key as a given one",
	a_minted_id_counts_like_an_id_of_the_client},
    {"a changed envelope is refused", a_changed_envelope_is_refused},
    {"client ids have an alphabet and a limit", client_ids_have_an_alphabet_and_a_limit},
    {"an event equals itself after being written and read",
	an_event_equals_itself_after_being_written_and_read},
    {"an event that contradicts itself is refused",
	an_event_that_contradicts_itself_is_refused},
    {"a reply equals itself after being written and read",
	a_reply_equals_itself_after_being_written_and_read},
    {"reads the format of an older release, with prev",
	reads_the_format_of_an_older_release_with_prev},
    {"unknown fields are ignored", unknown_fields_are_ignored},
    {"a reply that contradicts itself is refused",
	a_reply_that_contradicts_itself_is_refused},
    {"the largest event fits in EVENT_BYTES_MAX",
	the_largest_event_fits_in_event_bytes_max},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("event codecs", cases)
