/* The parameters of a connection. libpq takes the last value of a name, so parameters
 * before the url are defaults, and the url can't change parameters after it. */
#include <string.h>

#include "cunit_main.h"
#include "pg/pg_private.h"

#include "core/banned.h"

#define URL "postgresql://db.example/x?options=-c%20work_mem%3D8MB"

static struct pg_target target;

static void
init(const char *url, struct arena *a)
{
	const struct pg_settings settings = {.url = url,
	    .application_name = "test",
	    .statement_timeout_ms = 1234,
	    .lock_timeout_ms = 567};
	struct es_err err;

	CU_ASSERT_EQUAL_FATAL(pg_target_init(&target, &settings, a, &err), ES_OK);
}

/* The index of the parameter, -1 when it is not among the keywords. */
static int
place(const char *key)
{
	for (int i = 0; i < (int)target.n; i++)
		if (strcmp(target.keys[i], key) == 0)
			return i;
	return -1;
}

static void
the_url_may_change_the_defaults(void)
{
	static const char *const defaults[][2] = {{"application_name", "test"},
	    {"target_session_attrs", "read-write"}, {"keepalives_idle", "3"},
	    {"keepalives_interval", "1"}, {"keepalives_count", "2"},
	    {"tcp_user_timeout", "5000"}};
	struct arena *a = arena_new();

	init(URL, a);
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		const int at = place(defaults[i][0]);

		CU_ASSERT_TRUE_FATAL(at >= 0 && at < place("dbname"));
		CU_ASSERT_STRING_EQUAL(target.values[at], defaults[i][1]);
	}
	CU_ASSERT_STRING_EQUAL(target.values[place("dbname")], URL);
	CU_ASSERT_EQUAL(target.connect_timeout_ms, 3000);
	arena_free(&a);
}

static void
the_url_can_not_change_the_parameters_after_it(void)
{
	struct arena *a = arena_new();
	const char *options;

	init(URL, a);
	CU_ASSERT_TRUE(place("client_encoding") > place("dbname"));
	CU_ASSERT_STRING_EQUAL(target.values[place("client_encoding")], "UTF8");
	CU_ASSERT_TRUE_FATAL(place("options") > place("dbname"));
	/* the options of the url come first, so that those of the program override them
	 */
	options = target.values[place("options")];
	CU_ASSERT_EQUAL(strncmp(options, "-c work_mem=8MB -c ", 19), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(options, " -c statement_timeout=1234 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(options, " -c lock_timeout=567 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(options, " -c synchronous_commit=on "));
	init("postgresql://db.example/x", a);
	CU_ASSERT_EQUAL(strncmp(target.values[place("options")], " -c ", 4), 0);
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"the url may change the defaults", the_url_may_change_the_defaults},
    {"the url can't change the parameters after it",
	the_url_can_not_change_the_parameters_after_it},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("pg/pg_target", cases)
