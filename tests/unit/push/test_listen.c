#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cunit_main.h"

#include "core/attr.h"
#include "door/listen.h"

#include "core/banned.h"

static unsigned
port_of(int fd)
{
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);

	CU_ASSERT_EQUAL(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	return ntohs(sa.sin_port);
}

/* A port that was free a moment ago. */
static unsigned
free_port(void)
{
	struct push_listen l = {.n = 0};
	struct es_err err;
	unsigned port;

	CU_ASSERT_EQUAL_FATAL(
	    push_listen_open("127.0.0.1:0", 1, 16, UNIX_SOCKET_EXCLUSIVE, &l, &err),
	    ES_OK);
	port = port_of(push_listen_fd(&l, 0, 0));
	push_listen_close(&l);
	return port;
}

static void
gives_every_worker_its_own_tcp_socket(void)
{
	struct push_listen l, second;
	struct es_err err;
	char address[64];

	(void)snprintf(address, sizeof(address), "127.0.0.1:%u", free_port());
	CU_ASSERT_EQUAL_FATAL(
	    push_listen_open(address, 3, 16, UNIX_SOCKET_EXCLUSIVE, &l, &err), ES_OK);
	CU_ASSERT_NOT_EQUAL(push_listen_fd(&l, 0, 0), push_listen_fd(&l, 0, 1));
	CU_ASSERT_EQUAL(
	    port_of(push_listen_fd(&l, 0, 0)), port_of(push_listen_fd(&l, 0, 2)));
	CU_ASSERT_EQUAL(
	    push_listen_open(address, 1, 16, UNIX_SOCKET_EXCLUSIVE, &second, &err),
	    ES_INVALID);
	CU_ASSERT_STRING_EQUAL(err.field, "ES_PUSH_LISTEN");
	push_listen_close(&l);
}

