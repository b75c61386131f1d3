/* One client connection of one worker process: its user, its state, and the bytes that
 * wait to be written. Single-threaded: all functions are called on the worker's event
 * loop. */
#ifndef PUSH_CONN_H
#define PUSH_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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
struct conn_key;      /* who_state.h */
struct hub_conn;      /* what the hub keeps for a connection */
struct presence_conn; /* what presence keeps for a connection */

/* Identifies a connection in asynchronous results, which may arrive after the connection
 * is freed. A slot is used again; a pair of slot and generation is not. */
struct conn_ref {
	uint32_t slot, generation;
};

/* The states of a connection. conn_set_state() allows the transitions of a table in
 * conn.c. */
enum conn_state {
	/* the request head is accepted; the 101 answer is not sent yet */
	CONN_UPGRADING,
	/* the WebSocket is up and its user is not known yet; frames other than auth
	 * wait */
	CONN_GREETING,
	CONN_OPEN, /* hello is queued; the only state in which events are written */
	/* one side has decided to close; only the Close frame is still written */
	CONN_CLOSING,
	CONN_GONE, /* libwebsockets has released the socket */
	CONN_STATES
};

/* Counts frames or requests in the current window, and the consecutive windows before it
 * that exceeded the limit. */
struct rate_window {
	int64_t since_ms;
	uint32_t n, bad;
};

/* What to do when the user look-up under way has ended. If rights change while its query
 * runs, the answer may be older than the change. The worker then looks the user up once
 * more: behind the other connections in the queue (CHECK_QUEUED), or ahead of them
 * (CHECK_FIRST). */
enum check_again { CHECK_NO_MORE, CHECK_QUEUED, CHECK_FIRST };

struct conn {
	struct conns *conns; /* the worker's connections */
	struct conn_ref ref;
	enum conn_state state;
	struct lws *wsi;
	struct uuid id; /* the connectionId of the hello frame */

	/* Set before the state becomes CONN_OPEN. A later look-up of the user sets
	 * display_name, role, read_receipts, acl_version and the limits again; a fresh
	 * token sets expires_s. */
	struct tenant_id tenant;
	struct user_id user;
	char *display_name;
	char role[15];      /* owner|admin|member|guest|bot */
	bool read_receipts; /* neither the user nor the tenant has switched them off */
	/* version of the tenant's rights that the last look-up of the user read */
	int64_t acl_version;
	int64_t expires_s;     /* exp claim of the token in force */
	int64_t last_frame_ms; /* CLOCK_MONOTONIC of the last frame other than ping */
	/* tenant_rate: messages that the tenant may send in a second. user_quota:
	 * messages that the user may send in user_window_ms. A negative value is no
	 * limit; 0 refuses every message. */
	int64_t tenant_rate, user_quota, user_window_ms;

	/* The state of the rooms hub, presence and send for this connection; hub and
	 * presence are NULL before hello. */
	struct hub_conn *hub;
	struct presence_conn *presence;
	/* of struct send_lane, one for each channel with sends in flight */
	struct list lanes;

