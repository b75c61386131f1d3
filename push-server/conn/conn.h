/* One client connection of one worker: who it is, in which state, and what waits to be
 * written. Single-threaded: everything here is called on the worker's loop. */
#ifndef PUSH_CONN_H
#define PUSH_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "core/attr.h"
#include "core/id.h"

struct lws;
struct worker;
struct subscription; /* subscription.h */
struct hub_conn;     /* what the hub keeps for a connection */
struct send_lane;    /* send_queue.h */

/* Asynchronous results carry this instead of a pointer: a slot is used again, a pair of
 * slot and generation never is. */
struct conn_ref {
	uint32_t slot, generation;
};

/* The life of a connection; conn_set_state() has the table of what may follow what. */
enum conn_state {
	CONN_UPGRADING, /* head accepted, libwebsockets has not answered 101 yet */
	CONN_GREETING,  /* WebSocket is up, the user is being looked up; frames wait */
	CONN_OPEN,      /* hello was sent; the only state in which anything is written */
	CONN_CLOSING,   /* a close was decided by either side; nothing more is written */
	CONN_GONE,      /* libwebsockets has let go of it */
	CONN_STATES
};

/* A growing, capped byte queue of finished frames. */
struct conn_bytes {
	char *data;
	uint32_t len, size;
};

struct conn {
	struct worker *worker;
	struct conn_ref ref;
	enum conn_state state;
	struct lws *wsi;
	struct uuid id; /* connectionId of hello */

	/* Set once, when the state becomes CONN_OPEN. */
	struct tenant_id tenant;
	struct user_id user;
	char *display_name;
	char role[16];         /* owner|admin|member|guest|bot */
	int64_t acl_version;   /* of the tenant, as read by the query that let it in */
	int64_t expires_s;     /* exp of the token in force */
	int64_t last_frame_ms; /* CLOCK_MONOTONIC of the last frame other than ping */
	int64_t tenant_rate;   /* messages a second of the tenant; 0: no limit */
	int64_t user_quota, user_window_ms;

	/* The hub's: subscriptions of this connection and whatever else it keeps. */
	LIST_HEAD(conn_subscriptions, subscription) subscriptions;
	unsigned n_subscriptions;
	struct hub_conn *hub;

	/* From here on private to the files named. */
	struct { /* conn_write.c */
		struct conn_bytes control, lossy;
		TAILQ_ENTRY(conn) slow; /* on worker->slow while blocked, slowest first */
		LIST_ENTRY(conn) flush, lossy_entry;
		uint32_t buffered; /* upper bound of what libwebsockets holds back */
		bool blocked, dirty, careful, wants, lossy_listed;
		int64_t blocked_ms; /* since when, for the slowest */
	} out;
	struct { /* conn.c, ws.c */
		TAILQ_ENTRY(conn) all, doomed;
		struct conn_list *on; /* the list that `doomed` stands on, or NULL */
		bool upgraded, hub_knows, peer_closes;
		bool dead;     /* a write has failed: cut, nothing can be said any more */
		uint16_t code; /* of the close, ours or the peer's; 0: none yet */
		char reason[64];
		int64_t cut_at_ms;
		struct conn_bytes message; /* fragments so far */
		char *origin;
		char address[48];
	} io;
	struct { /* ping_wheel.c */
		LIST_ENTRY(conn) entry;
		int64_t ping_at_ms; /* 0: no ping is outstanding */
		bool on_wheel;
	} beat;
	struct {                           /* frames.c, frame_auth.c */
		struct conn_bytes waiting; /* frames that came before hello */
		uint16_t n_waiting;
		char *token;   /* of the handshake or of an auth frame, until checked */
		char *auth_id; /* id of the auth frame that waits for its answer */
		char *jti;     /* of the token in force */
		int64_t issued_s;
		bool auth_busy;
		TAILQ_ENTRY(conn) greeting; /* state CONN_GREETING, oldest first */
		LIST_ENTRY(conn) expiring;
		int64_t greeting_ms;
		bool on_greeting, on_expiring, expiry_told, leased, revalidate;
		int64_t window_ms;  /* start of the current frame-rate window */
		int64_t refused_ms; /* likewise of sends over their limit */
		uint32_t in_window, bad_windows, refused;
	} in;
	LIST_HEAD(conn_lanes, send_lane)
	lanes; /* send_lane.h: one per channel at work */
};

