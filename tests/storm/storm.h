/* Thousands of WebSocket clients in one process. Each client keeps the last sequence
 * number of each of its channels, reconnects as the server advises, and resumes. The
 * program links no code of EchoStream, because it tests the wire protocol. */
#ifndef TESTS_STORM_H
#define TESTS_STORM_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OWN_MAX     8 /* channels of one client */
#define SERVERS_MAX 2
#define STATUS_MAX  600
#define CODES_MAX   8192 /* above each close code and HTTP status */

enum phase {
	AWAY,       /* connects at due_ms */
	CONNECTING, /* TCP */
	UPGRADING,  /* the handshake is sent */
	GREETING,   /* upgraded: waits for hello */
	RESUMING,   /* sync is sent: waits for acks and missed events */
	RESUMED,    /* has received all missed events */
};

/* A channel as one client sees it. */
struct cursor {
	unsigned channel;
	int64_t last;   /* last sequence number received; -1: none yet */
	int64_t target; /* channel's head in the ack of sync; -1: not acked */
};

struct client {
	int fd;
	enum phase phase;
	unsigned index, server, tries;
	char *token;
	struct cursor own[OWN_MAX];
	unsigned n_own;
	/* AWAY: time to connect; CONNECTING to RESUMING: time to give up */
	int64_t due_ms;
	int64_t again_ms;       /* time to repeat a sync that was refused; 0: none */
	int64_t advised_ms;     /* time at which the server asks to reconnect; 0: none */
	int64_t min_ms, max_ms; /* limits of the back-off, from hello */
	char *rest;             /* bytes of an incomplete frame */
	size_t n_rest;
	bool was_cut;     /* has lost its socket since "begin" */
	int64_t tried_ms; /* time of the first connect after the cut; 0: not yet */
	int64_t back_ms;  /* time when it had resumed; 0: not yet */
	int64_t upgraded_ms, greeted_ms;
	int64_t react_ms; /* time to send the reaction; 0: none waits */
};

struct counts {
	unsigned busy; /* retryable error frames */
	unsigned holes, doubled, gaps, errors, events, attempts;
	unsigned failed_connects, timeouts, cut;
	uint64_t bytes_in, bytes_out;
	unsigned reacted;    /* acks of reactions */
	int64_t reacted_ms;  /* time of the last one */
	unsigned *delays_ms; /* of each message that a client received */
	unsigned n_delays;
	/* Number of closed connections by close code or HTTP status. 0: no Close frame;
	 * 1: not a valid HTTP status; 5: a Close frame without a code. */
	unsigned codes[CODES_MAX];
};

struct storm {
	int epoll;
	struct sockaddr_in servers[SERVERS_MAX];
	unsigned n_servers;
	struct client *clients;
	unsigned n;
	char (*channels)[40];
	unsigned n_channels;
	unsigned under_way; /* clients neither AWAY nor RESUMED */
	bool no_backoff;    /* the first reconnect ignores the server's advice */
	int64_t react_to;   /* the message in the first channel that all react to */
	int64_t now_ms;
	struct counts counts;
};

int64_t storm_now_ms(void);
int64_t storm_random(int64_t below);

/* client.c: sockets */
void client_connect(struct storm *s, struct client *c);
void client_event(struct storm *s, struct client *c, unsigned events);
/* Does what is due: connect, give up, or follow the server's advice. */
void client_tick(struct storm *s, struct client *c);
void client_send(
    struct storm *s, struct client *c, int opcode, const char *data, size_t len);
/* Call when the client has lost or closed its socket, for any reason. Sets the time to
 * reconnect. */
void client_lost(struct storm *s, struct client *c, bool failed);
/* Cuts the connection by RST, without a Close frame. */
void client_cut(struct storm *s, struct client *c);
void client_phase(struct storm *s, struct client *c, enum phase next);

/* frames.c: frames of the server */
void frames_text(struct storm *s, struct client *c, char *json);
void frames_resume(struct storm *s, struct client *c);
void frames_react(struct storm *s, struct client *c);

/* report.c */
void report_print(const struct storm *s, int64_t began_ms);
bool report_at_head(const struct storm *s);

#endif
