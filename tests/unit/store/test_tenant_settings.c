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
reads_the_settings_that_programs_use(void)
{
	struct arena *a = arena_new();
	struct es_err err;

	CU_ASSERT_EQUAL_FATAL(parse("{\"user_send_limit\":5000,\"user_send_window_s\":1,"
				    "\"allowed_origins\":[\"https://a.test\","
				    "\"http://localhost:3000\"],\"demo\":true,"
				    "\"editWindowSeconds\":0}",
				  a, &err),
	    ES_OK);
	CU_ASSERT_EQUAL(s.user_send_limit, 5000);
	CU_ASSERT_EQUAL(s.user_send_window_s, 1);
	CU_ASSERT_EQUAL(s.edit_window_s, 0);
	CU_ASSERT_EQUAL_FATAL(s.n_origins, 2);
	CU_ASSERT_STRING_EQUAL(s.allowed_origins[1], "http://localhost:3000");
	arena_free(&a);
}

static void
a_limit_that_is_not_set_is_1(void)
{
	static const char *const empty[] = {
	    NULL, "", "{}", "{\"user_send_window_s\":null}"};
	struct arena *a = arena_new();
	struct es_err err;

	for (size_t i = 0; i < ES_COUNT(empty); i++) {
		CU_ASSERT_EQUAL(parse(empty[i], a, &err), ES_OK);
		CU_ASSERT_EQUAL(s.user_send_limit, -1);
		CU_ASSERT_EQUAL(s.user_send_window_s, -1);
		CU_ASSERT_EQUAL(s.edit_window_s, -1);
		CU_ASSERT_EQUAL(s.n_origins, 0);
	}
	arena_free(&a);
}

static void
refuses_a_wrong_type_and_names_the_setting(void)
{
	static const struct {
		const char *json, *field;
	} bad[] = {
	    {"{\"user_send_limit\":\"many\"}", "user_send_limit"},
	    {"{\"user_send_limit\":-1}", "user_send_limit"},
	    {"{\"user_send_window_s\":0}", "user_send_window_s"},
	    {"{\"editWindowSeconds\":-1}", "editWindowSeconds"},
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
null_is_no_limit_and_0_is_a_limit(void)
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
	/* In the installation's setting, which can't be null, 0 means no limit. */
	CU_ASSERT_EQUAL(tenant_settings_user_send(&s, 0), TENANT_NO_LIMIT);
	arena_free(&a);
}

static struct json_faults faults;

static const char *
take(const char *json, bool by_owner, struct arena *a)
{
	const char *out = "";
	struct es_err err;

	faults.n = 0;
	CU_ASSERT_EQUAL(
	    tenant_settings_from_client(json, by_owner, a, &faults, &out, &err), ES_OK);
	return out;
}

static void
a_client_writes_camelcase_and_the_row_holds_the_old_names(void)
{
	struct arena *a = arena_new();

	CU_ASSERT_STRING_EQUAL(take("{\"userSendLimit\":0,\"userSendWindowS\":null,"
				    "\"allowedOrigins\":[\"HTTPS://A.test\"]}",
				   false, a),
	    "{\"user_send_limit\":0,\"user_send_window_s\":null,"
	    "\"allowed_origins\":[\"https://a.test\"]}");
	CU_ASSERT_EQUAL(faults.n, 0);
	CU_ASSERT_STRING_EQUAL(take("{\"allowedOrigins\":[\"https://a.test:443\","
				    "\"https://A.test\",\"http://a.test\"]}",
				   true, a),
	    "{\"allowed_origins\":[\"https://a.test\",\"http://a.test\"]}");
	CU_ASSERT_EQUAL(faults.n, 0);
	CU_ASSERT_STRING_EQUAL(
	    take("{\"user_send_limit\":7,\"allowed_origins\":null}", false, a),
	    "{\"user_send_limit\":7,\"allowed_origins\":null}");
	CU_ASSERT_EQUAL(faults.n, 0);
	CU_ASSERT_STRING_EQUAL(
	    take("{\"editWindowSeconds\":0}", true, a), "{\"editWindowSeconds\":0}");
	CU_ASSERT_STRING_EQUAL(take("{\"editWindowSeconds\":null}", true, a),
	    "{\"editWindowSeconds\":null}");
	CU_ASSERT_EQUAL(faults.n, 0);
	CU_ASSERT_STRING_EQUAL(take("{}", true, a), "{}");
	arena_free(&a);
}

static void
reports_every_wrong_setting(void)
{
	struct arena *a = arena_new();

	(void)take(
	    "{\"demo\":1,\"userSendLimit\":-1,\"allowedOrigins\":[\"https://a.test\","
	    "\"*\"]}",
	    false, a);
	CU_ASSERT_EQUAL_FATAL(faults.n, 3);
	CU_ASSERT_STRING_EQUAL(faults.items[0].field, "settings/demo");
	CU_ASSERT_STRING_EQUAL(faults.items[1].field, "settings/userSendLimit");
	CU_ASSERT_STRING_EQUAL(faults.items[2].field, "settings/allowedOrigins/1");
	(void)take("{\"userSendLimit\":1,\"user_send_limit\":1}", false, a);
	CU_ASSERT_EQUAL(faults.n, 1);
	(void)take("{\"userSendLimit\":1,\"user_send_window_s\":1}", true, a);
	CU_ASSERT_EQUAL(faults.n, 2);
	arena_free(&a);
}

static void
a_client_sees_only_settings_that_programs_know(void)
{
	struct arena *a = arena_new();
	struct json_write w;
	struct text t;

	text_init(&t, a, 1024);
	jw_init(&w, &t);
	jw_object(&w, NULL);
	tenant_settings_show("{\"demo\":true,\"user_send_limit\":5,"
			     "\"allowed_origins\":[\"https://a.test\"]}",
	    &w, "settings", a);
	jw_object_end(&w);
	CU_ASSERT_STRING_EQUAL(t.data, "{\"settings\":{\"userSendLimit\":5,"
				       "\"allowedOrigins\":[\"https://a.test\"]}}");
	text_init(&t, a, 1024);
	jw_init(&w, &t);
	jw_object(&w, NULL);
	tenant_settings_show(
	    "{\"user_send_limit\":null,\"editWindowSeconds\":60}", &w, "settings", a);
	jw_object_end(&w);
	CU_ASSERT_STRING_EQUAL(t.data, "{\"settings\":{\"userSendLimit\":null,"
				       "\"editWindowSeconds\":60}}");
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"reads the settings that programs use", reads_the_settings_that_programs_use},
    {"a limit that is not set is -1", a_limit_that_is_not_set_is_1},
    {"null is no limit, and 0 is a limit", null_is_no_limit_and_0_is_a_limit},
    {"refuses a wrong type and names the setting",
	refuses_a_wrong_type_and_names_the_setting},
    {"a client writes camelCase and the row holds the old names",
	a_client_writes_camelcase_and_the_row_holds_the_old_names},
    {"reports every wrong setting", reports_every_wrong_setting},
    {"a client sees only settings that programs know",
	a_client_sees_only_settings_that_programs_know},
    CU_TEST_INFO_NULL,
};
CUNIT_MAIN("tenant_settings", cases)
