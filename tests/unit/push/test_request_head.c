/* The parser of request heads: good handshakes, and the status of each refusal. */
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"

#include "core/attr.h"
#include "door/request_head.h"

#include "core/banned.h"

#define KEY  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define UP   "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define V13  "Sec-WebSocket-Version: 13\r\n"
#define HOST "Host: chat.example\r\n"
#define GOOD HOST UP V13 KEY

/* Parses in a buffer of the exact size, so that a sanitizer finds a read beyond its
 * end. */
static enum request_verdict
parse(const char *text, struct request_head *out, char **keep)
{
	const size_t len = strlen(text);

	*keep = malloc(len + 1);
	memcpy(*keep, text, len);
	return request_head_parse(*keep, len, out);
}

static void
accepts_good_handshakes(void)
{
	static const struct {
		const char *head, *token, *forwarded;
		bool protocol;
	} cases[] = {
	    {"GET /ws?token=abc HTTP/1.1\r\n" GOOD "\r\n", "abc", NULL, false},
	    {"GET /ws?x=1&token=a%2Eb&token=c HTTP/1.1\r\n" GOOD "\r\n", "a.b", NULL,
		false},
	    {"GET /ws HTTP/1.1\r\nAuthorization: bearer  abc\r\n" GOOD "\r\n", "abc",
		NULL, false},
	    {"GET /ws?token= HTTP/1.1\r\n" GOOD "\r\n", "", NULL, false},
	    {"GET /ws HTTP/1.1\r\n" GOOD "\r\n", NULL, NULL, false},
	    {"GET /ws HTTP/1.1\r\nAuthorization: Basic abc\r\n" GOOD "\r\n", NULL, NULL,
		false},
	    {"GET /ws?token=a HTTP/1.1\r\n" HOST V13 KEY
	     "upgrade: h2c, WebSocket\r\nconnection: keep-alive, upgrade\r\n\r\n",
		"a", NULL, false},
	    {"GET /ws?token=a HTTP/1.1\r\nX-Forwarded-For: 1.1.1.1, 2.2.2.2 \r\n" GOOD
	     "Sec-WebSocket-Protocol: other, echostream.v1\r\n\r\n",
		"a", "1.1.1.1, 2.2.2.2", true},
	};

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct request_head head;
		char *keep;

		CU_ASSERT_EQUAL_FATAL(
		    parse(cases[i].head, &head, &keep), REQUEST_UPGRADE);
		if (cases[i].token != NULL)
			CU_ASSERT_STRING_EQUAL(head.token, cases[i].token)
		else
			CU_ASSERT_PTR_NULL(head.token);
		CU_ASSERT_STRING_EQUAL(head.key, "dGhlIHNhbXBsZSBub25jZQ==");
		CU_ASSERT_EQUAL(head.len, strlen(cases[i].head));
		CU_ASSERT_EQUAL(head.protocol, cases[i].protocol);
		if (cases[i].forwarded != NULL)
			CU_ASSERT_STRING_EQUAL(
			    head.forwarded.lines[0], cases[i].forwarded);
		free(keep);
	}
}

static void
refuses_with_a_status(void)
{
	static const struct {
		int status;
		const char *head;
	} cases[] = {
	    {404, "GET / HTTP/1.1\r\n" GOOD "\r\n"},
	    {404, "GET /ws/ HTTP/1.1\r\n" GOOD "\r\n"},
	    {404, "POST /other HTTP/1.1\r\n" GOOD "\r\n"},
	    {405, "POST /ws?token=a HTTP/1.1\r\n" GOOD "\r\n"},
	    {405, "POST /healthz HTTP/1.1\r\n" HOST "\r\n"},
	    {426, "GET /ws?token=a HTTP/1.1\r\n" HOST "\r\n"},
	    {426, "GET /ws?token=a HTTP/1.1\r\n" HOST "Upgrade: websocket\r\n" V13 KEY
		  "\r\n"},
	    {426, "GET /ws?token=a HTTP/1.1\r\n" HOST "Connection: upgrade\r\n" V13 KEY
		  "\r\n"},
	    {426, "GET /ws?token=a HTTP/1.1\r\n" HOST UP KEY "\r\n"},
	    {426, "GET /ws?token=a HTTP/1.1\r\n" HOST UP KEY
		  "Sec-WebSocket-Version: 8\r\n\r\n"},
	    {400, "GET /ws?token=a HTTP/1.1\r\n" HOST UP V13 "\r\n"},
	    {400,
		"GET /ws?token=a HTTP/1.1\r\n" HOST UP V13 "Sec-WebSocket-Key:\r\n\r\n"},
	    {400, "GET /ws?token=a HTTP/1.1\r\n" HOST UP V13
		  "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n\r\n"},
	    {400, "GET /ws?token=a HTTP/1.1\r\n" HOST UP V13
		  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n\r\n"},
	    {400, "GET /ws?token=a HTTP/1.1\r\n" HOST UP V13 KEY KEY "\r\n"},
	    {400, "GET /ws?token=a HTTP/1.1\r\n" UP V13 KEY "\r\n"},
	    {400, "GET /ws?token=a HTTP/1.1\r\n" HOST HOST UP V13 KEY "\r\n"},
	    {400, "GET /ws?token=a HTTP/1.0\r\n" GOOD "\r\n"},
	    {400, "GET /ws?token=a HTTP/1.1 \r\n" GOOD "\r\n"},
	    {400, "GET http://a/ws?token=a HTTP/1.1\r\n" GOOD "\r\n"},
	    {400, "GET /ws?token=%zz HTTP/1.1\r\n" GOOD "\r\n"},
	    {400, "GET /ws?token=%00 HTTP/1.1\r\n" GOOD "\r\n"},
	    {400, "GET  /ws HTTP/1.1\r\n" GOOD "\r\n"},
	    {400, "GET\r\n\r\n"},
	    {400, "\r\n\r\n"},
	    {400, "GET /ws?token=a HTTP/1.1\r\nHost : x\r\n" UP V13 KEY "\r\n"},
	    {400, "GET /ws?token=a HTTP/1.1\r\n folded\r\n" GOOD "\r\n"},
	    {400, "GET /ws?token=a HTTP/1.1\r\nX: a\nY: b\r\n" GOOD "\r\n"},
	    {400, "GET /ws?token=a HTTP/1.1\r\nX: a\rY: b\r\n" GOOD "\r\n"},
	    {400, "GET /ws?token=a HTTP/1.1\r\nX: \x01\r\n" GOOD "\r\n"},
	    {400, "GET /ws?token=a HTTP/1.1\r\nContent-Length: 5\r\n" GOOD "\r\n"},
	    {400,
		"GET /ws?token=a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" GOOD "\r\n"},
	    {400, "GET /ws?token=a HTTP/1.1\r\nSec-WebSocket-Protocol: chat\r\n" GOOD
		  "\r\n"},
	};

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct request_head head;
		char *keep;

		CU_ASSERT_EQUAL(parse(cases[i].head, &head, &keep), REQUEST_REFUSED);
		CU_ASSERT_EQUAL(head.status, cases[i].status);
		if (head.status != cases[i].status)
			(void)fprintf(
			    stderr, "case %zu: %d, %s\n", i, head.status, head.why);
		free(keep);
	}
}

