/* The hint on es:ctl: its own form, the form of older programs, and malformed ones. */
#include <string.h>

#include "cunit_main.h"
#include "event/control.h"

#define ACME  "01900000-0000-7000-8000-000000000001"
#define ALICE "01900000-0000-7000-8000-00000000a001"
/* The longest jti: 63 control characters, each of which takes six bytes in JSON. */
#define ODD     "\x01\x01\x01\x01\x01\x01\x01"
#define ODD_JTI ODD ODD ODD ODD ODD ODD ODD ODD ODD

static struct arena *mem;
static struct es_err fault;

static enum es_code
decode(const char *json, struct control *out)
{
	return control_decode(json, strlen(json), mem, out, &fault);
}

static void
a_hint_equals_itself_after_being_written_and_read(void)
{
	const struct control hints[] = {
	    {.tenant = {ACME}, .acl_version = 5},
	    {.tenant = {ACME}, .user = {ALICE}, .names_user = true, .acl_version = 6},
	    {.tenant = {ACME}, .user = {ALICE}, .names_user = true},
	    {.tenant = {ACME}, .jti = "session-1", .acl_version = 6},
	    {.tenant = {ACME}, .jti = ODD_JTI, .acl_version = ES_INT_MAX_EXACT},
	};

	mem = arena_new();
	for (size_t i = 0; i < ES_COUNT(hints); i++) {
		struct control got;
		struct text t;

		text_init(&t, mem, CONTROL_BYTES_MAX);
		control_encode(&hints[i], &t);
		CU_ASSERT_FALSE(t.overflow);
		CU_ASSERT_EQUAL_FATAL(decode(t.data, &got), ES_OK);
		CU_ASSERT_STRING_EQUAL(got.tenant.text, ACME);
		CU_ASSERT_EQUAL(got.names_user, hints[i].names_user);
		CU_ASSERT_STRING_EQUAL(got.user.text, hints[i].user.text);
		CU_ASSERT_STRING_EQUAL(got.jti, hints[i].jti);
		CU_ASSERT_EQUAL(got.acl_version, hints[i].acl_version);
	}
	arena_free(&mem);
}

/* An older api-fcgi names no user in the hint. A newer api-fcgi may add fields. */
static void
other_releases_are_understood(void)
{
	struct control got;

	mem = arena_new();
	CU_ASSERT_EQUAL_FATAL(
	    decode("{\"tenant\":\"" ACME "\",\"aclVersion\":7}", &got), ES_OK);
	CU_ASSERT_FALSE(got.names_user);
	CU_ASSERT_EQUAL(got.acl_version, 7);
	CU_ASSERT_EQUAL_FATAL(decode("{\"tenant\":\"" ACME "\"}", &got), ES_OK);
	CU_ASSERT_EQUAL(got.acl_version, 0);
	CU_ASSERT_EQUAL_FATAL(decode("{\"tenant\":\"" ACME "\",\"user\":\"" ALICE "\","
				     "\"why\":{\"role\":\"guest\"}}",
				  &got),
	    ES_OK);
	CU_ASSERT_TRUE(got.names_user);
	CU_ASSERT_EQUAL_FATAL(
	    decode("{\"tenant\":\"" ACME "\",\"user\":null}", &got), ES_OK);
	CU_ASSERT_FALSE(got.names_user);
	arena_free(&mem);
}

static void
anything_else_is_refused(void)
{
	static const char *const bad[] = {"", "[]", "{}", "{\"tenant\":\"acme\"}",
	    "{\"tenant\":\"" ACME "\",\"user\":\"alice\"}",
	    "{\"tenant\":\"" ACME "\",\"user\":7}",
	    "{\"tenant\":\"" ACME "\",\"aclVersion\":-1}",
	    "{\"tenant\":\"" ACME "\",\"aclVersion\":9007199254740992}"};
	struct control got;

	mem = arena_new();
	for (size_t i = 0; i < ES_COUNT(bad); i++)
		CU_ASSERT_NOT_EQUAL(decode(bad[i], &got), ES_OK);
	arena_free(&mem);
}

static CU_TestInfo cases[] = {
    {"a hint equals itself after being written and read",
	a_hint_equals_itself_after_being_written_and_read},
    {"hints of older and newer releases are understood", other_releases_are_understood},
    {"anything else is refused", anything_else_is_refused},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("event/control", cases)
