/* One client connection of one worker: who it is, in which state, and what waits to be
 * written. Single-threaded: everything here is called on the worker's loop. */
#ifndef PUSH_CONN_H
#define PUSH_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conn/conn_bytes.h"
#include "core/attr.h"
#include "core/id.h"
#include "core/list.h"
#include "env/loop_env.h"
#include "wire/close_code.h"
#include "wire/frame_reader.h"

struct lws;
struct ws;
struct ping_wheel;
struct token_claims;
struct hub_conn;      /* what the hub keeps for a connection */
struct presence_conn; /* what presence keeps for it */

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

/* Counts frames or requests in the current window, and windows in sequence that had too
 * many. */
struct rate_window {
	int64_t since_ms;
	uint32_t n, bad;
};

/* A change of rights while a look-up of the user is under way: its answer may be of
 * before the change. */
enum check_again { CHECK_NO_MORE, CHECK_IN_LINE, CHECK_FIRST };

struct conn {
	struct conns *conns; /* of the worker */
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

	/* What the rooms above keep for this connection; NULL before hello. */
	struct hub_conn *hub;
	struct presence_conn *presence;
	struct list lanes; /* of struct send_lane: one per channel at work */

	/* From here on private to the files named. */
	struct { /* conn_write.c */
		struct conn_bytes control, lossy;
		struct list slow;  /* on conns->slow while blocked, by taken_ms */
		struct list flush; /* on conns->flush while control frames wait */
		/* on conns->lossy while lossy frames wait, on ->lossy_rest after a
		 * write of them */
		struct list lossy_entry;
		int64_t lossy_ms;  /* end of that rest */
		uint32_t buffered; /* upper bound of what libwebsockets holds back */
		bool blocked, careful;
		int64_t taken_ms; /* when the peer was last seen to take bytes */
		uint64_t taken;   /* peer_taken() then; both hold while blocked */
		int64_t unblocked_ms;
	} out;
	struct {                    /* conn.c, ws.c */
		struct list all;    /* on conns->all */
		struct list doomed; /* on conns->doomed, then on conns->closing */
		bool upgraded;
		bool peer_closes; /* its Close frame has come */
		bool close_sent;  /* ours is written */
		bool broken;      /* its bytes can't be read as frames any more */
		bool greeted;     /* `greeted` was told and `closing` is owed */
		bool dead;     /* a write has failed: cut, nothing can be said any more */
		uint16_t code; /* of the close, ours or the peer's; 0: none yet */
		char reason[64];
		int64_t cut_at_ms;
		struct frame_reader reader;
		struct conn_bytes message; /* what has come of the message under way */
		size_t message_len;        /* likewise, also of what was not kept */
		struct conn_bytes control; /* what has come of a control frame */
		size_t after_close;        /* bytes that came after a close was decided */
		struct conn_bytes pong;    /* payload of the ping to be answered */
		bool pong_due;
		int64_t window_ms; /* ws_receive.c: control frames and fragments since */
		uint32_t in_window;
		char *origin;
		char address[48];
	} io;
	struct { /* ping_wheel.c */
		struct list entry;
		int64_t ping_at_ms; /* 0: no ping is outstanding */
		uint64_t taken;     /* peer_taken() at ping_at_ms */
	} beat;
	struct {                           /* frames.c, flood.c */
		struct conn_bytes waiting; /* frames that came before hello */
		uint16_t n_waiting;
		int64_t early; /* early_bytes.c: what of this connection is counted */
		/* flood.c: frames; channels asked for; refused sends and subscribes */
		struct rate_window frames, subscribes, refused;
	} in;
	struct { /* who/ */
		/* greeting.c, until hello. */
		struct list greeting; /* on who->greeting, oldest first */
		int64_t greeting_ms;  /* when the socket came up */
		char *token;          /* not verified yet; NULL: none, or verified */
		struct token_claims *claims; /* of the verified token */
		bool looking_up;             /* its user is being looked up */
		/* The token in force, from hello on. */
		char *jti;
		int64_t issued_s;
		/* conn_expiry.c, conn_lease.c */
		struct list expiring;
		bool expiry_told, leased;
		/* fresh_token.c: the auth frame that waits for its answer. */
		bool fresh_busy;
		char *fresh_id; /* its id, or NULL */
		/* revalidate.c: the user is to be looked up again. */
		struct list revalidate; /* on who->first or who->line */
		bool checking;          /* a look-up is under way */
		enum check_again again; /* what follows it */
	} who;
};
_Static_assert(sizeof(struct conn) <= 960, "idle connections are many");

