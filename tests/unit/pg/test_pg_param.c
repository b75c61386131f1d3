#include <string.h>

#include "cunit_main.h"
#include "pg/pg.h"

#include "core/banned.h"

static void
quotes_array_elements(void)
{
	struct arena *a = arena_new();
	const char *const items[] = {"a", "x\"y", "x\\y", "", NULL, "NULL", "{1,2}"};

	CU_ASSERT_STRING_EQUAL(pg_array(a, items, 0), "{}");
	CU_ASSERT_STRING_EQUAL(pg_array(a, items, 1), "{\"a\"}");
	CU_ASSERT_STRING_EQUAL(pg_array(a, items, ES_COUNT(items)),
	    "{\"a\",\"x\\\"y\",\"x\\\\y\",\"\",NULL,\"NULL\",\"{1,2}\"}");
	arena_free(&a);
}

static void
writes_numbers(void)
{
	struct arena *a = arena_new();

	CU_ASSERT_STRING_EQUAL(pg_int(a, INT64_MIN), "-9223372036854775808");
	CU_ASSERT_STRING_EQUAL(pg_int(a, 0), "0");
	CU_ASSERT_STRING_EQUAL(pg_bool(true), "true");
	CU_ASSERT_STRING_EQUAL(pg_bool(false), "false");
	arena_free(&a);
}

static void
tells_errors_of_the_server_from_errors_of_the_data(void)
{
	static const char *const server[] = {"", "08006", "0A000", "25006", "26000",
	    "28P01", "40001", "40P01", "42883", "53300", "55P03", "57014", "57P01",
	    "58030", "XX000"};
	static const char *const data[] = {
	    "22001", "22P05", "23514", "54000", "P0001", "ES001"};

	for (size_t i = 0; i < ES_COUNT(server); i++)
		CU_ASSERT_TRUE(pg_transient(server[i]));
	for (size_t i = 0; i < ES_COUNT(data); i++)
		CU_ASSERT_FALSE(pg_transient(data[i]));
}

static void
refuses_a_malformed_url(void)
{
	static const struct pg_settings bad[] = {
	    {.url = "postgresql://[half", .application_name = "t"},
	    {.url = "no_such_word=secret", .application_name = "t"},
	    {.url = "host='open", .application_name = "t"},
	};
	struct pg *pg = NULL;
	struct es_err err;

	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		CU_ASSERT_EQUAL(pg_open(&bad[i], &pg, &err), ES_INVALID);
		CU_ASSERT_PTR_NULL(pg);
		CU_ASSERT_PTR_NULL(strstr(err.text, "secret"));
	}
}

static CU_TestInfo cases[] = {
    {"quotes array elements", quotes_array_elements},
    {"writes numbers", writes_numbers},
    {"distinguishes errors of the server from errors of the data",
	tells_errors_of_the_server_from_errors_of_the_data},
    {"refuses a malformed url", refuses_a_malformed_url},
    CU_TEST_INFO_NULL,
};
CUNIT_MAIN("pg_param", cases)
