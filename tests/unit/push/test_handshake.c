/* Handshakes on real sockets: answers in HTTP, time-outs, limits, and the adoption by
 * libwebsockets. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "caller.h"
#include "cunit_main.h"

#include "conn/conn_reap.h"
#include "core/check.h"
#include "door/handshake.h"

#include "core/banned.h"

static struct got got;

static void
answers_in_http(void)
{
	static const struct {
		const char *head, *pieces[4];
	} cases[] = {
	    {"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
		{"HTTP/1.1 200 OK\r\n", "{\"status\":\"ok\"}"}},
	    {"GET /other HTTP/1.1\r\nHost: x\r\n\r\n",
		{"HTTP/1.1 404 Not Found\r\n", "application/problem+json",
		    "\"code\":\"not_found\"", "\"type\":\"/problems/not_found\""}},
	    {"POST /ws HTTP/1.1\r\nHost: x\r\n\r\n",
		{"HTTP/1.1 405 Method Not Allowed\r\n", "\r\nAllow: GET\r\n"}},
	    {"GET /ws HTTP/1.1\r\nHost: x\r\n\r\n",
		{"HTTP/1.1 426 Upgrade Required\r\n", "\r\nSec-WebSocket-Version: 13\r\n",
		    "\r\nUpgrade: websocket\r\n", "\r\nConnection: close, Upgrade\r\n"}},
	    {"rubbish\r\n\r\n", {"HTTP/1.1 400 Bad Request\r\n", "\r\nContent-Length: "}},
	};

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		const char *answer;

		rig_up(&caller_rig);
		caller_connect(false, "10.0.0.1");
		caller_send(cases[i].head);
		answer = caller_answer();
		for (size_t k = 0; k < 4 && cases[i].pieces[k] != NULL; k++)
			CU_ASSERT_PTR_NOT_NULL(strstr(answer, cases[i].pieces[k]));
		caller_down();
	}
}

static void
reads_a_head_in_pieces_and_a_frame_after_it(void)
{
	char *token, head[2000];

	rig_up(&caller_rig);
	caller_connect(false, "10.0.0.1");
	token = rig_token(&caller_rig);
	(void)snprintf(head, sizeof(head), "GET /ws?token=%s HTTP/1.1\r\n" UP, token);
	caller_send(head);
	rig_turn(&caller_rig);
	/* The end of the head and a masked {"type":"ping","id":"1"} in one packet. */
	caller_send("\r\n\x81\x98\x20\x20\x20\x20");
	caller_send("\x5b\x02TYPE\x02\x1a\x02PING\x02\x0c\x02ID\x02\x1a\x02\x11\x02\x5d");
	CU_ASSERT_TRUE(rig_expect(&caller_rig, &caller, "\"type\":\"hello\"", &got));
	CU_ASSERT_TRUE(
	    rig_expect(&caller_rig, &caller, "\"type\":\"pong\",\"id\":\"1\"", &got));
	mem_free(token);
	caller_down();
}

static void
cuts_a_slow_head(void)
{
	rig_up(&caller_rig);
	caller_rig.conf.head_timeout_ms = 30;
	caller_connect(false, "10.0.0.1");
	caller_send("GET /ws HTTP/1.1\r\n");
	CU_ASSERT_STRING_EQUAL(caller_answer(), "");
	caller_down();
}

static void
limits_an_address(void)
{
	caller_up_with("", 1);
	/* The worker ignores X-Forwarded-For of an untrusted peer, and trusts that of
	 * lighttpd, which connects to the unix socket. */
	for (int i = 0; i < 3; i++) {
		caller_connect(i < 2, i < 2 ? "unix" : "10.9.9.9");
		caller_send(
		    i == 1 ? "GET /ws HTTP/1.1\r\nX-Forwarded-For: 10.1.1.2\r\n" UP "\r\n"
			   : "GET /ws HTTP/1.1\r\nX-Forwarded-For: 10.1.1.1\r\n" UP
			     "\r\n");
		rig_turn(&caller_rig);
		(void)client_read(&caller, 65536);
		CU_ASSERT_PTR_NOT_NULL(strstr(caller.data, " 101 "));
		client_close(&caller);
		rig_turn(&caller_rig);
	}
	caller_connect(true, "unix");
	caller_send(
	    "GET /ws HTTP/1.1\r\nX-Forwarded-For: 6.6.6.6, 10.1.1.1\r\n" UP "\r\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(caller_answer(), "HTTP/1.1 429 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(caller.data, "\r\nRetry-After: 60\r\n"));
	caller_down();
}

