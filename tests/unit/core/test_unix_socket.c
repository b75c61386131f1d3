/* Unix sockets have mode 0660. A new socket replaces a stale socket at its path, but
 * neither a live socket nor another file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/attr.h"
#include "core/unix_socket.h"
#include "cunit_main.h"

#include "core/banned.h"

static char folder[32], path[64];

static void
make_folder(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/es-socket-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/s", folder);
}

/* rmdir() fails when another file is left in the folder. */
static void
remove_folder(void)
{
	(void)unlink(path);
	CU_ASSERT_EQUAL(rmdir(folder), 0);
}

static struct unix_socket
open_socket(enum unix_socket_how how)
{
	struct unix_socket s = {.fd = -1};
	struct es_err err;

	CU_ASSERT_EQUAL_FATAL(unix_socket_listen(path, 16, how, &s, &err), ES_OK);
	return s;
}

/* Connects a client, and returns true when the client waits in the backlog of s. */
static bool
reaches(const struct unix_socket *s)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int got;

	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	(void)connect(fd, (const struct sockaddr *)&name, sizeof(name));
	got = accept(s->fd, NULL, NULL);
	(void)close(fd);
	if (got >= 0)
		(void)close(got);
	return got >= 0;
}

static void
a_socket_has_mode_0660_a_stale_one_is_replaced(void)
{
	struct unix_socket one, two;
	struct es_err err;
	struct stat st;

	make_folder();
	one = open_socket(UNIX_SOCKET_EXCLUSIVE);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0660);
	CU_ASSERT_EQUAL(fcntl(one.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	CU_ASSERT_EQUAL(fcntl(one.fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	CU_ASSERT_EQUAL(
	    unix_socket_listen(path, 16, UNIX_SOCKET_EXCLUSIVE, &two, &err), ES_CONFLICT);
	/* the refused unix_socket_listen() has connected to the path, so the first
	 * accept() may return that connection */
	CU_ASSERT_TRUE(reaches(&one) || reaches(&one));
	(void)close(one.fd);
	two = open_socket(UNIX_SOCKET_EXCLUSIVE);
	CU_ASSERT_TRUE(reaches(&two));
	unix_socket_remove(&two);
	CU_ASSERT_EQUAL(access(path, F_OK), -1);
	(void)close(two.fd);
	remove_folder();
}

static void
a_process_with_a_full_backlog_keeps_its_path(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	struct unix_socket one, two;
	struct es_err err;
	int waiting[32];

	make_folder();
	one = open_socket(UNIX_SOCKET_EXCLUSIVE);
	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	for (size_t i = 0; i < ES_COUNT(waiting); i++) {
		waiting[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(waiting[i], (const struct sockaddr *)&name, sizeof(name));
	}
	CU_ASSERT_EQUAL(errno, EAGAIN);
	CU_ASSERT_EQUAL(
	    unix_socket_listen(path, 16, UNIX_SOCKET_EXCLUSIVE, &two, &err), ES_CONFLICT);
	for (size_t i = 0; i < ES_COUNT(waiting); i++)
		(void)close(waiting[i]);
	(void)close(one.fd);
	remove_folder();
}

static void
a_path_that_cannot_be_a_socket_is_refused(void)
{
	char longest[UNIX_SOCKET_PATH_MAX + 2];
	struct unix_socket s;
	struct es_err err;
	int fd;

	make_folder();
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	CU_ASSERT_TRUE_FATAL(fd >= 0);
	(void)close(fd);
	CU_ASSERT_EQUAL(
	    unix_socket_listen(path, 16, UNIX_SOCKET_EXCLUSIVE, &s, &err), ES_CONFLICT);
	CU_ASSERT_EQUAL(access(path, F_OK), 0);
	memset(longest, 's', sizeof(longest));
	memcpy(longest, folder, strlen(folder));
	longest[strlen(folder)] = '/';
	longest[UNIX_SOCKET_PATH_MAX + 1] = '\0';
	CU_ASSERT_EQUAL(
	    unix_socket_listen(longest, 16, UNIX_SOCKET_EXCLUSIVE, &s, &err), ES_INVALID);
	longest[UNIX_SOCKET_PATH_MAX] = '\0';
	CU_ASSERT_EQUAL_FATAL(
	    unix_socket_listen(longest, 16, UNIX_SOCKET_EXCLUSIVE, &s, &err), ES_OK);
	unix_socket_remove(&s);
	(void)close(s.fd);
	CU_ASSERT_EQUAL(
	    unix_socket_listen("", 16, UNIX_SOCKET_EXCLUSIVE, &s, &err), ES_INVALID);
	CU_ASSERT_EQUAL(unix_socket_listen(
			    "/nowhere/at/all.sock", 16, UNIX_SOCKET_EXCLUSIVE, &s, &err),
	    ES_INTERNAL);
	remove_folder();
}

/* The old process removes its path late, after a successor has bound it. */
static void
the_path_of_another_socket_stays(void)
{
	struct unix_socket old, new;

	make_folder();
	old = open_socket(UNIX_SOCKET_EXCLUSIVE);
	unix_socket_remove(&old);
	new = open_socket(UNIX_SOCKET_EXCLUSIVE);
	unix_socket_remove(&old);
	CU_ASSERT_TRUE(reaches(&new));
	(void)close(old.fd);
	(void)close(new.fd);
	remove_folder();
}

/* The old process keeps its clients; new clients reach the new process. */
static void
a_take_over_leaves_no_moment_without_a_listener(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	const int early = socket(AF_UNIX, SOCK_STREAM, 0);
	struct unix_socket old, new;
	struct stat st;
	int got;

	make_folder();
	old = open_socket(UNIX_SOCKET_TAKE_OVER); /* no process listens there yet */
	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	CU_ASSERT_EQUAL(connect(early, (const struct sockaddr *)&name, sizeof(name)), 0);
	new = open_socket(UNIX_SOCKET_TAKE_OVER);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0660);
	CU_ASSERT_TRUE(reaches(&new));
	got = accept(old.fd, NULL, NULL);
	CU_ASSERT_TRUE(got >= 0);
	unix_socket_remove(&old);
	(void)close(old.fd);
	CU_ASSERT_TRUE(reaches(&new));
	unix_socket_remove(&new);
	CU_ASSERT_EQUAL(access(path, F_OK), -1);
	(void)close(new.fd);
	(void)close(got);
	(void)close(early);
	remove_folder(); /* fails when the take-over left a file */
}

static void
takes_over_neither_another_file_nor_a_path_too_long(void)
{
	char longest[UNIX_SOCKET_PATH_MAX + 1];
	struct unix_socket s;
	struct es_err err;

	make_folder();
	(void)close(open(path, O_CREAT | O_WRONLY, 0600));
	CU_ASSERT_EQUAL(
	    unix_socket_listen(path, 16, UNIX_SOCKET_TAKE_OVER, &s, &err), ES_CONFLICT);
	CU_ASSERT_EQUAL(access(path, F_OK), 0);
	memset(longest, 's', sizeof(longest));
	memcpy(longest, folder, strlen(folder));
	longest[strlen(folder)] = '/';
	longest[UNIX_SOCKET_PATH_MAX] = '\0';
	CU_ASSERT_EQUAL(
	    unix_socket_listen(longest, 16, UNIX_SOCKET_TAKE_OVER, &s, &err), ES_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "shorter"));
	remove_folder();
}

static CU_TestInfo cases[] = {
    {"a socket has mode 0660; a stale one is replaced",
	a_socket_has_mode_0660_a_stale_one_is_replaced},
    {"a process with a full backlog keeps its path",
	a_process_with_a_full_backlog_keeps_its_path},
    {"a path that cannot be a socket is refused",
	a_path_that_cannot_be_a_socket_is_refused},
    {"the path of another socket stays", the_path_of_another_socket_stays},
    {"a take-over leaves no moment without a listener",
	a_take_over_leaves_no_moment_without_a_listener},
    {"takes over neither another file nor a path too long",
	takes_over_neither_another_file_nor_a_path_too_long},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("core/unix_socket", cases)
