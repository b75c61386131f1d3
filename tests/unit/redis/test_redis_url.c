#include "cunit_main.h"

#include <string.h>

#include "redis/redis.h"

#include "core/banned.h"

static void
reads_valid_urls(void)
{
	static const struct {
		const char *url, *host;
		int port;
		const char *path, *user, *password;
		int db;
	} cases[] = {
	    {"redis://h", "h", 6379, NULL, NULL, NULL, 0},
	    {"redis://h/", "h", 6379, NULL, NULL, NULL, 0},
	    {"redis://10.0.0.1:7000/12", "10.0.0.1", 7000, NULL, NULL, NULL, 12},
	    {"redis://:secret@h:1", "h", 1, NULL, NULL, "secret", 0},
	    {"redis://joe:se%3Acret%40@h", "h", 6379, NULL, "joe", "se:cret@", 0},
	    {"redis://:a@b@h", "h", 6379, NULL, NULL, "a@b", 0},
	    {"redis://[::1]:65535/1", "::1", 65535, NULL, NULL, NULL, 1},
	    {"redis://[::1]", "::1", 6379, NULL, NULL, NULL, 0},
	    {"unix:///run/redis.sock", NULL, 0, "/run/redis.sock", NULL, NULL, 0},
	    {"unix:///r.sock?db=15", NULL, 0, "/r.sock", NULL, NULL, 15},
	};

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct arena *a = arena_new();
		struct redis_url u;
		struct es_err err;

		CU_ASSERT_EQUAL_FATAL(redis_url_parse(cases[i].url, a, &u, &err), ES_OK);
#define SAME(m) \
	CU_ASSERT_TRUE(cases[i].m == NULL ? u.m == NULL \
					  : u.m != NULL && strcmp(u.m, cases[i].m) == 0)
		SAME(host);
		SAME(path);
		SAME(user);
		SAME(password);
		CU_ASSERT_EQUAL(u.port, cases[i].port);
		CU_ASSERT_EQUAL(u.db, cases[i].db);
		arena_free(&a);
	}
}

static void
refuses_malformed_urls(void)
{
	static const char *const bad[] = {"", "redis:", "redis:/h", "http://h",
	    "redis://", "redis:///1", "redis://h:0", "redis://h:65536",
	    "redis://h:", "redis://h:x", "redis://h/x", "redis://h/-1", "redis://h/10000",
	    "redis://h?db=1", "redis://h#1", "redis://user@h", "redis://:@h",
	    "redis://:%00@h", "redis://:%zz@h", "redis://:%4@h", "redis://[::1",
	    "redis://[::1]x", "redis://[]", "redis://h h", "unix://x", "unix://",
	    "unix:///s?x=1", "unix:///s?db=", "unix:///s?db=1&x", "redis://h\n",
	    "REDIS://h"};

	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		struct arena *a = arena_new();
		struct redis_url u;
		struct es_err err;
		const enum es_code rc = redis_url_parse(bad[i], a, &u, &err);

		CU_ASSERT_EQUAL(rc, ES_INVALID);
		if (rc != ES_INVALID)
			(void)printf("taken: %s\n", bad[i]);
		arena_free(&a);
	}
}

static void
says_why_tls_is_refused(void)
{
	struct arena *a = arena_new();
	struct redis_url u;
	struct es_err err = {.text = ""};

	if (redis_url_parse("rediss://h", a, &u, &err) == ES_INVALID)
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "TLS"));
	arena_free(&a);
}

static void
the_path_of_a_socket_has_a_limit(void)
{
	char url[7 + 109] = "unix://";
	struct arena *a = arena_new();
	struct redis_url u;
	struct es_err err;

	memset(url + 7, '/', 108);
	CU_ASSERT_EQUAL(redis_url_parse(url, a, &u, &err), ES_INVALID);
	url[7 + 107] = '\0';
	CU_ASSERT_EQUAL(redis_url_parse(url, a, &u, &err), ES_OK);
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"reads valid URLs", reads_valid_urls},
    {"refuses malformed URLs", refuses_malformed_urls},
    {"says why TLS is refused", says_why_tls_is_refused},
    {"the path of a socket has a limit", the_path_of_a_socket_has_a_limit},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("redis/url", cases)
