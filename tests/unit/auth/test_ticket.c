/* The text of a ticket, its key in Redis, and the claims that it carries. */
#include <string.h>

#include "auth/ticket.h"
#include "cunit_main.h"

#include "core/banned.h"

#define TENANT "01900000-0000-7000-8000-000000000001"
#define ALICE  "01900000-0000-7000-8000-00000000a001"

static void
its_key_in_redis_is_a_hash(void)
{
	char one[TICKET_TEXT], two[TICKET_TEXT];
	char key[TICKET_KEY], again[TICKET_KEY];

	ticket_new(one);
	ticket_new(two);
	CU_ASSERT_EQUAL(strlen(one), 68);
	CU_ASSERT_TRUE(ticket_is(one));
	CU_ASSERT_STRING_NOT_EQUAL(one, two);
	CU_ASSERT_FALSE(ticket_is("eyJhbGciOiJIUzI1NiJ9.e30.c2ln"));
	CU_ASSERT_FALSE(ticket_is("esk_00"));
	ticket_key(one, key);
	ticket_key(one, again);
	CU_ASSERT_STRING_EQUAL(key, again);
	CU_ASSERT_EQUAL(strncmp(key, "es:tk:", 6), 0);
	CU_ASSERT_EQUAL(strlen(key), 70);
	CU_ASSERT_PTR_NULL(strstr(key, one + 4)); /* Redis never gets the ticket itself */
	ticket_key(two, again);
	CU_ASSERT_STRING_NOT_EQUAL(key, again);
}

static void
the_longest_claims_fit(void)
{
	struct token_claims in = {.tenant = {TENANT},
	    .user = {ALICE},
	    .issued_s = ES_INT_MAX_EXACT,
	    .expires_s = ES_INT_MAX_EXACT - 1,
	    .key_created_ms = ES_INT_MAX_EXACT,
	    .owners = true};
	struct arena *a = arena_new();
	struct token_claims out;
	struct es_err err;
	struct text t;

	memset(in.jti, '\x01', sizeof(in.jti) - 1); /* six characters each in JSON */
	memset(in.kid, 'k', sizeof(in.kid) - 1);
	text_init(&t, a, TICKET_CLAIMS);
	ticket_encode(&in, &t);
	CU_ASSERT_FALSE(t.overflow);
	CU_ASSERT_EQUAL_FATAL(ticket_decode(t.data, t.len, &out, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(out.tenant.text, TENANT);
	CU_ASSERT_STRING_EQUAL(out.user.text, ALICE);
	CU_ASSERT_STRING_EQUAL(out.jti, in.jti);
	CU_ASSERT_STRING_EQUAL(out.kid, in.kid);
	CU_ASSERT_EQUAL(out.key_created_ms, in.key_created_ms);
	CU_ASSERT_TRUE(out.owners);
	CU_ASSERT_EQUAL(out.issued_s, in.issued_s);
	CU_ASSERT_EQUAL(out.expires_s, in.expires_s);
	arena_free(&a);
}

static void
refuses_claims_that_it_can_not_read(void)
{
	static const char *const bad[] = {"", "1", "{}", "[]",
	    "{\"tenant\":\"" TENANT "\",\"user\":\"" ALICE "\",\"jti\":\"\",\"iat\":1}",
	    "{\"tenant\":\"" TENANT
	    "\",\"user\":\"0190000-00000-7000-8000-00000000a001\",\"jti\":\"\","
	    "\"iat\":1,\"exp\":2}"};
	static const char newer[] = "{\"tenant\":\"" TENANT "\",\"user\":\"" ALICE
				    "\",\"jti\":\"\",\"iat\":1,\"exp\":2,\"x\":[]}";
	struct token_claims out;
	struct es_err err;

	for (size_t i = 0; i < ES_COUNT(bad); i++)
		CU_ASSERT_EQUAL(
		    ticket_decode(bad[i], strlen(bad[i]), &out, &err), ES_INVALID);
	CU_ASSERT_EQUAL(ticket_decode(newer, strlen(newer), &out, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(out.jti, "");
}

static CU_TestInfo cases[] = {
    {"its key in Redis is a hash", its_key_in_redis_is_a_hash},
    {"the longest claims fit", the_longest_claims_fit},
    {"refuses claims that it can't read", refuses_claims_that_it_can_not_read},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("auth/ticket", cases)
