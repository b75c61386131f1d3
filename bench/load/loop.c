/* The loop of the generator: time, epoll, sockets. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

#define SLICE 512
/* Source addresses. Each has 28,000 ports in the usual ip_local_port_range. */
#define ADDRESSES 16

int64_t
load_now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void
load_die(const char *what)
{
	(void)fprintf(stderr, "bench_load: %s\n", what);
	exit(2);
}

void
load_accepted(struct load *l, unsigned channel, int64_t at_us)
{
	if (channel >= l->n_channels)
		load_die("the server accepted a message to an unknown channel");
	l->accepted[channel]++;
	l->results.acked++;
	if (at_us >= l->count_from_us)
		histogram_add(&l->results.ack, load_now_us() - at_us);
}

uint32_t
load_random(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32);
}

static void
loop_control(struct load *l, int op, struct watched *w, unsigned events)
{
	struct epoll_event ev = {.events = events, .data.ptr = w};

	if (epoll_ctl(l->epoll, op, w->fd, &ev) != 0) {
		perror("epoll_ctl");
		exit(2);
	}
}

void
load_watch(struct load *l, struct watched *w, unsigned events)
{
	loop_control(l, EPOLL_CTL_ADD, w, events);
}

void
load_rewatch(struct load *l, struct watched *w, unsigned events)
{
	loop_control(l, EPOLL_CTL_MOD, w, events);
}

/* epoll_wait() counts in milliseconds, which is too coarse for a schedule, so a timer
 * wakes it. */
static void
loop_wake(struct load *l, int64_t at_us)
{
	const struct itimerspec at = {
	    .it_value = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000}};

	if (timerfd_settime(l->timer.fd, TFD_TIMER_ABSTIME, &at, NULL) != 0)
		load_die("timerfd_settime failed");
}

void
load_turn(struct load *l, int64_t until_us)
{
	struct epoll_event events[SLICE];
	const bool waits = load_now_us() < until_us;
	int n;

	if (waits)
		loop_wake(l, until_us);
	n = epoll_wait(l->epoll, events, SLICE, waits ? -1 : 0);
	for (int i = 0; i < n; i++) {
		struct watched *w = events[i].data.ptr;

		if (w->fd >= 0)
			w->ready(l, w, events[i].events);
	}
}

int
load_connect(uint16_t port, unsigned index)
{
	const struct linger rst = {1, 0};
	const int on = 1;
	const struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const struct sockaddr_in from = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + index % ADDRESSES)};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
	    /* close by RST, so that sockets of the generator leave no TIME_WAIT */
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &rst, sizeof(rst)) != 0 ||
	    bind(fd, (const struct sockaddr *)&from, sizeof(from)) != 0) {
		perror("bench_load: socket");
		exit(2);
	}
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0 &&
	    errno != EINPROGRESS) {
		(void)close(fd);
		return -1;
	}
	return fd;
}