static void
waits_for_the_end_of_the_head(void)
{
	static const char whole[] = "GET /ws?token=a HTTP/1.1\r\n" GOOD "\r\n";
	static char big[REQUEST_HEAD_MAX + 1];
	struct request_head head;
	char *keep;

	for (size_t n = 1; n < sizeof(whole) - 1; n++) {
		char part[sizeof(whole)] = {0};

		memcpy(part, whole, n);
		CU_ASSERT_EQUAL(parse(part, &head, &keep), REQUEST_MORE);
		free(keep);
	}
	memset(big, 'a', REQUEST_HEAD_MAX);
	CU_ASSERT_EQUAL(
	    request_head_parse(big, REQUEST_HEAD_MAX - 1, &head), REQUEST_MORE);
	CU_ASSERT_EQUAL(
	    request_head_parse(big, REQUEST_HEAD_MAX, &head), REQUEST_REFUSED);
	CU_ASSERT_EQUAL(head.status, 431);
}

static void
keeps_the_bytes_after_the_head(void)
{
	struct request_head head;
	char *keep;

	CU_ASSERT_EQUAL(
	    parse("GET /ws?token=a HTTP/1.1\r\n" GOOD "\r\n\x81\x85", &head, &keep),
	    REQUEST_UPGRADE);
	CU_ASSERT_EQUAL(memcmp(keep + head.len, "\x81\x85", 2), 0);
	free(keep);
}

static void
answers_with_no_text_of_the_client_but_its_key(void)
{
	char out[REQUEST_HEAD_ANSWER_MAX] = {0};
	struct request_head head;
	char *keep;

	CU_ASSERT_EQUAL(parse("GET /ws?token=secret HTTP/1.1\r\nX-Odd: odd\r\n"
			      "Sec-WebSocket-Protocol: echostream.v1\r\n" GOOD "\r\n",
			    &head, &keep),
	    REQUEST_UPGRADE);
	CU_ASSERT_TRUE(request_head_accept(&head, out) < sizeof(out));
	CU_ASSERT_PTR_NULL(strstr(out, "secret"));
	CU_ASSERT_PTR_NULL(strstr(out, "odd"));
	/* the example of RFC 6455 section 1.3 */
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(out, "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "Sec-WebSocket-Protocol: echostream.v1\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "\r\n\r\n"));
	free(keep);
}

static void
recognises_its_own_origin(void)
{
	static const struct {
		const char *origin;
		bool same;
	} cases[] = {
	    {"Origin: http://chat.example\r\n", true},
	    {"Origin: https://CHAT.example\r\n", true},
	    {"Origin: http://chat.example:81\r\n", false},
	    {"Origin: http://evil.example\r\n", false},
	    {"Origin: null\r\n", false},
	};

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		char text[512], *keep;
		struct request_head head;

		(void)snprintf(text, sizeof(text),
		    "GET /ws?token=a HTTP/1.1\r\n%s" GOOD "\r\n", cases[i].origin);
		CU_ASSERT_EQUAL_FATAL(parse(text, &head, &keep), REQUEST_UPGRADE);
		CU_ASSERT_EQUAL(request_head_same_origin(&head), cases[i].same);
		free(keep);
	}
}

static void
answers_health(void)
{
	struct request_head head;
	char *keep;

	CU_ASSERT_EQUAL(
	    parse("GET /healthz HTTP/1.1\r\n" HOST "\r\n", &head, &keep), REQUEST_HEALTH);
	free(keep);
}

static CU_TestInfo cases[] = {
    {"accepts good handshakes", accepts_good_handshakes},
    {"refuses other requests with a status", refuses_with_a_status},
    {"waits for the end of the head, up to 8 KiB", waits_for_the_end_of_the_head},
    {"keeps the bytes after the head", keeps_the_bytes_after_the_head},
    {"answers with no text of the client but its key",
	answers_with_no_text_of_the_client_but_its_key},
    {"recognises its own origin", recognises_its_own_origin},
    {"answers /healthz", answers_health},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/request_head", cases)
