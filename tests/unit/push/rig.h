/* Fixture: a worker without listening sockets, on a real loop with a real libwebsockets.
 * Its clients are socket pairs; the test writes and parses their WebSocket bytes. */
#ifndef TESTS_PUSH_RIG_H
#define TESTS_PUSH_RIG_H

#include "fakes.h"
#include "worker/worker.h"

struct rig {
	struct worker worker;
	struct metrics *metrics;
	struct push_conf conf;
	struct arena *arena;
};

/* A client and the bytes that it has read so far. client_next() parses them as strictly
 * as RFC 6455 allows. */
struct client {
	int fd;
	struct conn_ref ref;
	bool upgraded, ended;
	char data[1 << 20];
	size_t len;
};

/* A frame of the bytes that the client has read. */
struct got {
	int opcode; /* -1: no frame is complete */
	char text[70000];
	size_t len;
	unsigned close_code;
};

void rig_up(struct rig *r);
/* Like rig_up(), but `change` alters the settings before the worker starts. */
void rig_up_with(struct rig *r, void (*change)(struct push_conf *conf));
void rig_down(struct rig *r);
/* Turns the loop a few times and delivers all results of the fakes. */
void rig_turn(struct rig *r);
/* Does the work of one second: all periodic work once. */
void rig_second(struct rig *r);
/* Connects with a valid token and turns the loop until hello. sndbuf: size of the
 * socket's send buffer; 0: the default. */
void rig_client(struct rig *r, struct client *c, int sndbuf);
void rig_client_without_token(struct rig *r, struct client *c);
/* Connects with a token of this user. Does not wait for hello. */
void rig_client_as(struct rig *r, struct client *c, const char *user);
char *rig_token(struct rig *r);
/* The connection of the client in the worker, NULL when gone. */
struct conn *rig_conn(struct rig *r, const struct client *c);

/* Reads at most max of the bytes that have arrived. Returns false at the end of the
 * stream. */
bool client_read(struct client *c, size_t max);
/* Takes the next whole frame. Fails the test for bytes that RFC 6455 forbids a server to
 * send. */
void client_next(struct client *c, struct got *out);
/* Sends one masked frame. */
void client_send(struct client *c, int opcode, bool fin, const char *data, size_t len);
void client_text(struct client *c, const char *json);
void client_close(struct client *c);
/* Turns the loop until a text frame with this piece arrives. Skips other frames. */
bool rig_expect(struct rig *r, struct client *c, const char *piece, struct got *out);
/* Turns the loop until the Close frame arrives. Returns the code of the frame, or 0. */
unsigned rig_close_code(struct rig *r, struct client *c);

#endif
