/* The front desk on real sockets: answers in HTTP, time-outs, limits, and the hand-over.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cunit_main.h"

#include "conn/conn_reap.h"
#include "core/check.h"
#include "door/handshake.h"
#include "rig.h"

#include "core/banned.h"

#define UP \
	"Host: chat.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static struct rig rig;
static struct client client;
static struct got got;

/* A client at the desk. */
static void
arrive(bool is_unix, const char *peer)
{
	int pair[2];

	memset(&client, 0, sizeof(client));
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) ==
	      0);
	client.fd = pair[1];
	handshake_take(rig.worker.handshake, pair[0], is_unix, peer);
}

static void
say(const char *text)
{
	CU_ASSERT_EQUAL(
	    send(client.fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* The whole answer, after which the line ends. */
static const char *
heard(void)
{
	const int64_t until = clock_mono_ms() + 5000;

	while (client_read(&client, 65536) && clock_mono_ms() < until)
		rig_turn(&rig);
	CU_ASSERT_TRUE(client.ended);
	return client.data;
}

static void
down(void)
{
	client_close(&client);
	rig_turn(&rig);
	rig_down(&rig);
}

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

		rig_up(&rig);
		arrive(false, "10.0.0.1");
		say(cases[i].head);
		answer = heard();
		for (size_t k = 0; k < 4 && cases[i].pieces[k] != NULL; k++)
			CU_ASSERT_PTR_NOT_NULL(strstr(answer, cases[i].pieces[k]));
		down();
	}
}

static void
takes_a_head_in_pieces_with_a_frame_behind_it(void)
{
	char *token, head[2000];

	rig_up(&rig);
	arrive(false, "10.0.0.1");
	token = rig_token(&rig);
	(void)snprintf(head, sizeof(head), "GET /ws?token=%s HTTP/1.1\r\n" UP, token);
	say(head);
	rig_turn(&rig);
	/* The end of the head and a masked {"type":"ping","id":"1"} in one packet. */
	say("\r\n\x81\x98\x20\x20\x20\x20");
	say("\x5b\x02TYPE\x02\x1a\x02PING\x02\x0c\x02ID\x02\x1a\x02\x11\x02\x5d");
	CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"type\":\"hello\"", &got));
	CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"type\":\"pong\",\"id\":\"1\"", &got));
	mem_free(token);
	down();
}

static void
cuts_who_is_too_slow(void)
{
	rig_up(&rig);
	rig.conf.head_timeout_ms = 30;
	arrive(false, "10.0.0.1");
	say("GET /ws HTTP/1.1\r\n");
	CU_ASSERT_STRING_EQUAL(heard(), "");
	down();
}

static void
limits_an_address(void)
{
	rig_up(&rig);
	handshake_free(&rig.worker.handshake);
	rig.conf.address_connections_per_min = 1;
	rig.worker.handshake = handshake_new(&rig.worker.conns, rig.worker.origins);
	/* A forged header of a stranger is not believed, that of our own front is. */
	for (int i = 0; i < 3; i++) {
		arrive(i < 2, i < 2 ? "unix" : "10.9.9.9");
		say(i == 1 ? "GET /ws HTTP/1.1\r\nX-Forwarded-For: 10.1.1.2\r\n" UP "\r\n"
			   : "GET /ws HTTP/1.1\r\nX-Forwarded-For: 10.1.1.1\r\n" UP
			     "\r\n");
		rig_turn(&rig);
		(void)client_read(&client, 65536);
		CU_ASSERT_PTR_NOT_NULL(strstr(client.data, " 101 "));
		client_close(&client);
		rig_turn(&rig);
	}
	arrive(true, "unix");
	say("GET /ws HTTP/1.1\r\nX-Forwarded-For: 6.6.6.6, 10.1.1.1\r\n" UP "\r\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(heard(), "HTTP/1.1 429 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(client.data, "\r\nRetry-After: 60\r\n"));
	down();
}

static void
sends_away_when_full_or_draining(void)
{
	rig_up(&rig);
	rig.worker.env.draining = true;
	arrive(false, "10.0.0.1");
	say("GET /ws HTTP/1.1\r\n" UP "\r\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(heard(), "HTTP/1.1 503 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(client.data, "\r\nRetry-After: 1\r\n"));
	client_close(&client);
	rig.worker.env.draining = false;
	while (conn_new(&rig.worker.conns) != NULL)
		;
	arrive(false, "10.0.0.1");
	say("GET /ws HTTP/1.1\r\n" UP "\r\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(heard(), "HTTP/1.1 503 "));
	for (struct list *l; (l = list_first(&rig.worker.conns.all)) != NULL;) {
		conn_lost(LIST_ITEM(l, struct conn, io.all));
		conn_reap(&rig.worker.conns);
	}
	down();
}

/* One more than may have their head read. */
static void
sends_away_who_finds_no_room(void)
{
	int waiting[16];

	rig_up(&rig);
	CU_ASSERT_EQUAL_FATAL(rig.conf.visitors, ES_COUNT(waiting));
	for (size_t i = 0; i < ES_COUNT(waiting); i++) {
		arrive(false, "10.0.0.1");
		say("GET /ws HTTP/1.1\r\n");
		waiting[i] = client.fd;
	}
	arrive(false, "10.0.0.1");
	CU_ASSERT_PTR_NOT_NULL(strstr(heard(), "HTTP/1.1 503 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(client.data, "\r\nRetry-After: 1\r\n"));
	client_close(&client);
	(void)close(waiting[0]);
	rig_turn(&rig); /* there is room again */
	arrive(false, "10.0.0.1");
	say("GET /ws HTTP/1.1\r\n" UP "\r\n");
	rig_turn(&rig);
	(void)client_read(&client, 65536);
	CU_ASSERT_PTR_NOT_NULL(strstr(client.data, "HTTP/1.1 101 "));
	client_close(&client);
	for (size_t i = 1; i < ES_COUNT(waiting); i++)
		(void)close(waiting[i]);
	down();
}

static CU_TestInfo cases[] = {
    {"answers in HTTP", answers_in_http},
    {"takes a head in pieces with a frame behind it",
	takes_a_head_in_pieces_with_a_frame_behind_it},
    {"cuts who is too slow", cuts_who_is_too_slow},
    {"limits an address", limits_an_address},
    {"sends away when full or draining", sends_away_when_full_or_draining},
    {"sends away who finds no room", sends_away_who_finds_no_room},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/handshake", cases)
