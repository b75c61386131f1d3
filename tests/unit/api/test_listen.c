/* The socket of a pool after a stop: the server serves the clients in the backlog, and
 * accepts no new ones. */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cunit_main.h"
#include "http/listen.h"

#include "core/banned.h"

static char path[64];

/* 0 or the errno of connect(2) */
static int
connect_client(int *out)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	*out = socket(AF_UNIX, SOCK_STREAM, 0);
	return connect(*out, (const struct sockaddr *)&addr, sizeof(addr)) == 0 ? 0
	                                                                        : errno;
}

static struct unix_socket
open_socket(void)
{
	struct unix_socket s = {.fd = -1};
	struct es_err err;

	(void)snprintf(path, sizeof(path), "/tmp/es-listen-%ld.sock", (long)getpid());
	CU_ASSERT_EQUAL_FATAL(
	    unix_socket_listen(path, LISTEN_BACKLOG, UNIX_SOCKET_EXCLUSIVE, &s, &err),
	    ES_OK);
	return s;
}

static void
serves_the_backlog_after_a_stop(void)
{
	const struct unix_socket s = open_socket();
	int in_line = -1, late = -1, got;

	CU_ASSERT_EQUAL(connect_client(&in_line), 0);
	CU_ASSERT_FALSE(listen_stopped(s.fd));
	listen_stop(&s);
	CU_ASSERT_TRUE(listen_stopped(s.fd));
	CU_ASSERT_EQUAL(connect_client(&late), ENOENT);
	got = accept(s.fd, NULL, NULL);
	CU_ASSERT_TRUE(got >= 0);
	CU_ASSERT_EQUAL(accept(s.fd, NULL, NULL), -1);
	(void)close(got);
	(void)close(late);
	(void)close(in_line);
	(void)close(s.fd);
}

/* A new master starts while the old one still serves its backlog. */
static void
successor(void)
{
	const struct unix_socket old = open_socket();
	struct unix_socket new;
	int client = -1;

	listen_stop(&old);
	new = open_socket();
	listen_stop(&old);
	CU_ASSERT_EQUAL(connect_client(&client), 0);
	(void)close(old.fd);
	(void)close(client);
	listen_stop(&new);
	CU_ASSERT_EQUAL(access(path, F_OK), -1);
	(void)close(new.fd);
}

static CU_TestInfo cases[] = {
    {"after a stop only clients in the backlog are served",
	serves_the_backlog_after_a_stop},
    {"a successor takes the path of a socket that drains, and keeps it", successor},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/listen", cases)
