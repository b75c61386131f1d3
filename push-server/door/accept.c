#include "door/accept.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/check.h"
#include "door/handshake.h"
#include "env/loop_env.h"

#include "core/banned.h"

#define PAUSE_S 0.2 /* pause of all accepts when the process has no descriptor left */

struct listener {
	ev_io io;
	struct accept *accept;
	struct push_listen_kind kind;
	bool wanted;      /* this worker accepts from the socket */
	bool handed_over; /* a successor has the address; never accept again */
	struct tcp_successor_known
	    known; /* TCP: the sockets at the address when it was opened */
};

struct accept {
	struct loop_env *env;
	struct handshake *handshake;
	struct listener listeners[PUSH_LISTEN_MAX];
	unsigned n;
	pid_t master;
	ev_timer pause; /* while it is active, the loop watches no listening socket */
};

static void
accept_set_int(int fd, int level, int name, int value)
{
	/* Ignore a failure: these options only make the socket faster. */
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

/* Do not set TCP_USER_TIMEOUT: the kernel counts it from the last segment that fitted
 * whole into the peer's window, and would reset a slow reader that acknowledges bytes all
 * the time. ping_wheel.c and conn_stalled.c find a peer that has vanished. */
static void
accept_tune(const struct loop_env *env, int fd, bool is_unix)
{
	accept_set_int(fd, SOL_SOCKET, SO_SNDBUF, (int)env->conf->sndbuf_bytes);
	if (is_unix)
		return;
	accept_set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	accept_set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

static void
accept_peer_name(const struct sockaddr_storage *sa, char *out, socklen_t size)
{
	const void *address = NULL;

	if (sa->ss_family == AF_INET)
		address = &((const struct sockaddr_in *)(const void *)sa)->sin_addr;
	else if (sa->ss_family == AF_INET6)
		address = &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;
	if (address == NULL || inet_ntop(sa->ss_family, address, out, size) == NULL)
		(void)snprintf(out, size, "unix");
}

/* Watches the wanted sockets, or none during a pause. */
static void
accept_watch(struct accept *a)
{
	for (unsigned i = 0; i < a->n; i++) {
		struct listener *l = &a->listeners[i];

		if (l->wanted && !ev_is_active(&a->pause))
			ev_io_start(a->env->loop, &l->io);
		else
			ev_io_stop(a->env->loop, &l->io);
	}
}

static void
accept_on_pause_over(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct accept *a = ES_CONTAINER(timer, struct accept, pause);

	(void)loop, (void)events;
	accept_watch(a); /* the timer has expired, so it is not active */
}

/* Accepts one client. Returns false when accept4() failed, e.g. because no client waits.
 */
static bool
accept_one(struct listener *l)
{
	struct loop_env *env = l->accept->env;
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);
	char peer[48];
	const int fd =
	    accept4(l->io.fd, (struct sockaddr *)&sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return false;
	accept_tune(env, fd, l->kind.is_unix);
	accept_peer_name(&sa, peer, sizeof(peer));
	handshake_take(l->accept->handshake, fd, l->kind, peer);
	return true;
}

static void
accept_on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct listener *l = ES_CONTAINER(io, struct listener, io);
	struct loop_env *env = l->accept->env;

	(void)events;
	env->now_ms = clock_mono_ms();
	for (int64_t i = 0; i < env->conf->accepts; i++) {
		if (accept_one(l))
			continue;
		if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS &&
		    errno != ENOMEM)
			return;
		log_warn("can't accept a client", LOG_STR("error", strerror(errno)));
		ev_timer_set(&l->accept->pause, PAUSE_S, 0.);
		ev_timer_start(loop, &l->accept->pause);
		accept_watch(l->accept);
		return;
	}
}

/* Returns false when an earlier worker of this slot has handed the address over to a
 * successor. */
static bool
accept_is_listening(int fd)
{
	int yes = 0;
	socklen_t len = sizeof(yes);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &len) == 0 && yes != 0;
}

struct accept *
accept_new(struct loop_env *env, struct handshake *handshake,
    const struct push_listen *listen, unsigned index)
{
	struct accept *a = mem_new(1, sizeof(*a));

	a->env = env;
	a->handshake = handshake;
	a->n = listen->n;
	a->master = getppid();
	ev_timer_init(&a->pause, accept_on_pause_over, PAUSE_S, 0.);
	for (unsigned i = 0; i < a->n; i++) {
		struct listener *l = &a->listeners[i];

		l->accept = a;
		l->kind = listen->at[i].kind;
		l->known = listen->at[i].known;
		l->handed_over = !accept_is_listening(push_listen_fd(listen, i, index));
		l->wanted = !l->handed_over;
		ev_io_init(&l->io, accept_on_readable, push_listen_fd(listen, i, index),
		    EV_READ);
	}
	metrics_gauge_set(env->metrics, PM_ACCEPTING, 1);
	accept_watch(a);
	return a;
}

/* Answers 503 to every client in the backlog. Otherwise the kernel would reset their
 * connections when the socket is closed. */
static void
accept_refuse_waiting(const struct accept *a, const struct listener *l)
{
	int fd;

	do {
		fd = accept4(l->io.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			handshake_refuse_unread(a->handshake, fd);
	} while (fd >= 0 || errno == ECONNABORTED || errno == EINTR);
}

static void
accept_close(struct accept *a, bool refuse_waiting)
{
	ev_timer_stop(a->env->loop, &a->pause);
	for (unsigned i = 0; i < a->n; i++) {
		struct listener *l = &a->listeners[i];

		ev_io_stop(a->env->loop, &l->io);
		if (refuse_waiting)
			accept_refuse_waiting(a, l);
		(void)close(l->io.fd);
	}
	a->n = 0;
}

/* Returns true when no worker accepts new clients any more. */
static bool
accept_all_drain(const struct accept *a)
{
	return metrics_sum(a->env->metrics, PM_ACCEPTING) == 0;
}

/* Accepts the clients in the backlog, then stops the listening socket by shutdown().
 * close() would not stop it, because the master holds a copy of the descriptor. */
static void
accept_hand_over(struct listener *l)
{
	l->handed_over = true;
	l->wanted = false;
	ev_io_stop(l->accept->env->loop, &l->io);
	while (accept_one(l) || errno == ECONNABORTED || errno == EINTR)
		continue;
	(void)shutdown(l->io.fd, SHUT_RD);
	log_info("left a TCP address to a successor",
	    LOG_INT("address", l - l->accept->listeners));
}

void
accept_check_successor(struct accept *a)
{
	for (unsigned i = 0; i < a->n; i++) {
		struct listener *l = &a->listeners[i];

		if (!l->kind.is_unix && !l->handed_over &&
		    tcp_successor_listens(l->io.fd, &l->known))
			accept_hand_over(l);
	}
}

void
accept_drain(struct accept *a)
{
	accept_check_successor(a);
	metrics_gauge_set(a->env->metrics, PM_ACCEPTING, 0);
	if (getppid() != a->master) {
		accept_close(a, true);
		return;
	}
	for (unsigned i = 0; i < a->n; i++)
		a->listeners[i].wanted =
		    !a->listeners[i].handed_over &&
		    (!a->listeners[i].kind.is_unix || accept_all_drain(a));
	accept_watch(a);
}

void
accept_free(struct accept **a)
{
	if (*a == NULL)
		return;
	metrics_gauge_set((*a)->env->metrics, PM_ACCEPTING, 0);
	accept_close(*a, accept_all_drain(*a));
	mem_free(*a);
	*a = NULL;
}
