/* Names, e-mails, words, and the key of a send. */
#include <string.h>

#include "checks.h"
#include "cunit_main.h"
#include "idempotency.h"

#include "core/banned.h"

static struct es_err err;

static void
names(void)
{
	static const char *const bad[] = {
	    "", " ", "a\nb", "a\x7f", "\xc2\x80", "\xe2\x80\xa8", "\xff", "123456"};

	CU_ASSERT_EQUAL(check_name("n", NULL, 1, 5, &err), ES_OK);
	CU_ASSERT_EQUAL(check_name("n", "a b", 1, 5, &err), ES_OK);
	CU_ASSERT_EQUAL(
	    check_name("n", "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 1, 5, &err),
	    ES_OK);
	CU_ASSERT_EQUAL(check_name("n", "", 0, 5, &err), ES_OK);
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		if (check_name("n", bad[i], 1, 5, &err) != ES_INVALID)
			CU_FAIL(bad[i]);
		CU_ASSERT_STRING_EQUAL(err.field, "n");
	}
}

static void
emails(void)
{
	static const char *const bad[] = {"", "@", "a@", "@b", "ab", "a@b@c", "a b@c"};

	CU_ASSERT_EQUAL(check_email("e", "a@b", &err), ES_OK);
	CU_ASSERT_EQUAL(check_email("e", NULL, &err), ES_OK);
	for (size_t i = 0; i < ES_COUNT(bad); i++)
		if (check_email("e", bad[i], &err) != ES_INVALID)
			CU_FAIL(bad[i]);
}

static void
words(void)
{
	CU_ASSERT_EQUAL(check_word("w", "owner", MEMBER_ROLES, &err), ES_OK);
	CU_ASSERT_EQUAL(check_word("w", "member", MEMBER_ROLES, &err), ES_OK);
	CU_ASSERT_EQUAL(check_word("w", NULL, MEMBER_ROLES, &err), ES_OK);
	CU_ASSERT_EQUAL(check_word("w", "guest", MEMBER_ROLES, &err), ES_INVALID);
	CU_ASSERT_EQUAL(check_word("w", "own", MEMBER_ROLES, &err), ES_INVALID);
	CU_ASSERT_EQUAL(check_word("w", "owner admin", MEMBER_ROLES, &err), ES_INVALID);
	CU_ASSERT_EQUAL(check_word("w", "", MEMBER_ROLES, &err), ES_INVALID);
}

static enum es_code
key(const char *header, const char *body, const char **out)
{
	struct http_req req = {.headers = {.idempotency_key = header}};

	return idempotency_key(&req, body, out, &err);
}

static void
keys(void)
{
	const char *k = "untouched";

	CU_ASSERT_EQUAL(key(NULL, NULL, &k), ES_OK);
	CU_ASSERT_PTR_NULL(k);
	CU_ASSERT_EQUAL(key("h", NULL, &k), ES_OK);
	CU_ASSERT_STRING_EQUAL(k, "h");
	CU_ASSERT_EQUAL(key("x", "x", &k), ES_OK);
	CU_ASSERT_EQUAL(key(NULL, "b:1.2_3-4", &k), ES_OK);
	CU_ASSERT_STRING_EQUAL(k, "b:1.2_3-4");
	CU_ASSERT_EQUAL(key("h", "b", &k), ES_BAD_REQUEST);
	CU_ASSERT_EQUAL(key("a b", NULL, &k), ES_BAD_REQUEST);
	CU_ASSERT_EQUAL(key(NULL, "a b", &k), ES_INVALID);
	CU_ASSERT_STRING_EQUAL(err.field, "clientMessageId");
	CU_ASSERT_EQUAL(key(NULL, "", &k), ES_INVALID);
}

static void
preferences(void)
{
	CU_ASSERT_TRUE(prefers_async("respond-async"));
	CU_ASSERT_TRUE(prefers_async("Respond-Async, wait=10"));
	CU_ASSERT_TRUE(prefers_async("return=minimal, respond-async;x=1"));
	CU_ASSERT_FALSE(prefers_async(NULL));
	CU_ASSERT_FALSE(prefers_async(""));
	CU_ASSERT_FALSE(prefers_async("respond-asynchronously"));
	CU_ASSERT_FALSE(prefers_async("x=respond-async"));
}

static CU_TestInfo cases[] = {
    {"names", names},
    {"e-mails", emails},
    {"words", words},
    {"the key of a send", keys},
    {"Prefer", preferences},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/checks", cases)
