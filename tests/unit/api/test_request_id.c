/* The server keeps only harmless request ids of clients. */
#include <string.h>

#include "core/id.h"
#include "cunit_main.h"
#include "http/request_id.h"

#include "core/banned.h"

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static void
a_harmless_request_id_is_kept(void)
{
	static const char *const bad[] = {"", "1234567", "has blank", "semi;colon",
	    "quote\"\"x",
	    "12345678901234567890123456789012345678901234567890123456789012345"};
	struct arena *a = arena_new();

	CU_ASSERT_STRING_EQUAL(request_id_take("12345678", a), "12345678");
	CU_ASSERT_STRING_EQUAL(request_id_take("A.b_c-0123", a), "A.b_c-0123");
	CU_ASSERT_TRUE(uuid_valid(request_id_take(NULL, a)));
	for (size_t i = 0; i < ES_COUNT(bad); i++)
		if (!uuid_valid(request_id_take(bad[i], a)))
			CU_FAIL(bad[i]);
	arena_free(&a);
}

static void
a_valid_traceparent_is_kept(void)
{
	static const char *const bad[] = {"", "00", PARENT "-x",
	    "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	    "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
	    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
	    "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
	    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333--01"};
	struct arena *a = arena_new();

	CU_ASSERT_STRING_EQUAL(traceparent_take(PARENT, a), PARENT);
	CU_ASSERT_PTR_NULL(traceparent_take(NULL, a));
	for (size_t i = 0; i < ES_COUNT(bad); i++)
		if (traceparent_take(bad[i], a) != NULL)
			CU_FAIL(bad[i]);
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"a harmless request id is kept", a_harmless_request_id_is_kept},
    {"a valid traceparent is kept", a_valid_traceparent_is_kept},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/request_id", cases)