static void
refuses_when_full_or_draining(void)
{
	rig_up(&caller_rig);
	caller_rig.worker.env.draining = true;
	caller_connect(false, "10.0.0.1");
	caller_send("GET /ws HTTP/1.1\r\n" UP "\r\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(caller_answer(), "HTTP/1.1 503 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(caller.data, "\r\nRetry-After: 1\r\n"));
	client_close(&caller);
	caller_rig.worker.env.draining = false;
	while (conn_new(&caller_rig.worker.conns) != NULL)
		;
	caller_connect(false, "10.0.0.1");
	caller_send("GET /ws HTTP/1.1\r\n" UP "\r\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(caller_answer(), "HTTP/1.1 503 "));
	for (struct list *l; (l = list_first(&caller_rig.worker.conns.all)) != NULL;) {
		conn_on_lost(LIST_ITEM(l, struct conn, io.all));
		conn_reap(&caller_rig.worker.conns);
	}
	caller_down();
}

/* The worker refuses one handshake more than ES_PUSH_HANDSHAKES. */
static void
refuses_a_request_above_the_limit(void)
{
	int waiting[16];

	rig_up(&caller_rig);
	CU_ASSERT_EQUAL_FATAL(caller_rig.conf.handshakes, ES_COUNT(waiting));
	for (size_t i = 0; i < ES_COUNT(waiting); i++) {
		caller_connect(false, "10.0.0.1");
		caller_send("GET /ws HTTP/1.1\r\n");
		waiting[i] = caller.fd;
	}
	caller_connect(false, "10.0.0.1");
	CU_ASSERT_PTR_NOT_NULL(strstr(caller_answer(), "HTTP/1.1 503 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(caller.data, "\r\nRetry-After: 1\r\n"));
	client_close(&caller);
	(void)close(waiting[0]);
	rig_turn(&caller_rig); /* the worker notices that one client has left */
	caller_connect(false, "10.0.0.1");
	caller_send("GET /ws HTTP/1.1\r\n" UP "\r\n");
	rig_turn(&caller_rig);
	(void)client_read(&caller, 65536);
	CU_ASSERT_PTR_NOT_NULL(strstr(caller.data, "HTTP/1.1 101 "));
	client_close(&caller);
	for (size_t i = 1; i < ES_COUNT(waiting); i++)
		(void)close(waiting[i]);
	caller_down();
}

/* Request heads count towards ES_PUSH_EARLY_TOTAL_BYTES. A head that would exceed the
 * limit gets 503. */
static void
refuses_a_head_above_the_sum(void)
{
	int64_t one;
	int first;

	rig_up(&caller_rig);
	caller_connect(false, "10.0.0.1");
	first = caller.fd;
	one = caller_rig.worker.conns.early_bytes;
	CU_ASSERT_TRUE(one > 8192);
	caller_rig.conf.early_total_bytes = 2 * one - 1;
	caller_connect(false, "10.0.0.1");
	CU_ASSERT_PTR_NOT_NULL(strstr(caller_answer(), "HTTP/1.1 503 "));
	client_close(&caller);
	caller_rig.conf.early_total_bytes = 2 * one;
	caller_connect(false, "10.0.0.1");
	caller_send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(caller_answer(), "HTTP/1.1 200 "));
	(void)close(first);
	caller_down();
	CU_ASSERT_EQUAL(caller_rig.worker.conns.early_bytes, 0);
}

/* At the end of a drain, the worker also answers a request whose head is incomplete. */
static void
answers_unfinished_requests_at_the_end(void)
{
	rig_up(&caller_rig);
	caller_connect(false, "10.0.0.1");
	caller_send("GET /ws HTTP/1.1\r\n");
	rig_turn(&caller_rig);
	caller_rig.worker.env.draining = true;
	handshake_free(&caller_rig.worker.handshake);
	(void)client_read(&caller, 65536);
	CU_ASSERT_PTR_NOT_NULL(strstr(caller.data, "HTTP/1.1 503 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(caller.data, "this server is shutting down"));
	CU_ASSERT_PTR_NOT_NULL(strstr(caller.data, "\r\nRetry-After: "));
	caller_down();
}

#define ORIGIN "Origin: https://elsewhere.example\r\n"

/* The worker answers a handshake only after the database has answered whether a tenant
 * allows the origin. When that query fails, the worker accepts the handshake, and checks
 * the origin after the look-up of the user. */
static void
waits_for_the_answer_about_an_origin(void)
{
	char *token, head[2000];

	rig_up(&caller_rig);
	fakes.hold = true;
	caller_connect(false, "10.0.0.1");
	token = rig_token(&caller_rig);
	(void)snprintf(
	    head, sizeof(head), "GET /ws?token=%s HTTP/1.1\r\n" ORIGIN UP "\r\n", token);
	caller_send(head);
	for (int i = 0; i < 20; i++)
		rig_turn(&caller_rig);
	CU_ASSERT_EQUAL(recv(caller.fd, head, sizeof(head), MSG_DONTWAIT), -1);
	CU_ASSERT_EQUAL(caller_rig.worker.conns.n, 0);
	fakes.hold = false;
	for (int i = 0; i < 20; i++)
		rig_turn(&caller_rig);
	CU_ASSERT(recv(caller.fd, head, 12, MSG_DONTWAIT) == 12);
	CU_ASSERT_EQUAL(memcmp(head, "HTTP/1.1 101", 12), 0);
	mem_free(token);
	caller_down();
}

static void
refuses_a_request_that_waits_when_a_drain_begins(void)
{
	rig_up(&caller_rig);
	fakes.hold = true;
	caller_connect(false, "10.0.0.1");
	caller_send("GET /ws HTTP/1.1\r\n" ORIGIN UP "\r\n");
	for (int i = 0; i < 20; i++)
		rig_turn(&caller_rig);
	caller_rig.worker.env.draining = true;
	fakes.hold = false;
	CU_ASSERT_PTR_NOT_NULL(strstr(caller_answer(), "HTTP/1.1 503"));
	caller_down();
}

static void
refuses_an_origin_that_is_too_long(void)
{
	char head[1000];

	rig_up(&caller_rig);
	caller_connect(false, "10.0.0.1");
	(void)snprintf(head, sizeof(head),
	    "GET /ws HTTP/1.1\r\nOrigin: https://%0248d\r\n" UP "\r\n", 0);
	caller_send(head);
	CU_ASSERT_PTR_NOT_NULL(strstr(caller_answer(), "HTTP/1.1 403"));
	caller_down();
}

static CU_TestInfo cases[] = {
    {"answers in HTTP", answers_in_http},
    {"reads a head in pieces and a frame after it",
	reads_a_head_in_pieces_and_a_frame_after_it},
    {"closes a socket whose head comes too slowly", cuts_a_slow_head},
    {"limits the handshakes of an address", limits_an_address},
    {"refuses a head above ES_PUSH_EARLY_TOTAL_BYTES", refuses_a_head_above_the_sum},
    {"answers unfinished requests at the end of a drain",
	answers_unfinished_requests_at_the_end},
    {"refuses when full or draining", refuses_when_full_or_draining},
    {"refuses one handshake above the limit", refuses_a_request_above_the_limit},
    {"waits for the answer about an origin", waits_for_the_answer_about_an_origin},
    {"refuses a request that waits when a drain begins",
	refuses_a_request_that_waits_when_a_drain_begins},
    {"refuses an origin that is too long", refuses_an_origin_that_is_too_long},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/handshake", cases)
