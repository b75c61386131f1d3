/* bench_floor PORT plain|gather|faulty: serves 127.0.0.1:PORT until it is killed. */
#include "floor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define SLICE     512
#define BACKLOG   4096
#define FILES_MAX 18400 /* descriptors; see bench/load/load.c */

void
floor_die(const char *what)
{
	perror(what);
	exit(2);
}

static int
floor_listen(uint16_t port)
{
	const int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	const struct sockaddr_in at = {.sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(fd, BACKLOG) != 0)
		floor_die("bench_floor: listen");
	return fd;
}

int
main(int argc, char **argv)
{
	struct floor f = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
	struct epoll_event events[SLICE], ev = {.events = EPOLLIN};
	struct rlimit files;
	int listener;

	f.gather = argc == 3 && strcmp(argv[2], "gather") == 0;
	f.faulty = argc == 3 && strcmp(argv[2], "faulty") == 0;
	if (argc != 3 || (!f.gather && !f.faulty && strcmp(argv[2], "plain") != 0)) {
		(void)fprintf(stderr, "usage: bench_floor PORT plain|gather|faulty\n");
		return 2;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max < FILES_MAX ? files.rlim_max : FILES_MAX;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	listener = floor_listen((uint16_t)strtoul(argv[1], NULL, 10));
	if (epoll_ctl(f.epoll, EPOLL_CTL_ADD, listener, &ev) != 0)
		floor_die("bench_floor: epoll_ctl");
	for (;;) {
		const int n = epoll_wait(f.epoll, events, SLICE, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == NULL)
				floor_conn_accept(&f, listener);
			else
				floor_conn_ready(
				    &f, events[i].data.ptr, events[i].events);
		}
		floor_conn_flush_all(&f);
	}
}