/* sys/queue.h of glibc has no safe walks. */
#define CONN_FOREACH_SAFE(c, list, link, next_) \
	for ((c) = TAILQ_FIRST(list); \
	     (c) != NULL && ((next_) = TAILQ_NEXT(c, link), true); (c) = (next_))

TAILQ_HEAD(conn_list, conn);
LIST_HEAD(conn_flush_list, conn);

/* Slots of one worker. */
struct conn_table {
	struct conn **slots;
	uint32_t *generations;
	uint32_t *vacant;
	uint32_t size, n_vacant, n;
	struct conn_list all;
	struct conn_list doomed;  /* to be looked at at the end of this turn */
	struct conn_list closing; /* a close frame was asked for; cut at a deadline */
};

void conn_table_init(struct conn_table *t, uint32_t size);
void conn_table_fini(struct conn_table *t);

/* NULL when all slots are taken. State is CONN_UPGRADING. */
struct conn *conn_new(struct worker *w, struct conn_table *t);
/* The handshake never came to be, or libwebsockets let go of the socket. Freed at the end
 * of the turn. */
void conn_lost(struct conn *c);
/* The peer has sent a close frame. */
void conn_peer_closes(struct conn *c, uint16_t code);
/* End of a turn: tell the hub, ask for close frames, free what is gone. */
void conn_reap(struct worker *w);
/* Once a second: cut sockets whose close has taken too long. */
void conn_cut_overdue(struct worker *w);
/* Append; false when the cap would be passed. */
bool conn_bytes_add(struct conn_bytes *b, const char *data, size_t len, size_t cap);
void conn_bytes_fini(struct conn_bytes *b);

/* The connection a reference means, or NULL when it is gone or on its way out: the result
 * for it is to be dropped. */
struct conn *conn_get(struct worker *w, struct conn_ref ref);

/* The only place where a state changes. Leaving CONN_OPEN tells the hub later, from the
 * deferred list, never from inside: a caller may be walking the hub's lists. */
void conn_set_state(struct conn *c, enum conn_state next);

/* Decide to close: state becomes CONN_CLOSING at once, the close frame follows when the
 * socket takes it (what waits in the control buffer is tried first), the socket is cut 3
 * s later. Repeated calls do nothing. Safe inside any loop over connections. reason is at
 * most 63 bytes and is shown to the client. */
void conn_close(struct conn *c, uint16_t code, const char *reason);

/* Fields of LOG_*: conn, tenant. */
#define CONN_LOG(c) LOG_STR("conn", (c)->id.text), LOG_STR("tenant", (c)->tenant.text)

/* Close codes of our own; what a client does about it is told by the hundred. */
enum {
	CLOSE_UNSUPPORTED = 1003,
	CLOSE_TOO_BIG = 1009,
	CLOSE_INTERNAL = 1011,
	CLOSE_BAD_TOKEN = 4001,
	CLOSE_TOKEN_EXPIRED = 4002,
	CLOSE_REVOKED = 4003,
	CLOSE_SUSPENDED = 4004,
	CLOSE_PROTOCOL = 4005,
	CLOSE_TOO_MANY = 4008,
	CLOSE_ORIGIN = 4009,
	CLOSE_OVERLOADED = 4100,
	CLOSE_SLOW = 4101,
	CLOSE_PING_TIMEOUT = 4102,
	CLOSE_RATE = 4103,
	CLOSE_AUTH_TIMEOUT = 4104,
	CLOSE_DRAIN = 4200,
};

#endif
