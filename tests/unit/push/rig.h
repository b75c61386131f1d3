/* A worker without its doors, on a real loop with a real libwebsockets, and clients on
 * socket pairs that speak WebSocket by hand. */
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

/* One client: what it has read so far, taken apart as strictly as RFC 6455 allows. */
struct client {
	int fd;
	struct conn_ref ref;
	bool upgraded, ended;
	char data[1 << 20];
	size_t len;
};

/* A frame taken out of what the client has read. */
struct got {
	int opcode; /* -1: none is complete */
	char text[70000];
	size_t len;
	unsigned close_code;
};

void rig_up(struct rig *r);
/* With settings changed before the worker is made. */
void rig_up_with(struct rig *r, void (*change)(struct push_conf *conf));
void rig_down(struct rig *r);
/* Turn the loop a few times and deliver what the fakes owe. */
void rig_turn(struct rig *r);
/* A second passes: all periodic work is done once. */
void rig_second(struct rig *r);
/* Connect with a good token; rig_turn until hello. sndbuf 0: as it is. */
void rig_client(struct rig *r, struct client *c, int sndbuf);
void rig_client_without_token(struct rig *r, struct client *c);
/* As this user, and no waiting for hello. */
void rig_client_as(struct rig *r, struct client *c, const char *user);
char *rig_token(struct rig *r);
/* The connection of the client in the worker, NULL when gone. */
struct conn *rig_conn(struct rig *r, const struct client *c);

/* Read what is there, at most max bytes; false at the end of the stream. */
bool client_read(struct client *c, size_t max);
/* The next whole frame; fails the test for anything that RFC 6455 forbids a server. */
void client_next(struct client *c, struct got *out);
/* Send one masked frame. */
void client_send(struct client *c, int opcode, bool fin, const char *data, size_t len);
void client_text(struct client *c, const char *json);
void client_close(struct client *c);
/* Turn until a text frame with this piece arrives; other frames are skipped. */
bool rig_expect(struct rig *r, struct client *c, const char *piece, struct got *out);
/* Turn until the close frame; its code, or 0. */
unsigned rig_close_code(struct rig *r, struct client *c);

#endif
