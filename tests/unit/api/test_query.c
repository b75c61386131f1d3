/* Query parameters: decoded once, refused when repeated, whole numbers in range. */
#include <string.h>

#include "cunit_main.h"
#include "http/query.h"

#include "core/banned.h"

static void
values(void)
{
	struct arena *a = arena_new();
	struct es_err err;
	struct query q;

	CU_ASSERT_EQUAL_FATAL(
	    query_parse("a=1&b=x%2By+z&c&d=&e=a%3Db=c", a, &q, &err), ES_OK);
	CU_ASSERT_EQUAL(q.n, 5);
	CU_ASSERT_STRING_EQUAL(query_get(&q, "a"), "1");
	CU_ASSERT_STRING_EQUAL(query_get(&q, "b"), "x+y z");
	CU_ASSERT_STRING_EQUAL(query_get(&q, "c"), "");
	CU_ASSERT_STRING_EQUAL(query_get(&q, "d"), "");
	CU_ASSERT_STRING_EQUAL(query_get(&q, "e"), "a=b=c");
	CU_ASSERT_PTR_NULL(query_get(&q, "f"));
	CU_ASSERT_EQUAL_FATAL(query_parse("", a, &q, &err), ES_OK);
	CU_ASSERT_EQUAL(q.n, 0);
	arena_free(&a);
}

static void
refused(void)
{
	static const char *const bad[] = {"a=1&a=2", "a=1&%61=2", "=1", "a=1&&b=2", "a=%",
	    "a=%0", "a=%zz", "a=%00", "a=%ff", "a=b#c", "a=\"", "a= b", "%zz=1", "&"};
	struct arena *a = arena_new();
	struct es_err err;
	struct query q;

	for (size_t i = 0; i < ES_COUNT(bad); i++)
		if (query_parse(bad[i], a, &q, &err) != ES_BAD_REQUEST)
			CU_FAIL(bad[i]);
	CU_ASSERT_EQUAL(query_parse("limit=1&limit=2", a, &q, &err), ES_BAD_REQUEST);
	CU_ASSERT_STRING_EQUAL(err.field, "?limit");
	CU_ASSERT_EQUAL(
	    query_parse("1&2&3&4&5&6&7&8&9&a&b&c&d&e&f&g", a, &q, &err), ES_OK);
	CU_ASSERT_EQUAL(query_parse("1&2&3&4&5&6&7&8&9&a&b&c&d&e&f&g&h", a, &q, &err),
	    ES_BAD_REQUEST);
	arena_free(&a);
}

static void
integers(void)
{
	static const char *const bad[] = {
	    "", "1.0", "1e1", "+1", "0x1", "abc", "-", "007", "00", "-0", "1 "};
	static const char *const outside[] = {"0", "201", "-1", "99999999999999999999"};
	struct arena *a = arena_new();
	struct query q = {0};
	struct es_err err;
	int64_t n = 50;
	bool present = true;

	CU_ASSERT_EQUAL(query_int(&q, "x", 1, 200, &n, &present, &err), ES_OK);
	CU_ASSERT_EQUAL(n, 50);
	CU_ASSERT_FALSE(present);
	q.n = 1;
	q.items[0].name = "limit";
	q.items[0].value = "200";
	CU_ASSERT_EQUAL(query_int(&q, "limit", 1, 200, &n, &present, &err), ES_OK);
	CU_ASSERT_EQUAL(n, 200);
	CU_ASSERT_TRUE(present);
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		q.items[0].value = bad[i];
		if (query_int(&q, "limit", 1, 200, &n, NULL, &err) != ES_BAD_REQUEST)
			CU_FAIL(bad[i]);
		CU_ASSERT_STRING_EQUAL(err.field, "?limit");
	}
	for (size_t i = 0; i < ES_COUNT(outside); i++) {
		q.items[0].value = outside[i];
		if (query_int(&q, "limit", 1, 200, &n, NULL, &err) != ES_INVALID)
			CU_FAIL(outside[i]);
		CU_ASSERT_STRING_EQUAL(err.field, "?limit");
	}
	CU_ASSERT_EQUAL(n, 200);
	arena_free(&a);
}

static void
booleans(void)
{
	struct query q = {.n = 1, .items = {{"member", "true"}}};
	struct es_err err;
	bool b = false;

	CU_ASSERT_EQUAL(query_bool(&q, "member", &b, &err), ES_OK);
	CU_ASSERT_TRUE(b);
	q.items[0].value = "1";
	CU_ASSERT_EQUAL(query_bool(&q, "member", &b, &err), ES_BAD_REQUEST);
	CU_ASSERT_EQUAL(query_bool(&q, "other", &b, &err), ES_OK);
	CU_ASSERT_TRUE(b);
}

static const char *
unknown_name_text(const char *name, const char *known)
{
	static struct es_err err;
	struct query q = {.n = 1, .items = {{name, "1"}}};

	err = (struct es_err){.code = ES_OK};
	if (query_known(&q, known, &err) == ES_OK)
		return "";
	CU_ASSERT_EQUAL(err.code, ES_BAD_REQUEST);
	CU_ASSERT_EQUAL(err.field[0], '?');
	CU_ASSERT_STRING_EQUAL(err.field + 1, name);
	return err.text;
}

static void
unknown_names(void)
{
	CU_ASSERT_STRING_EQUAL(unknown_name_text("limit", "limit cursor"), "");
	CU_ASSERT_STRING_EQUAL(unknown_name_text("lmit", "limit cursor"),
	    "unknown query parameter; did you mean \"limit\"?");
	CU_ASSERT_STRING_EQUAL(unknown_name_text("Cursor", "limit cursor"),
	    "unknown query parameter; did you mean \"cursor\"?");
	CU_ASSERT_STRING_EQUAL(unknown_name_text("role", "limit cursor"),
	    "unknown query parameter; known are: limit cursor");
	CU_ASSERT_STRING_EQUAL(unknown_name_text("limi", ""),
	    "unknown query parameter; this request takes none");
	CU_ASSERT_STRING_EQUAL(unknown_name_text("anything", "*"), "");
}

/* Each message names the fault of the value. */
static void
bad_values_are_explained(void)
{
	static const struct {
		const char *raw, *text;
	} rows[] = {
	    {"q=%F", "has bad percent-encoding; expected % and two hex digits"},
	    {"q=%zz", "has bad percent-encoding; expected % and two hex digits"},
	    {"q=%FF", "is not UTF-8; percent-encode the bytes of UTF-8"},
	    {"q=%07", "contains a control character"},
	};
	struct arena *mem = arena_new();
	struct query parsed;
	struct es_err fault;

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		CU_ASSERT_EQUAL(
		    query_parse(rows[i].raw, mem, &parsed, &fault), ES_BAD_REQUEST);
		CU_ASSERT_STRING_EQUAL(fault.field, "?q");
		CU_ASSERT_STRING_EQUAL(fault.text, rows[i].text);
	}
	arena_free(&mem);
}

static CU_TestInfo cases[] = {
    {"values are decoded once", values},
    {"repeats and malformed values are refused", refused},
    {"integers are whole and in range", integers},
    {"booleans are true or false", booleans},
    {"the refusal of an unknown name suggests the nearest one", unknown_names},
    {"bad values are explained", bad_values_are_explained},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/query", cases)
