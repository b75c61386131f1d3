/* bench_load FILE PUSH_PORT REST_PORT: reads the clients of FILE (a line for each: token
 * and channels; the senders come first and have no channels; last come lines with "+" and
 * a channel that nobody subscribes to), takes commands from standard input, and answers
 * each by one line of JSON:
 *
 *   connect COUNT AT_ONCE MS
 *   cut
 *   send RATE MS WARM_MS SIZE [POSTS [GRACE_MS]]
 *   rest CONNECTIONS MS WARM_MS METHOD PATH [PREFER]
 *   wait MS     only reads, answers pings and counts */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "client.h"
#include "commands.h"

/* The machines of this project limit a process to 20,000 descriptors. */
#define FILES_MAX 18400
#define IDLE_US   50000

static struct load load;

static unsigned
load_new_channel(struct load *l, const char *id)
{
	l->channels = realloc(l->channels, (l->n_channels + 1) * sizeof(*l->channels));
	if (l->channels == NULL)
		load_die("out of memory");
	(void)snprintf(l->channels[l->n_channels], sizeof(*l->channels), "%s", id);
	return l->n_channels++;
}

static unsigned
load_channel(struct load *l, const char *id)
{
	/* In the file, clients of a channel are near each other, or repeat the order of
	 * the channels. */
	static unsigned last;

	for (unsigned i = 0; i < l->n_channels; i++) {
		const unsigned k = (last + i) % l->n_channels;

		if (strcmp(l->channels[k], id) == 0)
			return last = k;
	}
	l->n_subscribed = load_new_channel(l, id) + 1;
	return l->n_subscribed - 1;
}

static void
load_client(struct load *l, char *line)
{
	char *word, *rest = line;
	struct client *c;

	l->clients = realloc(l->clients, (l->n_clients + 1) * sizeof(*l->clients));
	if (l->clients == NULL)
		load_die("out of memory");
	c = &l->clients[l->n_clients];
	memset(c, 0, sizeof(*c));
	c->index = l->n_clients++;
	c->socket.fd = -1;
	c->token = strdup(strsep(&rest, " "));
	while ((word = strsep(&rest, " ")) != NULL && c->n_own < CLIENT_OWN_MAX)
		c->own[c->n_own++] =
		    (struct own){.channel = load_channel(l, word), .seen.last = -1};
	if (c->n_own == 0 && l->n_senders == c->index)
		l->n_senders++;
}

static void
load_clients(struct load *l, const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (f == NULL)
		load_die("cannot read the file of clients");
	while (getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "+ ", 2) == 0)
			(void)load_new_channel(l, line + 2);
		else
			load_client(l, line);
	}
	free(line);
	(void)fclose(f);
	l->heads = calloc(l->n_channels + 1, sizeof(*l->heads));
	l->accepted = calloc(l->n_channels + 1, sizeof(*l->accepted));
	if (l->heads == NULL || l->accepted == NULL)
		load_die("out of memory");
}

static void
load_wait(struct load *l, int64_t ms)
{
	const int64_t until_us = load_now_us() + ms * 1000;

	memset(&l->results, 0, sizeof(l->results));
	while (load_now_us() < until_us)
		load_turn(l, until_us);
	printf("{\"ready\":%u,", l->n_ready);
	report_results(l);
	printf("}\n");
}

static void
load_command(struct load *l, const char *line)
{
	if (strncmp(line, "connect ", 8) == 0)
		connect_command(l, line + 8);
	else if (strcmp(line, "cut") == 0)
		connect_cut(l);
	else if (strncmp(line, "send ", 5) == 0)
		send_command(l, line + 5);
	else if (strncmp(line, "rest ", 5) == 0)
		rest_command(l, line + 5);
	else if (strncmp(line, "wait ", 5) == 0)
		load_wait(l, strtol(line + 5, NULL, 10));
	else
		load_die("unknown command");
	(void)fflush(stdout);
}

/* The timer only wakes epoll_wait(). */
static void
load_timer(struct load *l, struct watched *w, unsigned events)
{
	uint64_t n;

	(void)l;
	(void)events;
	if (read(w->fd, &n, sizeof(n)) != (ssize_t)sizeof(n))
		return;
}

static void
load_start(struct load *l)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max < FILES_MAX ? files.rlim_max : FILES_MAX;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->timer.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (l->epoll < 0 || l->timer.fd < 0)
		load_die("epoll or timerfd failed");
	l->timer.ready = load_timer;
	load_watch(l, &l->timer, EPOLLIN);
	(void)setvbuf(stdin, NULL, _IONBF, 0);
}

int
main(int argc, char **argv)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	char line[1024];

	if (argc != 4) {
		(void)fprintf(stderr, "usage: bench_load FILE PUSH_PORT REST_PORT\n");
		return 2;
	}
	load_clients(&load, argv[1]);
	load.push_port = (uint16_t)strtoul(argv[2], NULL, 10);
	load.rest_port = (uint16_t)strtoul(argv[3], NULL, 10);
	load_start(&load);
	/* Between commands the clients still answer pings. */
	for (;;) {
		load_turn(&load, load_now_us() + IDLE_US);
		if (poll(&in, 1, 0) != 1)
			continue;
		if (fgets(line, sizeof(line), stdin) == NULL)
			return 0;
		line[strcspn(line, "\n")] = '\0';
		load_command(&load, line);
	}
}
