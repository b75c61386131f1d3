/* Thousands of WebSocket clients in one process: each keeps the last number of each of
 * its channels, comes back as the server advises, and resumes. Nothing of the programs is
 * linked: what is tested is the wire. */
#ifndef TESTS_STORM_H
#define TESTS_STORM_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OWN_MAX     8 /* channels of one client */
#define SERVERS_MAX 2
#define STATUS_MAX  600
#define CODES_MAX   8192 /* close codes and HTTP statuses, counted by their number */

enum phase {
	AWAY,       /* comes at due_ms */
	CONNECTING, /* TCP */
	UPGRADING,  /* the handshake is sent */
	GREETING,   /* upgraded: hello is awaited */
	RESUMING,   /* sync is sent: acks, and what was missed */
	BACK
};

/* A channel as one client sees it. */
struct cursor {
	unsigned channel;
	int64_t last;   /* number it has; -1: none yet */
	int64_t target; /* where it was behind when it resumed; -1: not acked yet */
};

struct client {
	int fd;
	enum phase phase;
	unsigned index, server, tries;
	char *token;
	struct cursor own[OWN_MAX];
	unsigned n_own;
	int64_t due_ms;         /* AWAY: connect; CONNECTING to GREETING: give up */
	int64_t again_ms;       /* ask again then; 0: nothing was refused */
	int64_t told_ms;        /* come back then, said the server; 0: nothing */
	int64_t min_ms, max_ms; /* hello's advice */
	char *rest;             /* bytes of an incomplete frame */
	size_t n_rest;
	bool hit;         /* lost its socket in this storm */
	int64_t tried_ms; /* first attempt after that */
	int64_t back_ms;  /* resumed; 0: not yet */
	int64_t upgraded_ms, greeted_ms;
};

struct counts {
	unsigned busy; /* errors that ask to try again */
	unsigned holes, doubled, gaps, errors, events, attempts;
	unsigned failed_connects, timeouts, cut;
	uint64_t bytes_in, bytes_out;
	unsigned codes[CODES_MAX]; /* 0: no close frame */
};

struct storm {
	int epoll;
	struct sockaddr_in servers[SERVERS_MAX];
	unsigned n_servers;
	struct client *clients;
	unsigned n;
	char (*channels)[40];
	unsigned n_channels;
	unsigned under_way; /* clients between AWAY and BACK */
	bool rude;          /* first attempts come at once, whatever is advised */
	int64_t now_ms;
	struct counts counts;
};

int64_t storm_now_ms(void);
int64_t storm_random(int64_t below);

/* client.c: sockets */
void client_connect(struct storm *s, struct client *c);
void client_event(struct storm *s, struct client *c, unsigned events);
/* Due: connect, give up, or follow the server's advice. */
void client_tick(struct storm *s, struct client *c);
void client_send(
    struct storm *s, struct client *c, int opcode, const char *data, size_t len);
/* The socket is over, for whatever reason; when to come back is decided here. */
void client_lost(struct storm *s, struct client *c, bool failed);
/* By RST, without a word. */
void client_cut(struct storm *s, struct client *c);
void client_phase(struct storm *s, struct client *c, enum phase next);

/* frames.c: what the server says */
void frames_text(struct storm *s, struct client *c, char *json);
void frames_resume(struct storm *s, struct client *c);

/* report.c */
void report_print(const struct storm *s, int64_t began_ms);
bool report_at_head(const struct storm *s);

#endif
