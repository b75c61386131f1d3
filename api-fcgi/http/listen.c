#include "http/listen.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/banned.h"

#define BACKLOG 1024

/* Does a process listen there? Only then is the path taken. */
static bool
answered(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes;

	if (fd < 0)
		return true;
	yes = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0;
	(void)close(fd);
	return yes;
}

static int
bind_private(int fd, const struct sockaddr_un *addr)
{
	mode_t old = umask(0117);
	int rc = bind(fd, (const struct sockaddr *)addr, sizeof(*addr));
	int saved = errno;

	(void)umask(old);
	errno = saved;
	return rc;
}

enum es_code
listen_unix(const char *path, int *out, struct es_err *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct stat st;
	int fd, saved;

	if (strlen(path) >= sizeof(addr.sun_path))
		return es_fail(
		    err, ES_INVALID, "%s: longer than a socket path may be", path);
	memcpy(addr.sun_path, path, strlen(path));
	if (lstat(path, &st) == 0) {
		if (!S_ISSOCK(st.st_mode))
			return es_fail(
			    err, ES_CONFLICT, "%s: exists and is no socket", path);
		if (answered(&addr))
			return es_fail(err, ES_CONFLICT, "%s: already served", path);
		(void)unlink(path);
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return es_fail(err, ES_INTERNAL, "socket: %s", strerror(errno));
	if (bind_private(fd, &addr) == 0 && listen(fd, BACKLOG) == 0) {
		*out = fd;
		return ES_OK;
	}
	saved = errno;
	(void)close(fd);
	return es_fail(err, ES_INTERNAL, "%s: %s", path, strerror(saved));
}

/* The path goes while the socket still answers. After the shutdown a successor may take
 * the path, and an unlink would remove the successor's socket. */
void
listen_stop(const char *path, int fd)
{
	(void)unlink(path);
	(void)shutdown(fd, SHUT_RD);
}

bool
listen_stopped(int fd)
{
	struct pollfd one = {.fd = fd, .events = POLLRDHUP};

	return poll(&one, 1, 0) == 1 && (one.revents & POLLRDHUP) != 0;
}
