/* Clients behind proxies: the worker trusts X-Forwarded-For and PROXY headers only where
 * the settings allow it. */
#include <string.h>
#include <sys/socket.h>

#include "caller.h"
#include "cunit_main.h"

#include "core/net_address.h"

#include "core/banned.h"

/* Makes a good handshake from this peer. Returns the client's address that the worker
 * keeps. */
static const char *
client_of(struct push_listen_kind kind, const char *peer, const char *proxy, size_t len,
    const char *header)
{
	static char address[48];
	const struct conn *c;
	char head[500];

	caller_connect_at(kind, peer);
	if (proxy != NULL)
		caller_send_bytes(proxy, len);
	(void)snprintf(head, sizeof(head), "GET /ws HTTP/1.1\r\n%s" UP "\r\n", header);
	caller_send(head);
	rig_turn(&caller_rig);
	(void)client_read(&caller, 65536);
	CU_ASSERT_FALSE_FATAL(list_empty(&caller_rig.worker.conns.all));
	c = LIST_ITEM(caller_rig.worker.conns.all.prev, struct conn, io.all);
	(void)snprintf(address, sizeof(address), "%s", c->io.address);
	client_close(&caller);
	rig_turn(&caller_rig);
	return address;
}

#define TCP             ((struct push_listen_kind){.is_unix = false})
#define UNIX            ((struct push_listen_kind){.is_unix = true})
#define FORWARDED(list) "X-Forwarded-For: " list "\r\n"

static void
trusts_x_forwarded_for_of_trusted_proxies(void)
{
	caller_up_with("10.0.0.0/8,2001:db8::/32", 0);
	CU_ASSERT_STRING_EQUAL(
	    client_of(TCP, "10.0.0.1", NULL, 0, FORWARDED("6.6.6.6, 192.0.2.7")),
	    "192.0.2.7");
	CU_ASSERT_STRING_EQUAL(
	    client_of(TCP, "10.0.0.1", NULL, 0, FORWARDED("192.0.2.7, 10.9.9.9")),
	    "192.0.2.7");
	CU_ASSERT_STRING_EQUAL(client_of(TCP, "2001:db8::9", NULL, 0,
				   FORWARDED("192.0.2.7") FORWARDED("10.9.9.9")),
	    "192.0.2.7");
	CU_ASSERT_STRING_EQUAL(
	    client_of(TCP, "192.0.2.1", NULL, 0, FORWARDED("192.0.2.7")), "192.0.2.1");
	CU_ASSERT_STRING_EQUAL(
	    client_of(UNIX, "unix", NULL, 0, FORWARDED("192.0.2.7, 10.9.9.9")),
	    "192.0.2.7");
	CU_ASSERT_STRING_EQUAL(client_of(TCP, "10.0.0.1", NULL, 0, ""), "10.0.0.1");
	rig_down(&caller_rig);
}

/* The load balancer's address is the peer of every client, so the limit counts the
 * address of the client behind it. */
