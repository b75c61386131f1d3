#include "door/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/check.h"
#include "core/parse.h"
#include "core/unix_socket.h"
#include "env/push_conf.h"

#include "core/banned.h"

#define SOCKET (SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC)

static enum es_code
listen_fail(struct es_err *err, const char *address, const char *what)
{
	return es_fail_field(err, ES_INVALID, "ES_PUSH_LISTEN", "%s: %s", address, what);
}

/* push-server does not remove the path when it exits; its next start replaces the stale
 * file. */
static enum es_code
listen_open_unix(
    const char *path, int backlog, enum unix_socket_how how, int *out, struct es_err *err)
{
	struct unix_socket s;
	struct es_err why;

	if (unix_socket_listen(path, backlog, how, &s, &why) != ES_OK)
		return es_fail_field(err, ES_INVALID, "ES_PUSH_LISTEN", "%s", why.text);
	*out = s.fd;
	return ES_OK;
}

static int
listen_open_tcp_one(const struct addrinfo *ai, int backlog, bool reuse_port)
{
	const int on = 1;
	const int fd = socket(ai->ai_family, SOCKET, ai->ai_protocol);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (ai->ai_family != AF_INET6 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0) &&
	    (!reuse_port ||
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0) &&
	    bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, backlog) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/* Without a take-over, first bind without SO_REUSEPORT, which fails when another server
 * has the port. If it bound with SO_REUSEPORT only, both servers would listen, and each
 * would get a part of the clients. */
static int
listen_open_tcp_all(const struct addrinfo *ai, unsigned workers, int backlog,
    enum unix_socket_how how, int fds[])
{
	if (how == UNIX_SOCKET_EXCLUSIVE) {
		const int probe = listen_open_tcp_one(ai, backlog, false);

		if (probe < 0)
			return -1;
		(void)close(probe);
	}
	for (unsigned i = 0; i < workers; i++) {
		fds[i] = listen_open_tcp_one(ai, backlog, true);
		if (fds[i] < 0)
			return -1;
	}
	return 0;
}

static enum es_code
listen_open_tcp(char *address, unsigned workers, int backlog, enum unix_socket_how how,
    int fds[], struct es_err *err)
{
	const struct addrinfo hints = {
	    .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	char whole[128], *colon, *host = address;
	struct addrinfo *ai;
	int64_t port;
	int rc;

	(void)snprintf(whole, sizeof(whole), "%s", address);
	colon = strrchr(address, ':');
	if (colon == NULL || !parse_int(colon + 1, 0, 65535, &port))
		return listen_fail(err, whole, "host:port or unix:/path");
	*colon = '\0';
	if (host[0] == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		host++;
	}
	rc = getaddrinfo(*host != '\0' ? host : NULL, colon + 1, &hints, &ai);
	if (rc != 0)
		return listen_fail(err, whole, gai_strerror(rc));
	rc = listen_open_tcp_all(ai, workers, backlog, how, fds);
	freeaddrinfo(ai);
	return rc == 0 ? ES_OK : listen_fail(err, whole, strerror(errno));
}

/* Reads the kind of an address and cuts PUSH_LISTEN_PROXY off the address. */
static struct push_listen_kind
listen_kind(char *address)
{
	const size_t len = strlen(address), suffix = strlen(PUSH_LISTEN_PROXY);
	struct push_listen_kind kind = {.is_unix = strncmp(address, "unix:", 5) == 0};

	kind.proxy =
	    len > suffix && strcmp(address + len - suffix, PUSH_LISTEN_PROXY) == 0;
	if (kind.proxy)
		address[len - suffix] = '\0';
	return kind;
}

/* Opens the unix sockets (is_unix) or the TCP sockets of all addresses. */
static enum es_code
listen_open_some(char *const addresses[], bool is_unix, int backlog,
    enum unix_socket_how how, struct push_listen *out, struct es_err *err)
{
	for (unsigned i = 0; i < out->n; i++) {
		int *const fds = out->at[i].fds;

		if (out->at[i].kind.is_unix != is_unix)
			continue;
		if (is_unix)
			TRY(listen_open_unix(
			    addresses[i] + 5, backlog, how, &fds[0], err));
		else
			TRY(listen_open_tcp(
			    addresses[i], out->workers, backlog, how, fds, err));
		if (!is_unix)
			tcp_successor_record_known(fds[0], &out->at[i].known);
	}
	return ES_OK;
}

enum es_code
push_listen_open(const char *addresses, unsigned workers, int backlog,
    enum unix_socket_how how, struct push_listen *out, struct es_err *err)
{
	char *copy = mem_strdup(addresses), *rest = copy, *address;
	char *each[PUSH_LISTEN_MAX];
	enum es_code rc = ES_OK;

	CHECK(workers <= PUSH_WORKERS_MAX);
	*out = (struct push_listen){.workers = workers};
	for (unsigned i = 0; i < PUSH_LISTEN_MAX; i++)
		for (unsigned k = 0; k < PUSH_WORKERS_MAX; k++)
			out->at[i].fds[k] = -1;
	while (rc == ES_OK && (address = strsep(&rest, ",")) != NULL) {
		if (out->n == PUSH_LISTEN_MAX) {
			rc = listen_fail(err, address, "too many addresses");
			break;
		}
		out->at[out->n].kind = listen_kind(address);
		each[out->n++] = address;
	}
	/* Bind the ports first: once the program has taken over a unix path, it can't
	 * give the path back. */
	if (rc == ES_OK)
		rc = listen_open_some(each, false, backlog, how, out, err);
	if (rc == ES_OK)
		rc = listen_open_some(each, true, backlog, how, out, err);
	mem_free(copy);
	if (rc != ES_OK)
		push_listen_close(out);
	return rc;
}

void
push_listen_close(struct push_listen *l)
{
	for (unsigned i = 0; i < l->n; i++)
		for (unsigned k = 0; k < PUSH_WORKERS_MAX; k++)
			if (l->at[i].fds[k] >= 0)
				(void)close(l->at[i].fds[k]);
	l->n = 0;
}

void
push_listen_keep(struct push_listen *l, unsigned worker)
{
	for (unsigned i = 0; i < l->n; i++)
		for (unsigned k = 0; k < PUSH_WORKERS_MAX; k++)
			if (!l->at[i].kind.is_unix && k != worker &&
			    l->at[i].fds[k] >= 0) {
				(void)close(l->at[i].fds[k]);
				l->at[i].fds[k] = -1;
			}
}

int
push_listen_fd(const struct push_listen *l, unsigned i, unsigned worker)
{
	return l->at[i].kind.is_unix ? l->at[i].fds[0] : l->at[i].fds[worker];
}
