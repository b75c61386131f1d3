#include "core/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/banned.h"

/* Locks the folder of path, so that no other process of ours changes the path after we
 * have checked it and before we change it. Returns -1 when the folder can't be opened or
 * locked; then two programs that start or end in the same millisecond could disturb each
 * other. */
static int
unix_socket_lock(const char *path)
{
	char folder[UNIX_SOCKET_PATH_MAX + 1];
	const char *slash = strrchr(path, '/');
	int fd;

	(void)snprintf(folder, sizeof(folder), "%.*s",
	    slash == NULL   ? 1
	    : slash == path ? 1
			    : (int)(slash - path),
	    slash == NULL ? "." : path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static void
unix_socket_unlock(int lock)
{
	if (lock >= 0)
		(void)close(lock);
}

static int
unix_socket_new(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static struct sockaddr_un
unix_socket_name(const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	memcpy(name.sun_path, path, strnlen(path, UNIX_SOCKET_PATH_MAX));
	return name;
}

/* True when a process listens at path. EAGAIN also means true: the backlog of that
 * process is full. */
static bool
unix_socket_answers(const char *path)
{
	const struct sockaddr_un name = unix_socket_name(path);
	const int fd = unix_socket_new();
	bool yes;

	if (fd < 0)
		return true;
	yes = connect(fd, (const struct sockaddr *)&name, sizeof(name)) == 0 ||
	      errno == EAGAIN;
	(void)close(fd);
	return yes;
}

static enum es_code
unix_socket_clear(const char *path, enum unix_socket_how how, struct es_err *err)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return ES_OK; /* bind() reports any other fault of the path */
	if (!S_ISSOCK(st.st_mode))
		return es_fail(
		    err, ES_CONFLICT, "%s: the file there is not a socket", path);
	if (how == UNIX_SOCKET_TAKE_OVER)
		return ES_OK;
	if (unix_socket_answers(path))
		return es_fail(err, ES_CONFLICT,
		    "%s: another process listens there already (see --take-over)", path);
	if (unlink(path) != 0)
		return es_fail(err, ES_INTERNAL, "%s: %s", path, strerror(errno));
	return ES_OK;
}

static int
unix_socket_bind(int fd, const char *path)
{
	const struct sockaddr_un name = unix_socket_name(path);
	const mode_t mask = umask(0117);
	const int rc = bind(fd, (const struct sockaddr *)&name, sizeof(name));
	const int why = errno;

	(void)umask(mask);
	errno = why;
	return rc;
}

/* Listens at `at`, which is path, or which the caller renames to path. */
static enum es_code
unix_socket_open(const char *at, const char *path, int backlog, struct unix_socket *out,
    struct es_err *err)
{
	struct unix_socket s = {.fd = unix_socket_new()};
	struct stat st;
	int why;

	if (s.fd >= 0 && unix_socket_bind(s.fd, at) == 0 && listen(s.fd, backlog) == 0 &&
	    lstat(at, &st) == 0 && (at == path || rename(at, path) == 0)) {
		s.dev = st.st_dev;
		s.ino = st.st_ino;
		memcpy(s.path, path, strlen(path));
		*out = s;
		return ES_OK;
	}
	why = errno;
	if (s.fd >= 0)
		(void)close(s.fd);
	return es_fail(err, ES_INTERNAL, "%s: %s", at, strerror(why));
}

static enum es_code
unix_socket_open_beside(
    const char *path, int backlog, struct unix_socket *out, struct es_err *err)
{
	char beside[UNIX_SOCKET_PATH_MAX + 1];
	const int n = snprintf(beside, sizeof(beside), "%s.%ld", path, (long)getpid());
	enum es_code rc;

	if (n < 0 || (size_t)n >= sizeof(beside))
		return es_fail(err, ES_INVALID,
		    "%s: a take-over needs a path that is %zu bytes shorter", path,
		    (size_t)n - UNIX_SOCKET_PATH_MAX);
	(void)unlink(beside); /* left by a killed process with our pid */
	rc = unix_socket_open(beside, path, backlog, out, err);
	if (rc != ES_OK)
		(void)unlink(beside);
	return rc;
}

enum es_code
unix_socket_listen(const char *path, int backlog, enum unix_socket_how how,
    struct unix_socket *out, struct es_err *err)
{
	enum es_code rc;
	int lock;

	if (*path == '\0' || strlen(path) > UNIX_SOCKET_PATH_MAX)
		return es_fail(err, ES_INVALID, "%s: a socket's path has 1 to %zu bytes",
		    path, UNIX_SOCKET_PATH_MAX);
	lock = unix_socket_lock(path);
	rc = unix_socket_clear(path, how, err);
	if (rc == ES_OK)
		rc = how == UNIX_SOCKET_TAKE_OVER
		         ? unix_socket_open_beside(path, backlog, out, err)
		         : unix_socket_open(path, path, backlog, out, err);
	unix_socket_unlock(lock);
	return rc;
}

void
unix_socket_remove(const struct unix_socket *s)
{
	struct stat st;
	int lock;

	if (s->path[0] == '\0')
		return;
	lock = unix_socket_lock(s->path);
	if (lstat(s->path, &st) == 0 && st.st_dev == s->dev && st.st_ino == s->ino)
		(void)unlink(s->path);
	unix_socket_unlock(lock);
}
