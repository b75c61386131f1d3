#include <string.h>

#include "core/arena.h"
#include "cunit_main.h"
#include "json/json_write.h"

static void
writes_commas_keys_and_escapes(void)
{
	struct arena *a = arena_new();
	struct json_write w;
	struct text t;

	text_init(&t, a, 1000);
	jw_init(&w, &t);
	jw_object(&w, NULL);
	jw_string(&w, "a", "q\"b\\n\n\x01\x7f\xc3\xa9");
	jw_string(&w, "n", NULL);
	jw_array(&w, "l");
	jw_int(&w, NULL, -5);
	jw_bool(&w, NULL, true);
	jw_object(&w, NULL);
	jw_object_end(&w);
	jw_array_end(&w);
	jw_raw(&w, "r", "[1]");
	jw_null(&w, "z");
	jw_object_end(&w);
	CU_ASSERT_STRING_EQUAL(t.data,
	    "{\"a\":\"q\\\"b\\\\n\\n\\u0001\\u007f\xc3\xa9\",\"n\":null,"
	    "\"l\":[-5,true,{}],\"r\":[1],\"z\":null}");
	arena_free(&a);
}

static void
ascii_escapes_every_plane(void)
{
	struct arena *a = arena_new();
	struct json_write w;
	struct text t;

	text_init(&t, a, 1000);
	jw_init(&w, &t);
	w.ascii = true;
	jw_string(&w, NULL, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf");
	CU_ASSERT_STRING_EQUAL(t.data, "\"\\u00e9\\u20ac\\ud83d\\ude00\\udbff\\udfff\"");
	arena_free(&a);
}

/* Each text is in a buffer of its exact size, so that a sanitizer finds a read beyond it.
 */
static void
ascii_replaces_bytes_that_are_not_utf_8(void)
{
	static const char *const bad[] = {"\xe2", "\xf0\x9f\x98", "\xff", "\x80"};
	struct arena *a = arena_new();

	for (unsigned i = 0; i < ES_COUNT(bad); i++) {
		struct json_write w;
		struct text t;

		text_init(&t, a, 100);
		jw_init(&w, &t);
		w.ascii = true;
		jw_string(&w, NULL, arena_strdup(a, bad[i]));
		CU_ASSERT_EQUAL(strncmp(t.data, "\"\\ufffd", 7), 0);
		CU_ASSERT_EQUAL(t.len, 2 + 6 * strlen(bad[i]));
	}
	arena_free(&a);
}

static void
a_full_buffer_is_reported_not_cut_in_silence(void)
{
	struct arena *a = arena_new();
	struct json_write w;
	struct text t;

	text_init(&t, a, 8);
	jw_init(&w, &t);
	jw_string(&w, NULL, "0123456789");
	CU_ASSERT_TRUE(t.overflow);
	arena_free(&a);
}

static void
writes_the_smallest_and_the_largest_integer(void)
{
	struct arena *a = arena_new();
	struct json_write w;
	struct text t;

	text_init(&t, a, 1000);
	jw_init(&w, &t);
	jw_array(&w, NULL);
	jw_int(&w, NULL, INT64_MIN);
	jw_int(&w, NULL, 0);
	jw_int(&w, NULL, 10);
	jw_int(&w, NULL, INT64_MAX);
	jw_array_end(&w);
	CU_ASSERT_STRING_EQUAL(t.data, "[-9223372036854775808,0,10,9223372036854775807]");
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"writes commas, keys and escapes", writes_commas_keys_and_escapes},
    {"ASCII output escapes characters of every plane", ascii_escapes_every_plane},
    {"ascii replaces bytes that are not UTF-8", ascii_replaces_bytes_that_are_not_utf_8},
    {"a full buffer is reported, not cut in silence",
	a_full_buffer_is_reported_not_cut_in_silence},
    {"writes the smallest and the largest integer",
	writes_the_smallest_and_the_largest_integer},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("json_write", cases)
