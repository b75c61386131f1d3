#include <string.h>

#include "cunit_main.h"
#include "json/json_bind.h"
#include "json/json_check.h"

struct target {
	const char *name;
	int64_t count, either;
	bool flag;
	const char *raw;
	const struct json_list *list;
	bool has_raw, has_list;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct target, name, JSON_STRING, true, 1, 10),
    JSON_FIELD(struct target, count, JSON_INT, false, 0, 100),
    JSON_FIELD(
	struct target, either, JSON_NUMBER_OR_STRING, false, 1, 9007199254740991LL),
    JSON_FIELD(struct target, flag, JSON_BOOL, false, 0, 0),
    JSON_FIELD_OPT(struct target, raw, JSON_RAW, 1, 50),
    JSON_FIELD_OPT(struct target, list, JSON_ARRAY, 1, 3),
};

static enum es_code
bind(
    const char *text, size_t len, struct arena *a, struct target *out, struct es_err *err)
{
	*out = (struct target){0};
	*err = (struct es_err){0};
	return json_bind(
	    text, len, fields, ES_COUNT(fields), JSON_REFUSE_UNKNOWN, a, out, err);
}

static void
accepts_matching_values(void)
{
	struct arena *a = arena_new();
	struct target t;
	struct es_err err;
	const char *text =
	    " {\"name\":\"J\\u00f6\\ud83d\\ude00\",\"count\":100,\"either\":\"12\","
	    "\"flag\":true,\"raw\":{\"a\":[1,2.5]},\"list\":[1,\"x\"]}\n";
	const char *value = NULL;

	CU_ASSERT_EQUAL_FATAL(bind(text, strlen(text), a, &t, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(t.name, "J\xc3\xb6\xf0\x9f\x98\x80");
	CU_ASSERT_EQUAL(t.count, 100);
	CU_ASSERT_EQUAL(t.either, 12);
	CU_ASSERT_TRUE(t.flag && t.has_raw && t.has_list);
	CU_ASSERT_STRING_EQUAL(t.raw, "{\"a\":[1,2.5]}");
	CU_ASSERT_EQUAL_FATAL(t.list->n, 2);
	CU_ASSERT_EQUAL_FATAL(json_bind_text(t.list->items[1], a, &value, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(value, "x");
	CU_ASSERT_EQUAL(json_bind_text(t.list->items[0], a, &value, &err), ES_INVALID);
	arena_free(&a);
}

static void
null_counts_as_absent_where_the_field_allows_it(void)
{
	struct arena *a = arena_new();
	struct target t;
	struct es_err err;

	CU_ASSERT_EQUAL(bind("{\"name\":\"x\",\"raw\":null}", 23, a, &t, &err), ES_OK);
	CU_ASSERT_FALSE(t.has_raw);
	CU_ASSERT_EQUAL(bind("{\"name\":null}", 13, a, &t, &err), ES_INVALID);
	CU_ASSERT_STRING_EQUAL(err.field, "name");
	arena_free(&a);
}

static void
names_the_wrong_field(void)
{
	static const struct {
		const char *text, *field;
	} bad[] = {
	    {"{}", "name"},
	    {"{\"name\":1}", "name"},
	    {"{\"name\":\"\"}", "name"},
	    {"{\"name\":\"12345678901\"}", "name"},
	    {"{\"name\":\"a\\u0000b\"}", "name"},
	    {"{\"name\":\"x\",\"either\":\"1\\u0000\"}", "either"},
	    {"{\"name\":\"x\",\"raw\":{\"a\":[\"\\u0000\"]}}", "raw"},
	    {"{\"name\":\"x\",\"list\":[\"\\u0000\"]}", "list"},
	    {"{\"name\":\"x\",\"nmae\":1}", "nmae"},
	    {"{\"name\":\"x\",\"count\":101}", "count"},
	    {"{\"name\":\"x\",\"count\":-1}", "count"},
	    {"{\"name\":\"x\",\"count\":1.0}", "count"},
	    {"{\"name\":\"x\",\"count\":1e1}", "count"},
	    {"{\"name\":\"x\",\"count\":\"1\"}", "count"},
	    {"{\"name\":\"x\",\"either\":9007199254740992}", "either"},
	    {"{\"name\":\"x\",\"either\":99999999999999999999999}", "either"},
	    {"{\"name\":\"x\",\"either\":\"1x\"}", "either"},
	    {"{\"name\":\"x\",\"flag\":1}", "flag"},
	    {"{\"name\":\"x\",\"raw\":1e999}", "raw"},
	    {"{\"name\":\"x\",\"list\":[]}", "list"},
	    {"{\"name\":\"x\",\"list\":[1,2,3,4]}", "list"},
	    {"{\"name\":\"x\",\"list\":{}}", "list"},
	};
	struct arena *a = arena_new();
	struct target t;
	struct es_err err;

	for (unsigned i = 0; i < ES_COUNT(bad); i++) {
		CU_ASSERT_EQUAL(
		    bind(bad[i].text, strlen(bad[i].text), a, &t, &err), ES_INVALID);
		CU_ASSERT_STRING_EQUAL(err.field, bad[i].field);
	}
	arena_free(&a);
}

static void
refuses_what_rfc_8259_refuses(void)
{
	static const char *const bad[] = {"", " ", "{", "}", "[]", "1", "\"x\"", "null",
	    "{\"name\":\"x\"}x", "{\"name\":\"x\",}", "{'name':'x'}", "{name:\"x\"}",
	    "{\"name\":\"x\"}{\"name\":\"x\"}", "{\"name\":\"x\",\"name\":\"y\"}",
	    "{\"name\":\"x\",\"raw\":{\"a\":1,\"a\":2}}", "{\"name\":\"a\nb\"}",
	    "{\"na\\u0000me\":\"x\"}", "{\"name\":\"\\ud800\"}", "{\"name\":\"\\udc00\"}",
	    "{\"name\":\"\\ud800\\u0041\"}", "{\"name\":\"\\x41\"}",
	    "{\"name\":\"\xff\"}", "{\"name\":\"\xed\xa0\x80\"}",
	    "{\"name\":\"x\",\"count\":NaN}", "{\"name\":\"x\",\"count\":Infinity}",
	    "{\"name\":\"x\",\"count\":01}", "{\"name\":\"x\",\"count\":1.}",
	    "{\"name\":\"x\",\"count\":.5}", "{\"name\":\"x\",\"count\":+1}",
	    "{\"name\":\"x\",\"count\":-}", "{\"name\":\"x\"/*c*/}",
	    "{\"name\":\"x\"//c\n}", "\xef\xbb\xbf{\"name\":\"x\"}",
	    "{\"name\":\"x\",\"raw\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}",
	    "{\"name\":TRUE}", "{\"name\" \"x\"}", "{\"name\":\"x\" \"count\":1}"};
	struct arena *a = arena_new();
	struct target t;
	struct es_err err;

	for (unsigned i = 0; i < ES_COUNT(bad); i++) {
		CU_ASSERT_EQUAL(
		    bind(bad[i], strlen(bad[i]), a, &t, &err), ES_BAD_REQUEST);
		if (err.code != ES_BAD_REQUEST)
			(void)printf("accepted: %s\n", bad[i]);
	}
	CU_ASSERT_EQUAL(bind("{\"name\":\"x\"}\0", 13, a, &t, &err), ES_BAD_REQUEST);
	CU_ASSERT_EQUAL(bind("{\"name\":\"a\0b\"}", 14, a, &t, &err), ES_BAD_REQUEST);
	arena_free(&a);
}

static void
names_the_place_of_a_syntax_error(void)
{
	static const struct {
		const char *text, *detail;
	} bad[] = {
	    {"{\"name\":\"x\",\"name\":\"y\"}", "not JSON: duplicate field"},
	    {"{\"name\":tru}", "not JSON: expected true, false or null at byte 8"},
	    {"{\"name\":\"x", "not JSON: unterminated string at byte 10"},
	    {"{\"name\" 1}", "not JSON: expected ':' at byte 8"},
	    {"{} {}", "not JSON: unexpected text after the value at byte 3"},
	    {"[[[[[[[[[[[[[[[[[", "not JSON: nested deeper than 16 levels at byte 17"},
	};
	struct arena *a = arena_new();
	struct target t;
	struct es_err err;

	CU_ASSERT_EQUAL(JSON_DEPTH_MAX, 16);
	for (unsigned i = 0; i < ES_COUNT(bad); i++) {
		CU_ASSERT_EQUAL(
		    bind(bad[i].text, strlen(bad[i].text), a, &t, &err), ES_BAD_REQUEST);
		CU_ASSERT_STRING_EQUAL(err.text, bad[i].detail);
	}
	arena_free(&a);
}

struct entry {
	int64_t n;
};
struct trees {
	const struct json_trees *list;
};
static const struct json_field entry_fields[] = {
    JSON_FIELD(struct entry, n, JSON_INT, true, 0, 9),
};
static const struct json_field trees_fields[] = {
    JSON_FIELD(struct trees, list, JSON_TREES, true, 1, 3),
};

static enum es_code
bind_trees(const struct json_tree *tree, struct arena *a, struct trees *out)
{
	struct es_err err;

	return json_tree_bind(tree, trees_fields, ES_COUNT(trees_fields),
	    JSON_IGNORE_UNKNOWN, a, out, &err);
}

/* One text is parsed once and bound by several tables. */
static void
binds_one_tree_by_several_tables(void)
{
	static const char text[] = "{\"list\":[{\"n\":7},{\"n\":10},\"a\",8],\"n\":3}";
	static const char fits[] = "{\"list\":[{\"n\":7},{\"n\":10},\"a\"],\"n\":3}";
	struct arena *a = arena_new();
	const struct json_tree *tree;
	struct trees out;
	struct entry one;
	struct es_err err;
	const char *word;

	CU_ASSERT_EQUAL(json_tree_parse(text, strlen(text), a, &tree, &err), ES_OK);
	CU_ASSERT_EQUAL(bind_trees(tree, a, &out),
	    ES_INVALID); /* the list is longer than the limit */
	CU_ASSERT_EQUAL(json_tree_parse(fits, strlen(fits), a, &tree, &err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(bind_trees(tree, a, &out), ES_OK);
	CU_ASSERT_EQUAL(
	    json_tree_bind(tree, entry_fields, 1, JSON_IGNORE_UNKNOWN, a, &one, &err),
	    ES_OK);
	CU_ASSERT_EQUAL(one.n, 3);
	CU_ASSERT_EQUAL_FATAL(out.list->n, 3);
	CU_ASSERT_EQUAL(json_tree_bind(out.list->items[0], entry_fields, 1,
			    JSON_REFUSE_UNKNOWN, a, &one, &err),
	    ES_OK);
	CU_ASSERT_EQUAL(one.n, 7);
	CU_ASSERT_EQUAL(json_tree_bind(out.list->items[1], entry_fields, 1,
			    JSON_REFUSE_UNKNOWN, a, &one, &err),
	    ES_INVALID);
	CU_ASSERT_EQUAL(json_tree_bind(out.list->items[2], entry_fields, 1,
			    JSON_REFUSE_UNKNOWN, a, &one, &err),
	    ES_BAD_REQUEST);
	CU_ASSERT_EQUAL(json_tree_text(out.list->items[2], a, &word, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(word, "a");
	CU_ASSERT_EQUAL(json_tree_text(out.list->items[0], a, &word, &err), ES_INVALID);
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"accepts matching values", accepts_matching_values},
    {"null counts as absent where the field allows it",
	null_counts_as_absent_where_the_field_allows_it},
    {"an error names the wrong field", names_the_wrong_field},
    {"refuses what RFC 8259 refuses", refuses_what_rfc_8259_refuses},
    {"names the place of a syntax error", names_the_place_of_a_syntax_error},
    {"binds one tree by several tables", binds_one_tree_by_several_tables},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("json_bind", cases)
