/* Addresses to listen on, and the body of /readyz. */
#include "cunit_main.h"

#include <string.h>

#include "ops/ops.h"
#include "ops/ops_listen.h"

#include "core/banned.h"

static void
reads_addresses(void)
{
	static const struct {
		const char *text, *address;
		int port;
	} good[] = {
	    {"unix:/run/a.sock", "/run/a.sock", 0},
	    {"127.0.0.1:9100", "127.0.0.1", 9100},
	    {"[::1]:1", "::1", 1},
	    {":65535", "", 65535},
	};
	static const char *const bad[] = {"", "unix:", "unix:a", "h", "h:", "h:0",
	    "h:65536", "h:1x", "h:-1",
	    ("unix:/0123456789012345678901234567890123456789012345678901234567"
	     "89012345678901234567890123456789012345678901234567890")};
	struct ops_listen l;
	struct es_err err;

	for (size_t i = 0; i < ES_COUNT(good); i++) {
		CU_ASSERT_EQUAL_FATAL(ops_listen_parse(good[i].text, &l, &err), ES_OK);
		CU_ASSERT_STRING_EQUAL(l.address, good[i].address);
		CU_ASSERT_EQUAL(l.port, good[i].port);
		CU_ASSERT_EQUAL(l.is_unix, good[i].port == 0);
	}
	for (size_t i = 0; i < ES_COUNT(bad); i++)
		CU_ASSERT_EQUAL(ops_listen_parse(bad[i], &l, &err), ES_INVALID);
}

static const char *
readyz(const struct ops_check checks[], unsigned n, bool draining, int status)
{
	static char out[512];
	struct arena *a = arena_new();
	struct text body;
	struct ops_answer answer = {.body = &body};

	text_init(&body, a, sizeof(out));
	ops_readyz_body(checks, n, draining, &answer);
	CU_ASSERT_EQUAL(answer.status, status);
	CU_ASSERT_STRING_EQUAL(answer.type, "application/json");
	memcpy(out, body.data, body.len + 1);
	arena_free(&a);
	return out;
}

static void
readyz_reports_each_check(void)
{
	struct ops_check checks[] = {
	    {"postgres", true, 1, NULL}, {"redis", true, 0, NULL}};

	CU_ASSERT_STRING_EQUAL(readyz(checks, 2, false, 200),
	    "{\"status\":\"ok\",\"checks\":{\"postgres\":{\"ok\":true,\"ms\":1},"
	    "\"redis\":{\"ok\":true,\"ms\":0}}}\n");
	checks[1] = (struct ops_check){"redis", false, 5, "no \"answer\""};
	CU_ASSERT_STRING_EQUAL(readyz(checks, 2, false, 503),
	    "{\"status\":\"unavailable\",\"checks\":{\"postgres\":{\"ok\":true,\"ms\":1},"
	    "\"redis\":{\"ok\":false,\"ms\":5,\"detail\":\"no \\\"answer\\\"\"}}}\n");
	CU_ASSERT_STRING_EQUAL(readyz(checks, 1, true, 503),
	    "{\"status\":\"unavailable\",\"draining\":true,"
	    "\"checks\":{\"postgres\":{\"ok\":true,\"ms\":1}}}\n");
	CU_ASSERT_STRING_EQUAL(
	    readyz(NULL, 0, false, 200), "{\"status\":\"ok\",\"checks\":{}}\n");
}

static CU_TestInfo cases[] = {
    {"reads addresses", reads_addresses},
    {"readyz reports each check", readyz_reports_each_check},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("ops/answers", cases)