static void
limits_the_client_behind_a_proxy(void)
{
	caller_up_with("10.0.0.0/8", 1);
	CU_ASSERT_STRING_EQUAL(
	    client_of(TCP, "10.0.0.1", NULL, 0, FORWARDED("192.0.2.1")), "192.0.2.1");
	CU_ASSERT_STRING_EQUAL(
	    client_of(TCP, "10.0.0.1", NULL, 0, FORWARDED("192.0.2.2")), "192.0.2.2");
	caller_connect(false, "10.0.0.1");
	caller_send("GET /ws HTTP/1.1\r\n" FORWARDED("192.0.2.1") UP "\r\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(caller_answer(), "HTTP/1.1 429 "));
	caller_down();
}

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
/* 192.0.2.33 -> 192.0.2.1 */
#define PROXY_V4 SIGNATURE "\x21\x11\0\x0c\xc0\0\x02\x21\xc0\0\x02\x01\x10\x10\0\x50"
#define PROXY_UP SIGNATURE "\x20\0\0\0" /* LOCAL */

static void
takes_the_address_of_a_proxy_header(void)
{
	const struct push_listen_kind tcp = {.proxy = true},
				      local = {.proxy = true, .is_unix = true};

	caller_up_with("10.0.0.0/8", 0);
	CU_ASSERT_STRING_EQUAL(
	    client_of(tcp, "10.0.0.1", PROXY_V4, sizeof(PROXY_V4) - 1, ""), "192.0.2.33");
	/* The header's client is not a trusted proxy: its X-Forwarded-For is ignored. */
	CU_ASSERT_STRING_EQUAL(client_of(tcp, "10.0.0.1", PROXY_V4, sizeof(PROXY_V4) - 1,
				   FORWARDED("6.6.6.6")),
	    "192.0.2.33");
	CU_ASSERT_STRING_EQUAL(client_of(local, "unix", PROXY_V4, sizeof(PROXY_V4) - 1,
				   FORWARDED("6.6.6.6")),
	    "192.0.2.33");
	/* LOCAL: the socket's own peer counts as the client. */
	CU_ASSERT_STRING_EQUAL(
	    client_of(tcp, "10.0.0.1", PROXY_UP, sizeof(PROXY_UP) - 1, ""), "10.0.0.1");
	rig_down(&caller_rig);
}

static void
waits_for_a_proxy_header_in_pieces(void)
{
	const struct push_listen_kind kind = {.proxy = true};

	caller_up_with("", 0);
	caller_connect_at(kind, "10.0.0.1");
	for (size_t i = 0; i < sizeof(PROXY_V4) - 1; i++) {
		caller_send_bytes(PROXY_V4 + i, 1);
		rig_turn(&caller_rig);
	}
	caller_send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(caller_answer(), "HTTP/1.1 200 OK\r\n"));
	caller_down();
	/* The PROXY header must come within the time for a request head. */
	rig_up(&caller_rig);
	caller_rig.conf.head_timeout_ms = 30;
	caller_connect_at(kind, "10.0.0.1");
	caller_send_bytes(PROXY_V4, 20);
	CU_ASSERT_STRING_EQUAL(caller_answer(), "");
	caller_down();
}

/* A +proxy listener requires the header, other listeners refuse it, and only trusted
 * proxies may send it. */
static void
closes_without_a_good_proxy_header(void)
{
	const struct push_listen_kind kind = {.proxy = true};

	caller_up_with("", 0);
	caller_connect_at(kind, "10.0.0.1");
	caller_send("GET /ws HTTP/1.1\r\n" UP "\r\n");
	CU_ASSERT_STRING_EQUAL(caller_answer(), "");
	client_close(&caller);
	caller_connect(false, "10.0.0.1");
	caller_send_bytes(PROXY_V4, sizeof(PROXY_V4) - 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(caller_answer(), "HTTP/1.1 400 "));
	client_close(&caller);
	caller_connect(false, "10.0.0.1");
	caller_send(
	    "PROXY TCP4 192.0.2.33 192.0.2.1 4112 80\r\nGET /ws HTTP/1.1\r\n" UP "\r\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(caller_answer(), "HTTP/1.1 400 "));
	caller_down();
	caller_up_with("10.0.0.0/8", 0);
	caller_connect_at(kind, "192.0.2.1");
	(void)send(caller.fd, PROXY_V4, sizeof(PROXY_V4) - 1, MSG_NOSIGNAL);
	CU_ASSERT_STRING_EQUAL(caller_answer(), "");
	caller_down();
}

static CU_TestInfo cases[] = {
    {"trusts X-Forwarded-For of trusted proxies only",
	trusts_x_forwarded_for_of_trusted_proxies},
    {"limits the client behind a proxy", limits_the_client_behind_a_proxy},
    {"takes the address of a PROXY header", takes_the_address_of_a_proxy_header},
    {"waits for a PROXY header in pieces", waits_for_a_proxy_header_in_pieces},
    {"closes without a good PROXY header", closes_without_a_good_proxy_header},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/handshake_proxy", cases)
