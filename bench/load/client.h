/* One WebSocket client: connects, says hello, subscribes to its channels, and judges
 * each event that it receives. */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include "load.h"

#define CLIENT_OWN_MAX 8 /* channels of one client */

enum phase {
	AWAY,
	CONNECTING,  /* TCP */
	UPGRADING,   /* the request head is sent */
	GREETING,    /* upgraded: waits for hello */
	SUBSCRIBING, /* waits for the acks */
	READY,
};

struct own {
	unsigned channel; /* index in channels of struct load */
	struct checker seen;
};

struct client {
	struct watched socket; /* must be the first member */
	enum phase phase;
	unsigned index;
	char *token;
	struct own own[CLIENT_OWN_MAX];
	unsigned n_own;
	unsigned n_acked; /* acked subscriptions since the connect */
	int64_t began_us; /* time of connect() */
	char *rest;       /* bytes of an incomplete frame */
	size_t n_rest;
	char *unsent; /* bytes that the socket did not take */
	size_t n_unsent;
};

void client_connect(struct load *l, struct client *c);
/* Closes the socket by RST. The client keeps its cursors, and its next connect resumes
 * from them. */
void client_cut(struct load *l, struct client *c);
/* Sends a text of at most 8,000 bytes in a masked frame. */
void client_text(struct load *l, struct client *c, const char *json, size_t len);
void client_phase(struct load *l, struct client *c, enum phase next);

/* client_frames.c: a text of the server */
void client_frames_text(struct load *l, struct client *c, const char *json, size_t len);

#endif
