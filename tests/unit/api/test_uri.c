/* Valid request targets; every other target is refused. */
#include <string.h>

#include "cunit_main.h"
#include "http/uri.h"

#include "core/banned.h"

static enum es_code
parse(const char *target, struct arena *a, struct uri *out)
{
	struct es_err err;

	return uri_parse(target, a, out, &err);
}

static void
plain_paths(void)
{
	struct arena *a = arena_new();
	struct uri u;

	CU_ASSERT_EQUAL_FATAL(parse("/api/v1/channels?limit=2&x=%41", a, &u), ES_OK);
	CU_ASSERT_EQUAL_FATAL(u.n, 3);
	CU_ASSERT_STRING_EQUAL(u.segments[0], "api");
	CU_ASSERT_STRING_EQUAL(u.segments[2], "channels");
	CU_ASSERT_STRING_EQUAL(u.path, "/api/v1/channels");
	CU_ASSERT_STRING_EQUAL(u.query, "limit=2&x=%41");
	CU_ASSERT_EQUAL_FATAL(parse("/", a, &u), ES_OK);
	CU_ASSERT_EQUAL(u.n, 1);
	CU_ASSERT_STRING_EQUAL(u.segments[0], "");
	CU_ASSERT_STRING_EQUAL(u.query, "");
	arena_free(&a);
}

static void
decoded_once(void)
{
	struct arena *a = arena_new();
	struct uri u;

	CU_ASSERT_EQUAL_FATAL(parse("/a%20b/%2541/c%C3%A9", a, &u), ES_OK);
	CU_ASSERT_STRING_EQUAL(u.segments[0], "a b");
	CU_ASSERT_STRING_EQUAL(u.segments[1], "%41");
	CU_ASSERT_STRING_EQUAL(u.segments[2], "c\xc3\xa9");
	CU_ASSERT_EQUAL_FATAL(parse("/a+b", a, &u), ES_OK);
	CU_ASSERT_STRING_EQUAL(u.segments[0], "a+b");
	arena_free(&a);
}

static void
refused(void)
{
	static const char *const bad[] = {
	    "",
	    "*",
	    "api",
	    "http://host/api",
	    "//api",
	    "/api//v1",
	    "/api/../admin",
	    "/api/%2e%2e/admin",
	    "/api/./x",
	    "/a%2fb",
	    "/a%2",
	    "/a%",
	    "/a%zz",
	    "/a%00b",
	    "/a%0ab",
	    "/a%7f",
	    "/a%ff",
	    "/a%c3",
	    "/a b",
	    "/a\"b",
	    "/a#b",
	    "/a\\b",
	    "/\xc3\xa9",
	};
	struct arena *a = arena_new();
	struct uri u;

	for (size_t i = 0; i < ES_COUNT(bad); i++)
		if (parse(bad[i], a, &u) != ES_BAD_REQUEST)
			CU_FAIL(bad[i]);
	CU_ASSERT_EQUAL(parse(NULL, a, &u), ES_BAD_REQUEST);
	arena_free(&a);
}

static void
limits(void)
{
	struct arena *a = arena_new();
	char long_one[URI_MAX + 2];
	struct uri u;

	memset(long_one, 'a', sizeof(long_one));
	long_one[0] = '/';
	long_one[URI_MAX] = '\0';
	CU_ASSERT_EQUAL(parse(long_one, a, &u), ES_OK);
	long_one[URI_MAX] = 'a';
	long_one[URI_MAX + 1] = '\0';
	CU_ASSERT_EQUAL(parse(long_one, a, &u), ES_BAD_REQUEST);
	CU_ASSERT_EQUAL(parse("/1/2/3/4/5/6/7/8/9/10/11/12", a, &u), ES_OK);
	CU_ASSERT_EQUAL(parse("/1/2/3/4/5/6/7/8/9/10/11/12/13", a, &u), ES_NOT_FOUND);
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"a plain path is split into segments", plain_paths},
    {"segments are decoded once", decoded_once},
    {"every other target is refused", refused},
    {"length and depth are bounded", limits},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/uri", cases)
