/* Names, e-mails, words, and the key of a send. */
#include <string.h>

#include "cunit_main.h"
#include "env/idempotency.h"
#include "http/field_check.h"

#include "core/banned.h"

static struct es_err err;

static struct arena *mem;

static enum es_code
check_name(const char *s, size_t min, const char **out)
{
	*out = s;
	return field_check_name("n", out, min, 5, mem, &err);
}

static void
a_name_has_limits_and_visible_characters(void)
{
	static const char *const bad[] = {"", " ", "a\nb",
	    "a\x7f"
	    "b",
	    "\xc2\x80", "\xff", "123456", "\xc2\xa0", "\xe2\x80\x8b", "\xe3\x85\xa4",
	    "\xe2\xa0\x80",
	    "a\xe2\x80\xa8"
	    "b",
	    "Bob\xe2\x80\xae",
	    "\xe2\x81\xa6"
	    "Bob"};
	const char *out;

	CU_ASSERT_EQUAL(check_name(NULL, 1, &out), ES_OK);
	CU_ASSERT_EQUAL(check_name("a b", 1, &out), ES_OK);
	CU_ASSERT_EQUAL(
	    check_name("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 1, &out), ES_OK);
	CU_ASSERT_EQUAL(check_name("", 0, &out), ES_OK);
	CU_ASSERT_EQUAL(check_name(" \xe2\x80\x8b", 0, &out), ES_OK);
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		if (check_name(bad[i], 1, &out) != ES_INVALID)
			CU_FAIL(bad[i]);
		CU_ASSERT_STRING_EQUAL(err.field, "n");
		CU_ASSERT_PTR_EQUAL(out, bad[i]);
	}
	/* Topics may be empty, but must not contain bidi controls either. */
	CU_ASSERT_EQUAL(check_name("Bob\xe2\x80\xae", 0, &out), ES_INVALID);
}

/* Characters are counted in the stored form. */
static void
a_name_is_counted_as_it_is_stored(void)
{
	const char *out;

	CU_ASSERT_EQUAL(check_name("  Bob\xc2\xa0", 1, &out), ES_OK);
	CU_ASSERT_STRING_EQUAL(out, "Bob");
	CU_ASSERT_EQUAL(check_name("e\xcc\x81"
				   "e\xcc\x81"
				   "e\xcc\x81"
				   "ab",
			    1, &out),
	    ES_OK);
	CU_ASSERT_STRING_EQUAL(out, "\xc3\xa9\xc3\xa9\xc3\xa9"
				    "ab");
}

/* The key of this character has 33 bytes. 60 of these characters fit into a key, 61 do
 * not. */
static void
the_key_of_a_name_has_a_maximum_length(void)
{
	char s[61 * 3 + 1] = "";
	const char *out = s;

	for (size_t i = 0; i < 61; i++)
		memcpy(s + i * 3, "\xef\xb7\xba", 4);
	CU_ASSERT_EQUAL(field_check_name("n", &out, 1, 100, mem, &err), ES_INVALID);
	out = s + 3;
	CU_ASSERT_EQUAL(field_check_name("n", &out, 1, 100, mem, &err), ES_OK);
}

static enum es_code
check_email(const char *s)
{
	return field_check_email("e", &s, mem, &err);
}

static void
malformed_e_mail_addresses_are_refused(void)
{
	static const char *const bad[] = {"", "@", "a@", "@b", "ab", "a@b@c", "a b@c",
	    "a\xc2\xa0"
	    "b@c",
	    "a\xe2\x80\xae@b"};

	CU_ASSERT_EQUAL(check_email("a@b"), ES_OK);
	CU_ASSERT_EQUAL(check_email(" a@b "), ES_OK);
	CU_ASSERT_EQUAL(check_email(NULL), ES_OK);
	for (size_t i = 0; i < ES_COUNT(bad); i++)
		if (check_email(bad[i]) != ES_INVALID)
			CU_FAIL(bad[i]);
}

static void
a_word_must_be_in_its_list(void)
{
	CU_ASSERT_EQUAL(field_check_word("w", "owner", MEMBER_ROLES, &err), ES_OK);
	CU_ASSERT_EQUAL(field_check_word("w", "member", MEMBER_ROLES, &err), ES_OK);
	CU_ASSERT_EQUAL(field_check_word("w", NULL, MEMBER_ROLES, &err), ES_OK);
	CU_ASSERT_EQUAL(field_check_word("w", "guest", MEMBER_ROLES, &err), ES_INVALID);
	CU_ASSERT_EQUAL(field_check_word("w", "own", MEMBER_ROLES, &err), ES_INVALID);
	CU_ASSERT_EQUAL(
	    field_check_word("w", "owner admin", MEMBER_ROLES, &err), ES_INVALID);
	CU_ASSERT_EQUAL(field_check_word("w", "", MEMBER_ROLES, &err), ES_INVALID);
}

static enum es_code
send_key(const char *header, const char *body, const char **out)
{
	struct http_req req = {.headers = {.idempotency_key = header}};

	return idempotency_key(&req, body, out, &err);
}

static void
a_send_has_one_key_in_header_or_body(void)
{
	const char *k = "untouched";

	CU_ASSERT_EQUAL(send_key(NULL, NULL, &k), ES_OK);
	CU_ASSERT_PTR_NULL(k);
	CU_ASSERT_EQUAL(send_key("h", NULL, &k), ES_OK);
	CU_ASSERT_STRING_EQUAL(k, "h");
	CU_ASSERT_EQUAL(send_key("x", "x", &k), ES_OK);
	CU_ASSERT_EQUAL(send_key(NULL, "b:1.2_3-4", &k), ES_OK);
	CU_ASSERT_STRING_EQUAL(k, "b:1.2_3-4");
	CU_ASSERT_EQUAL(send_key("h", "b", &k), ES_BAD_REQUEST);
	CU_ASSERT_EQUAL(send_key("a b", NULL, &k), ES_BAD_REQUEST);
	CU_ASSERT_EQUAL(send_key(NULL, "a b", &k), ES_INVALID);
	CU_ASSERT_STRING_EQUAL(err.field, "clientMessageId");
	CU_ASSERT_EQUAL(send_key(NULL, "", &k), ES_INVALID);
}

static void
prefer_contains_respond_async(void)
{
	CU_ASSERT_TRUE(http_prefers_async("respond-async"));
	CU_ASSERT_TRUE(http_prefers_async("Respond-Async, wait=10"));
	CU_ASSERT_TRUE(http_prefers_async("return=minimal, respond-async;x=1"));
	CU_ASSERT_FALSE(http_prefers_async(NULL));
	CU_ASSERT_FALSE(http_prefers_async(""));
	CU_ASSERT_FALSE(http_prefers_async("respond-asynchronously"));
	CU_ASSERT_FALSE(http_prefers_async("x=respond-async"));
}

static int
set_up(void)
{
	mem = arena_new();
	return 0;
}

static int
tear_down(void)
{
	arena_free(&mem);
	return 0;
}

static CU_TestInfo cases[] = {
    {"a name has limits and visible characters",
	a_name_has_limits_and_visible_characters},
    {"a name is counted as it is stored", a_name_is_counted_as_it_is_stored},
    {"the key of a name has a maximum length", the_key_of_a_name_has_a_maximum_length},
    {"malformed e-mail addresses are refused", malformed_e_mail_addresses_are_refused},
    {"a word must be in its list", a_word_must_be_in_its_list},
    {"a send has one key, in header or body", a_send_has_one_key_in_header_or_body},
    {"Prefer contains respond-async", prefer_contains_respond_async},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN_WITH("api/checks", cases, set_up, tear_down)
