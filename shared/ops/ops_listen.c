#include "ops/ops_listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/cidr_list.h"
#include "core/parse.h"
#include "ops/ops.h"

#include "core/banned.h"

#define BACKLOG 64

static enum es_code
ops_listen_refuse(struct es_err *err, const char *why)
{
	return es_fail(err, ES_INVALID, "listen address: %s", why);
}

enum es_code
ops_listen_parse(const char *text, struct ops_listen *out, struct es_err *err)
{
	struct ops_listen l = {.is_unix = strncmp(text, "unix:", 5) == 0};
	const char *address = l.is_unix ? text + 5 : text, *port = strrchr(text, ':');
	size_t len = strlen(address);
	int64_t number = 0;

	if (l.is_unix) {
		if (*address != '/' || len > UNIX_SOCKET_PATH_MAX)
			return ops_listen_refuse(
			    err, "needs an absolute path of at most 107 bytes");
	} else {
		if (port == NULL || !parse_int(port + 1, 1, 65535, &number))
			return ops_listen_refuse(err, "needs unix:/path or host:port");
		len = (size_t)(port - address);
		if (len >= 2 && address[0] == '[' && address[len - 1] == ']') {
			address++;
			len -= 2;
		}
		if (len >= sizeof(l.address))
			return ops_listen_refuse(err, "the host is too long");
	}
	memcpy(l.address, address, len);
	l.port = (int)number;
	*out = l;
	return ES_OK;
}

static enum es_code
ops_listen_in_use(const struct ops_listen *l, const char *why, struct es_err *err)
{
	return es_fail(err, ES_CONFLICT, "listen address %s: %s", l->address, why);
}

static int
ops_listen_new_socket(int family)
{
	return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Returns the socket, or -1 and errno. */
static int
ops_listen_bind_and_listen(const struct addrinfo *ai, bool reuse_port)
{
	const int fd = ops_listen_new_socket(ai->ai_family), on = 1;
	int why;

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (!reuse_port ||
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0) &&
	    bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	why = errno;
	if (fd >= 0)
		(void)close(fd);
	errno = why;
	return -1;
}

/* All listeners have SO_REUSEPORT, so that a successor can take over. A start without a
 * take-over first binds without it, which fails when another process has the port. */
static int
ops_listen_open_address(const struct addrinfo *ai, enum unix_socket_how how)
{
	if (how == UNIX_SOCKET_EXCLUSIVE) {
		const int probe = ops_listen_bind_and_listen(ai, false);

		if (probe < 0)
			return -1;
		(void)close(probe);
	}
	return ops_listen_bind_and_listen(ai, true);
}

static enum es_code
ops_listen_open_tcp(
    const struct ops_listen *l, enum unix_socket_how how, int *out, struct es_err *err)
{
	const struct addrinfo hints = {
	    .ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
	const char *host = l->address[0] != '\0' ? l->address : NULL;
	struct addrinfo *found;
	char port[8];
	int fd;

	(void)snprintf(port, sizeof(port), "%d", l->port);
	if (getaddrinfo(host, port, &hints, &found) != 0)
		return es_fail(
		    err, ES_INVALID, "listen address %s: unknown host", l->address);
	fd = ops_listen_open_address(found, how);
	if (fd >= 0)
		*out = fd;
	else
		(void)ops_listen_in_use(l, strerror(errno), err);
	freeaddrinfo(found);
	return fd >= 0 ? ES_OK : err->code;
}

enum es_code
ops_listen_open(const struct ops_listen *l, enum unix_socket_how how,
    struct unix_socket *out, struct es_err *err)
{
	if (l->is_unix)
		return unix_socket_listen(l->address, BACKLOG, how, out, err);
	*out = (struct unix_socket){.path = ""};
	return ops_listen_open_tcp(l, how, &out->fd, err);
}

enum es_code
ops_from_check(const char *from, struct arena *a, struct es_err *err)
{
	struct cidr_list networks;

	(void)a;
	return cidr_list_parse(from, &networks, err);
}

enum es_code
ops_listen_check(const char *listen, struct arena *a, struct es_err *err)
{
	struct ops_listen l;

	(void)a;
	return ops_listen_parse(listen, &l, err);
}