static void
replaces_only_a_stale_unix_socket(void)
{
	char folder[] = "/tmp/push-listen-XXXXXX", address[64];
	struct push_listen l, second;
	struct stat st;
	struct es_err err;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	(void)snprintf(address, sizeof(address), "unix:%s/s", folder);
	CU_ASSERT_EQUAL_FATAL(
	    push_listen_open(address, 2, 16, UNIX_SOCKET_EXCLUSIVE, &l, &err), ES_OK);
	CU_ASSERT_EQUAL(push_listen_fd(&l, 0, 0), push_listen_fd(&l, 0, 1));
	CU_ASSERT_EQUAL(stat(address + 5, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0660);
	CU_ASSERT_EQUAL(
	    push_listen_open(address, 2, 16, UNIX_SOCKET_EXCLUSIVE, &second, &err),
	    ES_INVALID);
	push_listen_close(&l);
	CU_ASSERT_EQUAL(stat(address + 5, &st), 0); /* the socket is stale now */
	CU_ASSERT_EQUAL(
	    push_listen_open(address, 2, 16, UNIX_SOCKET_EXCLUSIVE, &l, &err), ES_OK);
	push_listen_close(&l);
	(void)unlink(address + 5);
	(void)rmdir(folder);
}

static void
leaves_a_busy_socket_and_a_file_alone(void)
{
	char folder[] = "/tmp/push-listen-XXXXXX", address[64];
	struct push_listen l, second;
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct es_err err;
	int waiting[8];
	FILE *file;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	(void)snprintf(address, sizeof(address), "unix:%s/s", folder);
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", address + 5);
	CU_ASSERT_EQUAL_FATAL(
	    push_listen_open(address, 1, 1, UNIX_SOCKET_EXCLUSIVE, &l, &err), ES_OK);
	for (size_t i = 0; i < ES_COUNT(waiting); i++) { /* the backlog is full */
		waiting[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(waiting[i], (const struct sockaddr *)&sa, sizeof(sa));
	}
	CU_ASSERT_EQUAL(
	    push_listen_open(address, 1, 1, UNIX_SOCKET_EXCLUSIVE, &second, &err),
	    ES_INVALID);
	for (size_t i = 0; i < ES_COUNT(waiting); i++)
		(void)close(waiting[i]);
	push_listen_close(&l);
	(void)unlink(address + 5);
	file = fopen(address + 5, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	(void)fclose(file);
	CU_ASSERT_EQUAL(
	    push_listen_open(address, 1, 1, UNIX_SOCKET_EXCLUSIVE, &second, &err),
	    ES_INVALID);
	CU_ASSERT_EQUAL(access(address + 5, F_OK), 0);
	(void)unlink(address + 5);
	(void)rmdir(folder);
}

static void
refuses_malformed_addresses(void)
{
	static const char *const bad[] = {"", "8082", "127.0.0.1:", "127.0.0.1:99999",
	    "no.such.host.invalid:80", "127.0.0.1:0,",
	    "unix:", "unix:/no/such/folder/at/all/s", "127.0.0.1:0,[::1]:x", "+proxy",
	    "127.0.0.1:0+proxi", "127.0.0.1:0 +proxy"};
	struct push_listen l;
	struct es_err err;

	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		CU_ASSERT_EQUAL(
		    push_listen_open(bad[i], 1, 16, UNIX_SOCKET_EXCLUSIVE, &l, &err),
		    ES_INVALID);
		CU_ASSERT_EQUAL(l.n, 0);
	}
}

/* The second server starts while the first one serves. */
static void
takes_over_the_addresses_of_a_server(void)
{
	char folder[] = "/tmp/push-listen-XXXXXX", addresses[96];
	struct push_listen old, new;
	struct stat before, after;
	struct es_err err;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	(void)snprintf(
	    addresses, sizeof(addresses), "127.0.0.1:%u,unix:%s/s", free_port(), folder);
	CU_ASSERT_EQUAL_FATAL(
	    push_listen_open(addresses, 2, 16, UNIX_SOCKET_EXCLUSIVE, &old, &err), ES_OK);
	CU_ASSERT_EQUAL(stat(strchr(addresses, '/'), &before), 0);
	CU_ASSERT_EQUAL_FATAL(
	    push_listen_open(addresses, 3, 16, UNIX_SOCKET_TAKE_OVER, &new, &err), ES_OK);
	CU_ASSERT_EQUAL(
	    port_of(push_listen_fd(&old, 0, 0)), port_of(push_listen_fd(&new, 0, 2)));
	CU_ASSERT_EQUAL(stat(strchr(addresses, '/'), &after), 0);
	CU_ASSERT_NOT_EQUAL(before.st_ino, after.st_ino);
	CU_ASSERT_TRUE(
	    tcp_successor_listens(push_listen_fd(&old, 0, 1), &old.at[0].known));
	CU_ASSERT_FALSE(
	    tcp_successor_listens(push_listen_fd(&new, 0, 1), &new.at[0].known));
	push_listen_close(&old);
	push_listen_close(&new);
	CU_ASSERT_EQUAL(unlink(strchr(addresses, '/')), 0);
	CU_ASSERT_EQUAL(rmdir(folder), 0);
}

static bool
is_open(int fd)
{
	int type;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0;
}

/* Closes the sockets of other workers: the kernel gives clients to a socket as long as
 * any process holds it. */
static void
keeps_the_sockets_of_one_worker(void)
{
	struct push_listen l;
	struct es_err err;
	int others;

	CU_ASSERT_EQUAL_FATAL(
	    push_listen_open("127.0.0.1:0", 2, 16, UNIX_SOCKET_EXCLUSIVE, &l, &err),
	    ES_OK);
	others = push_listen_fd(&l, 0, 0);
	push_listen_keep(&l, 1);
	CU_ASSERT_FALSE(is_open(others));
	CU_ASSERT_TRUE(is_open(push_listen_fd(&l, 0, 1)));
	push_listen_close(&l);
}

static void
parses_the_proxy_suffix(void)
{
	char folder[] = "/tmp/push-listen-XXXXXX", addresses[128];
	struct push_listen l;
	struct es_err err;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	(void)snprintf(addresses, sizeof(addresses),
	    "127.0.0.1:0,[::1]:0+proxy,unix:%s/a,unix:%s/b+proxy", folder, folder);
	CU_ASSERT_EQUAL_FATAL(
	    push_listen_open(addresses, 1, 16, UNIX_SOCKET_EXCLUSIVE, &l, &err), ES_OK);
	for (unsigned i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(l.at[i].kind.is_unix, i >= 2);
		CU_ASSERT_EQUAL(l.at[i].kind.proxy, i % 2 == 1);
	}
	push_listen_close(&l);
	(void)snprintf(addresses, sizeof(addresses), "%s/a", folder);
	CU_ASSERT_EQUAL(unlink(addresses), 0);
	(void)snprintf(addresses, sizeof(addresses), "%s/b", folder);
	CU_ASSERT_EQUAL(
	    unlink(addresses), 0); /* the suffix does not belong to the path */
	(void)rmdir(folder);
}

static CU_TestInfo cases[] = {
    {"gives every worker its own TCP socket, refuses a busy port",
	gives_every_worker_its_own_tcp_socket},
    {"replaces a stale unix socket, but not one on which a process listens",
	replaces_only_a_stale_unix_socket},
    {"replaces neither the socket of a busy server nor a file",
	leaves_a_busy_socket_and_a_file_alone},
    {"takes over the addresses of a running server",
	takes_over_the_addresses_of_a_server},
    {"keeps the sockets of one worker", keeps_the_sockets_of_one_worker},
    {"parses the suffix +proxy", parses_the_proxy_suffix},
    {"refuses malformed addresses", refuses_malformed_addresses},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/listen", cases)
