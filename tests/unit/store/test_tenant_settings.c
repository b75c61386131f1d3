#include <string.h>

#include "cunit_main.h"
#include "store/tenant_settings.h"

#include "core/banned.h"

static struct tenant_settings s;

static enum es_code
parse(const char *json, struct arena *a, struct es_err *err)
{
	memset(err, 0, sizeof(*err));
	return tenant_settings_parse(json, a, &s, err);
}

static void
knows_what_programs_use(void)
{
	struct arena *a = arena_new();
	struct es_err err;

	CU_ASSERT_EQUAL_FATAL(parse("{\"user_send_limit\":5000,\"user_send_window_s\":1,"
				    "\"allowed_origins\":[\"https://a.test\","
				    "\"http://localhost:3000\"],\"demo\":true}",
				  a, &err),
	    ES_OK);
	CU_ASSERT_EQUAL(s.user_send_limit, 5000);
	CU_ASSERT_EQUAL(s.user_send_window_s, 1);
	CU_ASSERT_EQUAL_FATAL(s.n_origins, 2);
	CU_ASSERT_STRING_EQUAL(s.allowed_origins[1], "http://localhost:3000");
	arena_free(&a);
}

static void
nothing_set_is_minus_one(void)
{
	static const char *const empty[] = {
	    NULL, "", "{}", "{\"user_send_window_s\":null}"};
	struct arena *a = arena_new();
	struct es_err err;

	for (size_t i = 0; i < ES_COUNT(empty); i++) {
		CU_ASSERT_EQUAL(parse(empty[i], a, &err), ES_OK);
		CU_ASSERT_EQUAL(s.user_send_limit, -1);
		CU_ASSERT_EQUAL(s.user_send_window_s, -1);
		CU_ASSERT_EQUAL(s.n_origins, 0);
	}
	arena_free(&a);
}

static void
refuses_wrong_kinds_with_their_name(void)
{
	static const struct {
		const char *json, *field;
	} bad[] = {
	    {"{\"user_send_limit\":\"many\"}", "user_send_limit"},
	    {"{\"user_send_limit\":-1}", "user_send_limit"},
	    {"{\"user_send_window_s\":0}", "user_send_window_s"},
	    {"{\"allowed_origins\":\"https://a.test\"}", "allowed_origins"},
	    {"{\"allowed_origins\":[1]}", "allowed_origins"},
	    {"{\"allowed_origins\":[\"*\"]}", "allowed_origins"},
	    {"{\"allowed_origins\":[\"a.test\"]}", "allowed_origins"},
	    {"{\"allowed_origins\":[\"https://\"]}", "allowed_origins"},
	    {"{\"allowed_origins\":[\"https://*.test\"]}", "allowed_origins"},
	    {"{\"allowed_origins\":[\"https://a.test/\"]}", "allowed_origins"},
	};
	struct arena *a = arena_new();
	struct es_err err;

	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		CU_ASSERT_EQUAL(parse(bad[i].json, a, &err), ES_INVALID);
		CU_ASSERT_STRING_EQUAL(err.field, bad[i].field);
	}
	CU_ASSERT_NOT_EQUAL(parse("[]", a, &err), ES_OK);
	CU_ASSERT_NOT_EQUAL(parse("{", a, &err), ES_OK);
	arena_free(&a);
}

static void
null_is_no_limit_and_0_is_one(void)
{
	struct arena *a = arena_new();
	struct es_err err;

	CU_ASSERT_EQUAL(parse("{\"user_send_limit\":null}", a, &err), ES_OK);
	CU_ASSERT_EQUAL(s.user_send_limit, TENANT_NO_LIMIT);
	CU_ASSERT_EQUAL(tenant_settings_user_send(&s, 20), TENANT_NO_LIMIT);
	CU_ASSERT_EQUAL(parse("{\"user_send_limit\":0}", a, &err), ES_OK);
	CU_ASSERT_EQUAL(s.user_send_limit, 0);
	CU_ASSERT_EQUAL(tenant_settings_user_send(&s, 20), 0);
	CU_ASSERT_EQUAL(parse("{}", a, &err), ES_OK);
	CU_ASSERT_EQUAL(tenant_settings_user_send(&s, 20), 20);
	/* The installation's own setting knows no null. */
	CU_ASSERT_EQUAL(tenant_settings_user_send(&s, 0), TENANT_NO_LIMIT);
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"knows what programs use", knows_what_programs_use},
    {"nothing set is minus one", nothing_set_is_minus_one},
    {"null is no limit, and 0 is one", null_is_no_limit_and_0_is_one},
    {"refuses wrong kinds with their name", refuses_wrong_kinds_with_their_name},
    CU_TEST_INFO_NULL,
};
CUNIT_MAIN("tenant_settings", cases)
