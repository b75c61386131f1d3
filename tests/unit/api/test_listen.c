/* Unix sockets: mode, stale files replaced, live ones and other files left alone. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cunit_main.h"
#include "http/listen.h"

#include "core/banned.h"

static char path[64];

static void
made_and_replaced(void)
{
	struct es_err err;
	struct stat st;
	int one = -1, two = -1;

	(void)snprintf(path, sizeof(path), "/tmp/es-listen-%ld.sock", (long)getpid());
	CU_ASSERT_EQUAL_FATAL(listen_unix(path, &one, &err), ES_OK);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0660);
	CU_ASSERT_EQUAL(listen_unix(path, &two, &err), ES_CONFLICT);
	(void)close(one);
	CU_ASSERT_EQUAL_FATAL(listen_unix(path, &two, &err), ES_OK);
	(void)close(two);
	(void)unlink(path);
}

static void
refused(void)
{
	struct es_err err;
	char longer[200];
	int fd;

	(void)snprintf(path, sizeof(path), "/tmp/es-listen-%ld.file", (long)getpid());
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	CU_ASSERT_TRUE_FATAL(fd >= 0);
	(void)close(fd);
	CU_ASSERT_EQUAL(listen_unix(path, &fd, &err), ES_CONFLICT);
	(void)unlink(path);
	(void)snprintf(longer, sizeof(longer), "/tmp/%0150d", 1);
	CU_ASSERT_EQUAL(listen_unix(longer, &fd, &err), ES_INVALID);
	CU_ASSERT_EQUAL(listen_unix("/nowhere/at/all.sock", &fd, &err), ES_INTERNAL);
}

/* 0 or the errno of connect(2) */
static int
knock(int *out)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	*out = socket(AF_UNIX, SOCK_STREAM, 0);
	return connect(*out, (const struct sockaddr *)&addr, sizeof(addr)) == 0 ? 0
	                                                                        : errno;
}

static void
serves_the_line_after_a_stop(void)
{
	int fd = -1, in_line = -1, late = -1, got;
	struct es_err err;

	(void)snprintf(path, sizeof(path), "/tmp/es-listen-%ld.sock", (long)getpid());
	CU_ASSERT_EQUAL_FATAL(listen_unix(path, &fd, &err), ES_OK);
	CU_ASSERT_EQUAL(knock(&in_line), 0);
	CU_ASSERT_FALSE(listen_stopped(fd));
	listen_stop(path, fd);
	CU_ASSERT_TRUE(listen_stopped(fd));
	CU_ASSERT_EQUAL(knock(&late), ENOENT);
	got = accept(fd, NULL, NULL);
	CU_ASSERT_TRUE(got >= 0);
	CU_ASSERT_EQUAL(accept(fd, NULL, NULL), -1);
	(void)close(got);
	(void)close(late);
	(void)close(in_line);
	(void)close(fd);
}

/* A new master starts while the old one still serves its backlog. */
static void
successor(void)
{
	int old = -1, new = -1, client = -1;
	struct es_err err;

	(void)snprintf(path, sizeof(path), "/tmp/es-listen-%ld.sock", (long)getpid());
	CU_ASSERT_EQUAL_FATAL(listen_unix(path, &old, &err), ES_OK);
	listen_stop(path, old);
	CU_ASSERT_EQUAL_FATAL(listen_unix(path, &new, &err), ES_OK);
	(void)close(old);
	CU_ASSERT_EQUAL(knock(&client), 0);
	(void)close(client);
	listen_stop(path, new);
	CU_ASSERT_EQUAL(access(path, F_OK), -1);
	(void)close(new);
}

static CU_TestInfo cases[] = {
    {"made with mode 0660; a stale one is replaced", made_and_replaced},
    {"what can't be a socket is refused", refused},
    {"who stands in line is served after a stop, nobody else",
	serves_the_line_after_a_stop},
    {"a successor takes the path of a socket that drains", successor},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/listen", cases)