/* What a connection tells the rooms above it; composed once, in worker/. ctx is the
 * composer's. All are called on the loop and none may be NULL. */
struct conn_events {
	/* The WebSocket is up: the user is to be looked up. State is CONN_GREETING. */
	void (*up)(void *ctx, struct conn *c);
	/* len bytes that the socket has given; they may be changed in place. */
	void (*bytes)(void *ctx, struct conn *c, char *data, size_t len);
	/* One whole text message of len bytes; data lives as long as the call. */
	void (*message)(void *ctx, struct conn *c, const char *data, size_t len);
	/* The peer has answered a ping. */
	void (*pong)(void *ctx, struct conn *c);
	/* hello was queued; state is CONN_OPEN. `closing` follows, exactly once. */
	void (*greeted)(void *ctx, struct conn *c);
	/* The connection's turn on the ping wheel, every PING_INTERVAL_MS. */
	void (*beat)(void *ctx, struct conn *c);
	/* A blocked connection takes bytes again and its control frames are out. */
	void (*writable)(void *ctx, struct conn *c);
	/* A greeted connection is not open any more. From the end of a turn, never from
	 * inside a walk over connections. */
	void (*closing)(void *ctx, struct conn *c);
	/* The memory of the connection is about to be freed. */
	void (*freed)(void *ctx, struct conn *c);
};

/* All connections of one worker. Its parts stand in the files named. */
struct conns {
	struct loop_env *env;
	const struct conn_events *events;
	void *ctx;

	struct conn **slots; /* conn.c */
	uint32_t *generations;
	uint32_t *vacant;
	uint32_t size, n_vacant, n;
	int64_t early_bytes; /* early_bytes.c: held before hello */
	struct list all;
	struct list doomed; /* conn_reap.c: to be looked at at the end of this turn */
	struct list
	    closing; /* conn_reap.c: a close frame was asked for; cut at a deadline */

	struct list flush, lossy; /* conn_write.c */
	struct list lossy_rest;   /* likewise, the earliest end first */
	struct list slow;  /* conn_write.c, conn_stalled.c: blocked, slowest first */
	int64_t out_bytes; /* conn_write.c: waiting in this process */

	struct ping_wheel *wheel;
	struct ws *ws; /* NULL before ws_open() and after ws_close() */
};

/* size: slots. env, events and ctx outlive it. */
void conns_init(struct conns *t, struct loop_env *env, uint32_t size,
    const struct conn_events *events, void *ctx);
/* All connections are gone. */
void conns_fini(struct conns *t);

/* NULL when all slots are taken. State is CONN_UPGRADING. */
struct conn *conn_new(struct conns *t);
/* State is CONN_GONE; tells `freed`. For conn_reap.c. */
void conn_free(struct conn *c);
/* The handshake never came to be, or libwebsockets let go of the socket. Freed at the end
 * of the turn. */
void conn_lost(struct conn *c);
/* The peer has sent a close frame. */
void conn_peer_closes(struct conn *c, uint16_t code);

/* The connection a reference means, or NULL when it is gone or on its way out: the result
 * for it is to be dropped. */
struct conn *conn_get(struct conns *t, struct conn_ref ref);

/* The only place where a state changes. Leaving CONN_OPEN is told later, from the
 * deferred list, never from inside: a caller may be walking lists of connections. */
void conn_set_state(struct conn *c, enum conn_state next);
/* hello was queued: tells `greeted`. */
void conn_greeted(struct conn *c);

/* Decide to close: state becomes CONN_CLOSING at once, the close frame follows when the
 * socket takes it (what waits in the control buffer is tried first), the socket is cut 3
 * s later. Repeated calls do nothing. Safe inside any loop over connections. reason is at
 * most 63 bytes and is shown to the client. */
void conn_close(struct conn *c, uint16_t code, const char *reason);

/* Fields of LOG_*: conn, tenant. */
#define CONN_LOG(c) LOG_STR("conn", (c)->id.text), LOG_STR("tenant", (c)->tenant.text)

#endif
