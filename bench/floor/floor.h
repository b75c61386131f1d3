/* The floor: a server that does only the work that the frames of the benchmark require.
 * It implements just enough of WebSocket for them, stores nothing, checks no token, and
 * limits nothing. A message goes to all sockets that subscribed to its channel. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOOR_OWN_MAX 8 /* channels of one client */

struct channel;

struct conn {
	int fd;
	struct channel *own[FLOOR_OWN_MAX];
	unsigned n_own;
	bool upgraded;
	char *rest; /* bytes of an incomplete frame */
	size_t n_rest;
	char *out; /* bytes to write: what the socket did not take, or gathered frames */
	size_t n_out, out_size;
	bool waits;        /* for EPOLLOUT */
	bool dirty;        /* in the list of sockets with gathered frames */
	struct conn *next; /* in that list */
};

struct channel {
	char id[40];
	int64_t seq;
	int64_t held; /* faulty: this number waits for the next one; 0: none */
	struct conn **subscribers;
	unsigned n, size;
};

struct floor {
	int epoll;
	/* one write for each socket and turn; else one send for each frame */
	bool gather;
	/* of ten events of a channel one is lost, one is doubled, and one comes after its
	 * successor: the generator must find them */
	bool faulty;
	struct conn *dirty;
};

_Noreturn void floor_die(const char *what);

/* floor_conn.c */
void floor_conn_accept(struct floor *f, int listener);
void floor_conn_ready(struct floor *f, struct conn *c, unsigned events);
/* Sends bytes now (plain), or at the end of the turn (gather). */
void floor_conn_send(struct floor *f, struct conn *c, const char *data, size_t len);
/* Writes what was gathered in this turn. */
void floor_conn_flush_all(struct floor *f);

/* floor_channel.c */
struct channel *floor_channel(const char *id);
void floor_channel_add(struct channel *ch, struct conn *c);
void floor_channel_remove(struct conn *c);

/* floor_frames.c */
void floor_frames_text(struct floor *f, struct conn *c, const char *json, size_t len);

#endif
