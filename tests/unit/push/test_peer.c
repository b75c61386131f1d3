/* The kernel's figures about a peer that reads, and about a peer that does not. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cunit_main.h"

#include "conn/peer.h"
#include "core/check.h"
#include "core/clock.h"

#include "core/banned.h"

static void
tcp_pair(int pair[2])
{
	struct sockaddr_in sa = {.sin_family = AF_INET};
	socklen_t len = sizeof(sa);
	const int small = 4096, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind(listener, (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
	      listen(listener, 1) == 0);
	CHECK(getsockname(listener, (struct sockaddr *)&sa, &len) == 0);
	pair[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(setsockopt(pair[1], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) == 0);
	CHECK(connect(pair[1], (struct sockaddr *)&sa, sizeof(sa)) == 0);
	pair[0] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	CHECK(pair[0] >= 0 && close(listener) == 0);
	CHECK(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) == 0);
}

static void
unix_pair(int pair[2])
{
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) ==
	      0);
}

/* Writes until the kernel takes no more bytes and the count of acknowledged bytes is
 * stable. */
static uint64_t
fill(int fd)
{
	static const char bytes[4096];
	uint64_t last, taken = peer_taken(fd);

	do {
		while (send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0)
			;
		CU_ASSERT_EQUAL(errno, EAGAIN);
		(void)poll(NULL, 0, 50);
		last = taken;
		taken = peer_taken(fd);
	} while (taken != last);
	return taken;
}

static void
changes(int pair[2])
{
	const uint64_t at_rest = fill(pair[0]);
	const int64_t until_ms = clock_mono_ms() + 10000;
	static char bytes[1024];

	CU_ASSERT_TRUE(peer_waiting(pair[0]) > 0);
	CU_ASSERT_EQUAL(peer_taken(pair[0]), at_rest);
	while (peer_taken(pair[0]) == at_rest && clock_mono_ms() < until_ms)
		CU_ASSERT_TRUE(recv(pair[1], bytes, sizeof(bytes), 0) > 0);
	CU_ASSERT_NOT_EQUAL(peer_taken(pair[0]), at_rest);
	while (peer_waiting(pair[0]) > 0 && clock_mono_ms() < until_ms)
		(void)recv(pair[1], bytes, sizeof(bytes), MSG_DONTWAIT);
	CU_ASSERT_EQUAL(peer_waiting(pair[0]), 0);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void
notices_that_a_tcp_peer_reads(void)
{
	int pair[2];

	tcp_pair(pair);
	changes(pair);
}

/* peer_taken() must count acknowledged bytes: the number of waiting bytes is 0 before and
 * after. */
static void
counts_the_bytes_that_a_tcp_peer_has_acknowledged(void)
{
	static char bytes[1000];
	const int64_t until_ms = clock_mono_ms() + 10000;
	uint64_t before;
	int pair[2];

	tcp_pair(pair);
	before = peer_taken(pair[0]);
	CU_ASSERT_EQUAL(send(pair[0], bytes, sizeof(bytes), MSG_NOSIGNAL), sizeof(bytes));
	while (peer_waiting(pair[0]) > 0 && clock_mono_ms() < until_ms)
		(void)poll(NULL, 0, 1);
	CU_ASSERT_EQUAL(peer_taken(pair[0]), before + sizeof(bytes));
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void
notices_that_a_unix_peer_reads(void)
{
	int pair[2];

	unix_pair(pair);
	changes(pair);
}

/* Returns true while the kernel has a connection from this local port. */
static bool
kept(unsigned port)
{
	FILE *table = fopen("/proc/net/tcp", "re");
	char line[256], mine[32];
	bool found = false;

	CHECK(table != NULL);
	(void)snprintf(mine, sizeof(mine), " 0100007F:%04X 0100007F:", port);
	while (fgets(line, sizeof(line), table) != NULL)
		found |= strstr(line, mine) != NULL;
	(void)fclose(table);
	return found;
}

/* After the limit, the kernel frees a closed socket whose peer takes nothing. */
static void
limits_the_time_of_unacknowledged_bytes(void)
{
	const int64_t until_ms = clock_mono_ms() + 20000;
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);
	int pair[2];

	tcp_pair(pair);
	(void)fill(pair[0]);
	CHECK(getsockname(pair[0], (struct sockaddr *)&sa, &len) == 0);
	CU_ASSERT_TRUE(kept(ntohs(sa.sin_port)));
	peer_limit_unacked(pair[0], 100);
	(void)close(pair[0]);
	while (kept(ntohs(sa.sin_port)) && clock_mono_ms() < until_ms)
		(void)poll(NULL, 0, 50);
	CU_ASSERT_FALSE(kept(ntohs(sa.sin_port)));
	(void)close(pair[1]);
}

static CU_TestInfo cases[] = {
    {"notices that a TCP peer reads", notices_that_a_tcp_peer_reads},
    {"counts the bytes that a TCP peer has acknowledged",
	counts_the_bytes_that_a_tcp_peer_has_acknowledged},
    {"notices that the peer of a unix socket reads", notices_that_a_unix_peer_reads},
    {"limits the time of unacknowledged bytes after a close",
	limits_the_time_of_unacknowledged_bytes},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/peer", cases)
