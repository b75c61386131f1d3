/* New clients of a worker that accepts, drains or exits. No client may wait in the
 * backlog of a socket from which no process accepts. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cunit_main.h"

#include "core/check.h"
#include "door/accept.h"
#include "rig.h"

#include "core/banned.h"

#define HEAD \
	"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " \
	"dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

enum listener_kind { TCP, UNIX, LISTENER_KINDS };

static struct rig rig;
static struct client client;
static char folder[32], path[64];
static struct sockaddr_in tcp;
static struct sockaddr_un local;

/* If another is true, there is a second worker, which accepts new clients. */
static void
up(bool another)
{
	struct push_listen listen;
	socklen_t len = sizeof(tcp);
	char addresses[128];
	struct es_err err;

	rig_up(&rig);
	metrics_use_slot(rig.metrics, 1);
	metrics_gauge_set(rig.metrics, PM_ACCEPTING, another);
	metrics_use_slot(rig.metrics, 0);
	(void)snprintf(folder, sizeof(folder), "/tmp/push-accept-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/s", folder);
	(void)snprintf(addresses, sizeof(addresses), "127.0.0.1:0,unix:%s", path);
	CHECK(push_listen_open(addresses, 1, 16, UNIX_SOCKET_EXCLUSIVE, &listen, &err) ==
	      ES_OK);
	CHECK(getsockname(
		  push_listen_fd(&listen, TCP, 0), (struct sockaddr *)&tcp, &len) == 0);
	local = (struct sockaddr_un){.sun_family = AF_UNIX};
	(void)snprintf(local.sun_path, sizeof(local.sun_path), "%s", path);
	rig.worker.accept = accept_new(&rig.worker.env, rig.worker.handshake, &listen, 0);
}

static void
down(void)
{
	accept_free(&rig.worker.accept);
	(void)unlink(path);
	(void)rmdir(folder);
	rig_down(&rig);
}

/* Connects a client and sends a request head. Returns false for a refused connection. */
static bool
connect_client(enum listener_kind kind)
{
	const int fd = socket(kind == TCP ? AF_INET : AF_UNIX,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const struct sockaddr *sa = kind == TCP
	                                ? (const struct sockaddr *)(const void *)&tcp
	                                : (const struct sockaddr *)(const void *)&local;
	struct pollfd connected = {.fd = fd, .events = POLLOUT};
	socklen_t len = sizeof(int);
	int wrong = 0;

	memset(&client, 0, sizeof(client));
	client.fd = fd;
	if (connect(fd, sa, kind == TCP ? sizeof(tcp) : sizeof(local)) != 0 &&
	    errno != EINPROGRESS)
		return false;
	CHECK(poll(&connected, 1, 5000) == 1);
	CHECK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &wrong, &len) == 0);
	if (wrong != 0)
		return false;
	return send(fd, HEAD, sizeof(HEAD) - 1, MSG_NOSIGNAL) == sizeof(HEAD) - 1;
}

/* Turns the loop until the client has received the piece. */
static bool
receives(const char *piece)
{
	const int64_t until_ms = clock_mono_ms() + 5000;

	do {
		rig_turn(&rig);
		(void)client_read(&client, 65536);
		if (strstr(client.data, piece) != NULL)
			return true;
	} while (!client.ended && clock_mono_ms() < until_ms);
	return false;
}

static void
close_client(void)
{
	client_close(&client);
	rig_turn(&rig);
}

static void
drain(void)
{
	rig.worker.env.draining = true;
	accept_drain(rig.worker.accept);
}

static void
answers_503_while_it_drains(void)
{
	up(false);
	for (int kind = TCP; kind < LISTENER_KINDS; kind++) {
		CU_ASSERT_TRUE(connect_client(kind));
		CU_ASSERT_TRUE(receives("HTTP/1.1 101 "));
		close_client();
	}
	drain();
	for (int i = 0; i < 3 * LISTENER_KINDS; i++) {
		CU_ASSERT_TRUE(connect_client(i % LISTENER_KINDS));
		CU_ASSERT_TRUE(receives("HTTP/1.1 503 "));
		CU_ASSERT_PTR_NOT_NULL(strstr(client.data, "\r\nRetry-After: "));
		CU_ASSERT_PTR_NOT_NULL(strstr(client.data, "shutting down"));
		close_client();
		accept_drain(rig.worker.accept); /* each slice of a drain calls it */
	}
	down();
}

/* Only this worker drains. A client of the shared unix socket waits for another worker,
 * which the test simulates. When that worker drains too, this worker answers the
 * client. */