	/* The members below are private to the files named. */
	struct { /* conn_write.c */
		struct conn_bytes control, lossy;
		/* on conns->slow while blocked, in the order of taken_ms */
		struct list slow;
		struct list flush; /* on conns->flush while control frames wait */
		/* On conns->lossy while lossy frames wait. After a write of lossy frames:
		 * on conns->lossy_paused. */
		struct list lossy_entry;
		/* end of the pause between two writes of lossy frames */
		int64_t lossy_ms;
		/* upper bound of the bytes that libwebsockets holds for this socket */
		uint32_t buffered;
		bool blocked; /* libwebsockets holds bytes that the kernel did not take */
		bool careful; /* the last write was partial, so the next one is small */
		/* when this worker last noticed that the peer took bytes; valid while
		 * blocked */
		int64_t taken_ms;
		uint64_t taken; /* peer_taken() at taken_ms; valid while blocked */
		int64_t unblocked_ms;
	} out;
	struct {                    /* conn.c, ws.c */
		struct list all;    /* on conns->all */
		struct list doomed; /* on conns->doomed, then on conns->closing */
		bool upgraded;
		bool peer_closes; /* the peer's Close frame was received */
		bool close_sent;  /* this server's Close frame is written */
		/* the peer broke the frame format; its bytes can't be parsed any more */
		bool broken;
		/* events->greeted was called, and events->closing must be called once */
		bool greeted;
		/* a write failed: the socket is cut without a Close frame */
		bool dead;
		uint16_t code; /* close code, this server's or the peer's; 0: none yet */
		char *reason;  /* of the close; NULL: none */
		int64_t cut_at_ms;
		struct frame_reader reader;
		/* the received bytes of an unfinished message */
		struct conn_bytes message;
		/* received bytes of the unfinished message, including the bytes that were
		 * dropped because the message is too large */
		size_t message_len;
		/* the received bytes of an unfinished control frame */
		struct conn_bytes control;
		/* bytes received after the decision to close */
		size_t after_close;
		struct conn_bytes pong; /* payload of the ping that must be answered */
		bool pong_due;
		/* ws_receive.c: start of the window in which control frames and fragments
		 * are counted */
		int64_t window_ms;
		uint32_t in_window;
		char *origin;
		char address[48];
	} io;
	struct { /* ping_wheel.c */
		struct list entry;
		int64_t ping_at_ms; /* 0: no ping is outstanding */
		uint64_t taken;     /* peer_taken() at ping_at_ms */
	} ping;
	struct {                           /* frames.c, flood.c */
		struct conn_bytes waiting; /* frames received before hello */
		uint16_t n_waiting;
		/* early_bytes.c: bytes of this connection in conns->early_bytes */
		int64_t early;
		/* flood.c: counters of frames, of channels asked for, and of refused
		 * sends and subscribes */
		struct rate_window frames, subscribes, refused;
		int64_t free_ping_at_ms; /* flood.c: the next ping that is not counted */
	} in;
	struct { /* the room who/ */
		/* greeting.c: used until hello. */
		struct list greeting; /* on who->greeting, oldest first */
		int64_t greeting_ms;  /* when the socket came up */
		/* the token or ticket that is not verified yet; NULL: the client has sent
		 * none, or it is verified */
		char *token;
		/* bearers.c is checking the token, or the key that signed it, of a
		 * tenant's own issuer */
		bool bearer_busy;
		bool redeeming; /* token is a ticket, and Redis is being asked */
		struct token_claims *claims; /* of the verified token */
		bool looking_up;             /* a look-up of the user is under way */
		/* The token in force, from hello on. */
		char *jti;
		int64_t issued_s;
		/* key of a tenant's own issuer; NULL: a key of EchoStream */
		struct conn_key *key;
		/* conn_expiry.c, conn_lease.c */
		struct list expiring;
		bool expiry_notified, leased;
		/* fresh_token.c: the auth frame whose token is being checked. */
		bool fresh_busy;
		char *fresh_id; /* the id of that frame, or NULL */
		/* revalidate.c: repeated look-ups of the user. */
		struct list revalidate; /* on who->first or who->queue */
		bool checking;          /* a look-up is under way */
		enum check_again again; /* what to do when that look-up ends */
	} auth;
};
_Static_assert(sizeof(struct conn) <= 856, "idle connections are many");

/* Callbacks through which a connection notifies the rooms above conn/. worker/ fills the
 * table; ctx is worker/'s. All are called on the loop, and none may be NULL. */
