/* The sockets' side of a worker as the hub sees it, without sockets: what is written is
 * recorded frame by frame, and a connection is blocked when the test says so. Linked in
 * place of conn.c, conn_write.c and frame_out.c. */
#ifndef TESTS_FAKE_CONN_H
#define TESTS_FAKE_CONN_H

#include "conn/conn.h"

#define FAKE_CONNS 64

struct hub;
struct presence;

/* What a worker has around the rooms under test: they are the test's to make. */
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
	/* The next write is refused although there was room, as when the control frames
	 * before it do not go out; the connection is blocked then. */
	bool refuse;
	size_t room;
	unsigned writes;     /* of channel frames */
	const char *written; /* where the bytes of the last one lay */
	size_t longest;      /* bytes of the longest one */
	unsigned lossy_room; /* lossy frames that still fit */
	/* Each frame that reached the client, in order; json is the payload. */
	void (*heard)(struct fake_conn *f, const char *json);
	void *model;
};

extern struct fake_conn fake_conns[FAKE_CONNS];
/* A worker with metrics, no loop, no doors. */
void fake_worker_init(struct fake_worker *w);
void fake_worker_fini(struct fake_worker *w);

struct fake_conn *fake_conn_open(struct fake_worker *w, const char *tenant,
    const char *user, const char *name,
    void (*heard)(struct fake_conn *f, const char *json));
/* As when the socket is gone: not open any more; the hub is told later. */
void fake_conn_break(struct fake_conn *f);
void fake_conn_closed(struct fake_conn *f);
/* Takes bytes again. */
void fake_conn_unblock(struct fake_conn *f);

#endif
