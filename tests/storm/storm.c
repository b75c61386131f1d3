/* storm FILE PORT [PORT]: runs the clients of FILE against the servers at these ports of
 * 127.0.0.1. FILE has a line for each client: its token and its channels. storm reads
 * commands from standard input, and answers each by one line:
 *
 *   connect     connects all clients, a few at a time; answers when all are subscribed
 *   begin       resets the counts; call it before the clients are cut
 *   cut         cuts all clients by RST
 *   no_backoff  lets clients reconnect at once, against the server's advice
 *   react ID MS lets each client react to message ID of its first channel, at a random
 *               time of the next MS ms; answers when all are acked, or after 60 s
 *   pass MS     receives for MS ms
 *   wait MS     waits until all clients have resumed and are at the head, at most MS ms
 *   report      prints the counts since the last begin */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "storm.h"

#define TICK_MS           5
#define AT_ONCE           200 /* maximum number of clients that connect at the same time */
#define SLICE             512
#define REACT_PATIENCE_MS 60000

static struct storm storm;
static int64_t begin_ms;

int64_t
storm_now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
storm_random(int64_t below)
{
	return random() % (below > 0 ? below : 1);
}

static unsigned
channel_index(struct storm *s, const char *id)
{
	for (unsigned i = 0; i < s->n_channels; i++)
		if (strcmp(s->channels[i], id) == 0)
			return i;
	s->channels = realloc(s->channels, (s->n_channels + 1) * sizeof(*s->channels));
	(void)snprintf(s->channels[s->n_channels], sizeof(*s->channels), "%s", id);
	return s->n_channels++;
}

static void
add_client(struct storm *s, char *line)
{
	struct client *c;
	char *word, *rest = line;

	s->clients = realloc(s->clients, (s->n + 1) * sizeof(*s->clients));
	c = &s->clients[s->n];
	memset(c, 0, sizeof(*c));
	c->index = s->n++;
	c->fd = -1;
	c->due_ms = INT64_MAX; /* connects only at the command */
	c->token = strdup(strsep(&rest, " "));
	while ((word = strsep(&rest, " ")) != NULL && c->n_own < OWN_MAX)
		c->own[c->n_own++] =
		    (struct cursor){.channel = channel_index(s, word), .last = -1};
}

static void
read_clients(struct storm *s, const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (f == NULL) {
		perror(path);
		exit(2);
	}
	while (getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		add_client(s, line);
	}
	free(line);
	(void)fclose(f);
}

static void
turn(struct storm *s)
{
	static int64_t ticked_ms;
	struct epoll_event events[SLICE];
	const int n = epoll_wait(s->epoll, events, SLICE, TICK_MS);

	s->now_ms = storm_now_ms();
	for (int i = 0; i < n; i++)
		client_event(s, events[i].data.ptr, events[i].events);
	if (s->now_ms - ticked_ms < TICK_MS)
		return;
	ticked_ms = s->now_ms;
	for (unsigned i = 0; i < s->n; i++)
		client_tick(s, &s->clients[i]);
}

static unsigned
count_back(const struct storm *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n; i++)
		n += s->clients[i].phase == RESUMED;
	return n;
}

static void
connect_all(struct storm *s)
{
	unsigned next = 0;

	while (next < s->n || count_back(s) < s->n) {
		for (; next < s->n && s->under_way < AT_ONCE; next++) {
			s->clients[next].server = 0;
			client_connect(s, &s->clients[next]);
		}
		turn(s);
	}
}

static void
react(struct storm *s, const char *words)
{
	char *rest;
	const int64_t id = strtoll(words, &rest, 10);
	const int64_t ms = strtoll(rest, NULL, 10);
	const int64_t end_ms = storm_now_ms() + REACT_PATIENCE_MS;

	s->react_to = id;
	s->now_ms = storm_now_ms();
	for (unsigned i = 0; i < s->n; i++)
		s->clients[i].react_ms = s->now_ms + storm_random(ms) + 1;
	while (s->counts.reacted < s->n && storm_now_ms() < end_ms)
		turn(s);
}

static void
begin(struct storm *s)
{
	free(s->counts.delays_ms);
	memset(&s->counts, 0, sizeof(s->counts));
	for (unsigned i = 0; i < s->n; i++) {
		s->clients[i].was_cut = false;
		s->clients[i].tried_ms = s->clients[i].back_ms = 0;
	}
	s->now_ms = begin_ms = storm_now_ms();
}

static void
cut(struct storm *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->clients[i].fd >= 0)
			client_cut(s, &s->clients[i]);
}

/* Returns true when every client was cut, has resumed, and has received the newest event
 * of each of its channels. */
static bool
is_over(const struct storm *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (!s->clients[i].was_cut || s->clients[i].phase != RESUMED)
			return false;
	return report_at_head(s);
}

static void
run_command(struct storm *s, const char *word)
{
	if (strcmp(word, "connect") == 0)
		connect_all(s);
	else if (strcmp(word, "begin") == 0)
		begin(s);
	else if (strcmp(word, "cut") == 0)
		cut(s);
	else if (strcmp(word, "no_backoff") == 0)
		s->no_backoff = true;
	else if (strncmp(word, "react ", 6) == 0)
		react(s, word + 6);
	else if (strncmp(word, "pass ", 5) == 0)
		for (const int64_t end_ms = storm_now_ms() + atol(word + 5);
		     storm_now_ms() < end_ms;)
			turn(s);
	else if (strncmp(word, "wait ", 5) == 0)
		for (const int64_t end_ms = storm_now_ms() + atol(word + 5);
		     storm_now_ms() < end_ms && !is_over(s);)
			turn(s);
	if (strcmp(word, "report") == 0)
		report_print(s, begin_ms);
	else
		printf("%s: %u back\n", word, count_back(s));
	(void)fflush(stdout);
}

int
main(int argc, char **argv)
{
	struct rlimit files;
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	char word[100];

	if (argc < 3 || argc > 2 + SERVERS_MAX) {
		(void)fprintf(stderr, "usage: storm FILE PORT [PORT]\n");
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	srandom((unsigned)time(NULL));
	read_clients(&storm, argv[1]);
	for (int i = 2; i < argc; i++)
		storm.servers[storm.n_servers++] =
		    (struct sockaddr_in){.sin_family = AF_INET,
			.sin_port = htons((uint16_t)atoi(argv[i])),
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	storm.epoll = epoll_create1(EPOLL_CLOEXEC);
	storm.now_ms = storm_now_ms();
	(void)setvbuf(stdin, NULL, _IONBF, 0);
	for (;;) {
		turn(&storm);
		if (poll(&in, 1, 0) != 1)
			continue;
		if (fgets(word, sizeof(word), stdin) == NULL)
			return 0;
		word[strcspn(word, "\n")] = '\0';
		run_command(&storm, word);
	}
}