struct conn_events {
	/* The WebSocket is up, and the state is CONN_GREETING. The receiver identifies
	 * the user. */
	void (*up)(void *ctx, struct conn *c);
	/* len bytes were read from the socket; the receiver may change them in place. */
	void (*bytes)(void *ctx, struct conn *c, char *data, size_t len);
	/* One whole text message of len bytes; data is valid during the call. */
	void (*message)(void *ctx, struct conn *c, const char *data, size_t len);
	/* The peer has answered a ping. */
	void (*pong)(void *ctx, struct conn *c);
	/* hello is queued, and the state is CONN_OPEN. `closing` follows exactly once. */
	void (*greeted)(void *ctx, struct conn *c);
	/* Called once in PING_INTERVAL_MS, before the ping. */
	void (*ping_interval)(void *ctx, struct conn *c);
	/* A blocked socket is writable again, and the connection's control frames are
	 * written. */
	void (*writable)(void *ctx, struct conn *c);
	/* A greeted connection is not open any more. Called at the end of a turn of the
	 * loop, never during a walk over connections. */
	void (*closing)(void *ctx, struct conn *c);
	/* The memory of the connection is about to be freed. */
	void (*freed)(void *ctx, struct conn *c);
};

/* All connections of one worker. The members are grouped by the file that uses them. */
struct conns {
	struct loop_env *env;
	const struct conn_events *events;
	void *ctx;

	struct conn **slots; /* conn.c */
	uint32_t *generations;
	uint32_t *vacant;
	uint32_t size, n_vacant, n;
	int64_t early_bytes; /* early_bytes.c: bytes held for clients before hello */
	struct list all;
	/* conn_reap.c: connections to close or free at the end of this turn */
	struct list doomed;
	/* conn_reap.c: connections that wait for the close handshake; cut at
	 * io.cut_at_ms */
	struct list closing;

	struct list flush, lossy; /* conn_write.c */
	struct list lossy_paused; /* conn_write.c: in the order of out.lossy_ms */
	/* conn_write.c, conn_stalled.c: blocked connections; the peer of the first has
	 * taken no bytes for the longest time */
	struct list slow;
	/* conn_write.c: bytes that wait in this process */
	int64_t out_bytes;

	struct ping_wheel *wheel;
	struct ws *ws; /* NULL before ws_open() and after ws_close() */
};

/* size is the number of slots. env, events and ctx must outlive t. */
void conns_init(struct conns *t, struct loop_env *env, uint32_t size,
    const struct conn_events *events, void *ctx);
/* Free all connections before this call. */
void conns_fini(struct conns *t);

/* A new connection in the state CONN_UPGRADING; NULL when all slots are taken. */
struct conn *conn_new(struct conns *t);
/* Calls `freed`. The state must be CONN_GONE. For conn_reap.c. */
void conn_free(struct conn *c);
/* Call when the 101 answer could not be sent, or when libwebsockets has released the
 * socket. The connection is freed at the end of the turn. */
void conn_on_lost(struct conn *c);
/* Call when the peer has sent a Close frame. */
void conn_on_peer_close(struct conn *c, uint16_t code);

/* Finds the connection of a reference. NULL when the connection is gone or closing: the
 * caller drops the result that it holds for the connection. */
struct conn *conn_get(struct conns *t, struct conn_ref ref);

/* The only function that changes the state. A connection that leaves CONN_OPEN is put on
 * a list, and `closing` is called at the end of the turn, because the caller may be
 * walking over connections. */
void conn_set_state(struct conn *c, enum conn_state next);
/* Call when hello is queued; calls `greeted`. */
void conn_on_greeted(struct conn *c);

/* Returns the result of the last look-up of the user. */
static inline bool
conn_is_guest(const struct conn *c)
{
	return strcmp(c->role, "guest") == 0;
}

/* Decide to close the connection. The state becomes CONN_CLOSING immediately. First the
 * worker writes as much of the control buffer as the socket takes. The Close frame
 * follows when the socket is writable, and the socket is cut after 3 s. Repeated calls do
 * nothing. Safe inside a loop over connections. reason is cut to CLOSE_REASON_MAX bytes,
 * and the client receives it. */
void conn_close(struct conn *c, uint16_t code, const char *reason);

/* The log fields conn and tenant. */
#define CONN_LOG(c) LOG_STR("conn", (c)->id.text), LOG_STR("tenant", (c)->tenant.text)

#endif
