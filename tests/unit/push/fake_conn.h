/* The connections of a worker as the hub sees them, without sockets. Each frame that the
 * hub writes goes to a callback, and the test decides when a connection is blocked.
 * Linked in place of conn.c, conn_write.c and frame_out.c. */
#ifndef TESTS_FAKE_CONN_H
#define TESTS_FAKE_CONN_H

#include "conn/conn.h"

#define FAKE_CONNS 64

struct hub;
struct presence;

/* The parts of a worker that the rooms under test need. The test makes hub and
 * presence. */
struct fake_worker {
	struct loop_env env;
	struct conns conns;
	struct hub *hub;
	struct presence *presence; /* may be NULL */
};

struct fake_conn {
	struct conn conn;
	struct fake_worker *worker;
	bool used, blocked, wants_writable;
	/* Refuses the next write although there is room, and blocks the connection, as
	 * when the control frames before it can't be written. */
	bool refuse;
	size_t room;
	unsigned writes;     /* number of writes of channel frames */
	const char *written; /* address of the bytes of the last write */
	size_t longest;      /* bytes of the longest write */
	unsigned lossy_room; /* lossy frames that still fit */
	/* Called for each frame that reaches the client, in order; json is the
	 * payload. */
	void (*receive)(struct fake_conn *f, const char *json);
	void *model;
};

extern struct fake_conn fake_conns[FAKE_CONNS];
/* A worker with metrics, without a loop and without listening sockets. */
void fake_worker_init(struct fake_worker *w);
void fake_worker_fini(struct fake_worker *w);

struct fake_conn *fake_conn_open(struct fake_worker *w, const char *tenant,
    const char *user, const char *name,
    void (*receive)(struct fake_conn *f, const char *json));
/* Breaks the socket, so the connection is no longer open. The hub notices that only at
 * fake_conn_closed(). */
void fake_conn_break(struct fake_conn *f);
void fake_conn_closed(struct fake_conn *f);
/* The connection takes bytes again. */
void fake_conn_unblock(struct fake_conn *f);

#endif