static void
leaves_the_unix_socket_to_other_workers(void)
{
	up(true);
	drain();
	CU_ASSERT_TRUE(connect_client(TCP)); /* the kernel has chosen this worker */
	CU_ASSERT_TRUE(receives("HTTP/1.1 503 "));
	close_client();
	CU_ASSERT_TRUE(connect_client(UNIX));
	for (int i = 0; i < 20; i++) {
		accept_drain(rig.worker.accept);
		rig_turn(&rig);
	}
	CU_ASSERT_TRUE(client_read(&client, 65536));
	CU_ASSERT_EQUAL(client.len, 0);
	metrics_clear_gauges(rig.metrics, 1);
	accept_drain(rig.worker.accept);
	CU_ASSERT_TRUE(receives("HTTP/1.1 503 "));
	close_client();
	down();
}

/* Before a worker exits, it answers the clients in its backlog, because the kernel resets
 * their connections when the socket is closed. */
static void
answers_the_backlog_at_the_end(void)
{
	for (int kind = TCP; kind < LISTENER_KINDS; kind++) {
		up(false);
		drain();
		CU_ASSERT_TRUE(connect_client(kind));
		accept_free(&rig.worker.accept);
		(void)client_read(&client, 65536);
		CU_ASSERT_PTR_NOT_NULL(strstr(client.data, "HTTP/1.1 503 "));
		CU_ASSERT_PTR_NOT_NULL(strstr(client.data, "\r\nRetry-After: "));
		client_close(&client);
		CU_ASSERT_FALSE(connect_client(kind));
		close_client();
		down();
	}
}

/* Runs in a process whose parent dies. Returns 0, or the number of the step that
 * failed. */
static int
run_until_orphaned(int ready)
{
	const pid_t parent = getppid();

	up(true);
	CHECK(write(ready, "", 1) == 1);
	for (int i = 0; i < 500 && getppid() == parent; i++)
		(void)poll(NULL, 0, 10);
	if (getppid() == parent)
		return 1;
	if (!connect_client(UNIX))
		return 2;
	drain();
	(void)client_read(&client, 65536);
	if (strstr(client.data, "HTTP/1.1 503 ") == NULL)
		return 3;
	client_close(&client);
	if (connect_client(UNIX) || (client_close(&client), connect_client(TCP)))
		return 4;
	accept_drain(rig.worker.accept);
	down();
	return 0;
}

/* When the master is dead, the worker closes its sockets, so that a new master can bind
 * the addresses. */
static void
closes_its_sockets_when_the_master_is_dead(void)
{
	int ready[2], verdict[2];
	char step = -1;
	pid_t master;

	CHECK(pipe(ready) == 0 && pipe(verdict) == 0);
	master = fork();
	CHECK(master >= 0);
	if (master == 0) {
		(void)close(verdict[0]);
		if (fork() == 0) {
			step = (char)run_until_orphaned(ready[1]);
			_exit(write(verdict[1], &step, 1) == 1 ? 0 : 1);
		}
		_exit(read(ready[0], &step, 1) == 1 ? 0 : 1);
	}
	(void)close(verdict[1]);
	CU_ASSERT_EQUAL(waitpid(master, NULL, 0), master);
	CU_ASSERT_EQUAL(read(verdict[0], &step, 1), 1);
	CU_ASSERT_EQUAL(step, 0);
	(void)close(verdict[0]);
	(void)close(ready[0]);
	(void)close(ready[1]);
}

/* When a successor listens at the TCP address, this worker accepts the client in its
 * backlog, and the next client reaches the successor. */
static void
leaves_its_tcp_address_to_a_successor(void)
{
	struct push_listen next;
	char address[64];
	struct es_err err;
	int got;

	up(false);
	accept_check_successor(rig.worker.accept); /* no other process listens there */
	CU_ASSERT_TRUE(connect_client(TCP));
	(void)snprintf(address, sizeof(address), "127.0.0.1:%u", ntohs(tcp.sin_port));
	CHECK(push_listen_open(address, 1, 16, UNIX_SOCKET_TAKE_OVER, &next, &err) ==
	      ES_OK);
	accept_check_successor(rig.worker.accept);
	CU_ASSERT_TRUE(receives("HTTP/1.1 101 "));
	close_client();
	for (int i = 0; i < 8; i++) {
		CU_ASSERT_TRUE(connect_client(TCP));
		got = accept(push_listen_fd(&next, 0, 0), NULL, NULL);
		CU_ASSERT_TRUE(got >= 0);
		(void)close(got);
		close_client();
		accept_drain(rig.worker.accept);
	}
	push_listen_close(&next);
	down();
}

static CU_TestInfo cases[] = {
    {"answers 503 while it drains, by TCP and by unix socket",
	answers_503_while_it_drains},
    {"leaves the unix socket to other workers", leaves_the_unix_socket_to_other_workers},
    {"answers the clients in the backlog at the end", answers_the_backlog_at_the_end},
    {"closes its sockets when the master is dead",
	closes_its_sockets_when_the_master_is_dead},
    {"leaves its TCP address to a successor", leaves_its_tcp_address_to_a_successor},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/accept", cases)
