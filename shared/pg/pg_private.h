/* Declarations shared by the files of this folder, the only ones that include libpq. */
#ifndef PG_PG_PRIVATE_H
#define PG_PG_PRIVATE_H

#include <libpq-fe.h>

#include "pg/pg.h"

/* How to connect, in the form of PQconnectStartParams(). */
#define PG_TARGET_MAX 16
struct pg_target {
	const char *keys[PG_TARGET_MAX], *values[PG_TARGET_MAX];
	unsigned n;
	int64_t connect_timeout_ms, statement_timeout_ms;
	bool pooled;
	/* The time-outs as text, for pg_session_begin(). */
	const char *statement_timeout, *lock_timeout;
};

/* Returns ES_INVALID when libpq can't parse the url. The strings are allocated in the
 * arena a. */
enum es_code pg_target_init(struct pg_target *t, const struct pg_settings *settings,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;
/* Begins to connect. Only name resolution blocks. Returns NULL when libpq is out of
 * memory. */
PGconn *pg_target_connect(const struct pg_target *t);
/* Prepares a new connection for use. Returns false on failure. */
bool pg_target_setup(PGconn *conn) ES_MUST_CHECK;

/* A setting that the options of the start-up packet set. A session without it did not get
 * the options: a pooler has dropped them. */
#define PG_SESSION_MARK   "app.session"
#define PG_SESSION_DIRECT "direct"

/* The statements that a connection has prepared. */
struct pg_known {
	const struct pg_stmt **stmts;
	size_t n, size;
};
bool pg_known_has(const struct pg_known *k, const struct pg_stmt *stmt);
void pg_known_add(struct pg_known *k, const struct pg_stmt *stmt);
void pg_known_remove(struct pg_known *k, const struct pg_stmt *stmt);
void pg_known_clear(struct pg_known *k); /* a new connection has prepared nothing */
void pg_known_free(struct pg_known *k);

struct pg_group;

/* See pg_ahead_begin(). */
#define PG_AHEAD_MAX   5
#define PG_AHEAD_CALLS 2
struct pg_ahead {
	enum { PG_AHEAD_NONE, PG_AHEAD_NOTING, PG_AHEAD_NOTED, PG_AHEAD_READ } state;
	struct arena *arena;
	struct tenant_id tenant; /* tenant of the noted statements; "": none */
	struct pg_batch_item items[PG_AHEAD_MAX]; /* of all noted calls, in order */
	size_t n;
	size_t calls[PG_AHEAD_CALLS]; /* how many items each call has; 0: no such call */
	enum es_code rc;              /* result of the items, once they are read */
	struct es_err err;
};

struct pg {
	struct arena *arena;
	struct pg_target target;
	PGconn *conn; /* NULL while not connected */
	struct pg_known known;
	unsigned tries; /* failed connects since the last good one */
	int64_t not_before_ms;
	enum { PG_NO_TX, PG_IN_TX, PG_TX_LOST } tx;
	struct pg_group *under_way; /* between pg_start() and pg_finish(), or NULL */
	char detail[256];
	char lost_state[6];  /* SQLSTATE of the last failed connect, or "" */
	int64_t session_pid; /* server process at the last check; 0: none yet */
	struct pg_ahead ahead;
};

/* pg_conn.c. Makes sure that pg->conn looks alive. During the back-off returns
 * ES_UNAVAILABLE without a try. */
enum es_code pg_conn_get(struct pg *pg, struct es_err *err) ES_MUST_CHECK;
void pg_conn_drop(struct pg *pg);
/* Waits until the socket is readable, or writable when want_write is set. Returns false
 * at the deadline. deadline_ms 0: no deadline. */
bool pg_conn_wait(PGconn *conn, bool want_write, int64_t deadline_ms) ES_MUST_CHECK;
/* Sends and receives until libpq has a result. Returns false when the connection is lost
 * or the deadline has passed. */
bool pg_conn_progress(PGconn *conn, int64_t deadline_ms) ES_MUST_CHECK;
/* Sends all that libpq has buffered. Returns false when the connection is lost or the
 * deadline has passed. */
bool pg_conn_flush(PGconn *conn, int64_t deadline_ms) ES_MUST_CHECK;
/* Returns the deadline of a group of statements that begins now; 0: no deadline. */
int64_t pg_conn_deadline(const struct pg *pg);

/* pg_error.c. err->cause becomes the server's primary message, without its DETAIL, which
 * may quote e-mail addresses. */
enum es_code pg_error_map(const PGresult *res, const char *statement, struct es_err *err);
/* Fills *err for a missing connection. cause is the reason, state its SQLSTATE or "". */
enum es_code pg_error_lost(struct es_err *err, const char *cause, const char *state);
/* Copies the server's message as one line without a line break. */
void pg_error_keep(char out[256], const char *message);
/* Like pg_error_keep(), for the PQERRORS_VERBOSE message of a failed connect. Moves the
 * SQLSTATE from the message to state ("" when there is none) and drops the location in
 * PostgreSQL's source. */
void pg_error_connect(char out[256], char state[6], const char *message);
/* True when the connection is useless after this error, although it is alive. */
bool pg_error_needs_reconnect(const struct es_err *err);

/* pg_session.c. Returns the statement that begins a transaction, or NULL when none is
 * needed. tenant may be NULL. params of the statement point into tenant and t. */
#define PG_SESSION_PARAMS 3
const struct pg_stmt *pg_session_begin(const struct pg_target *t,
    const struct tenant_id *tenant, const char *params[PG_SESSION_PARAMS]);
/* Like pg_session_begin(), for a read-only transaction. Never returns NULL. */
const struct pg_stmt *pg_session_begin_reading(const struct pg_target *t,
    const struct tenant_id *tenant, const char *params[PG_SESSION_PARAMS]);
/* When a pooler or the settings of the role caused the error, puts the explanation before
 * the server's message in err->cause. Returns err->code. */
enum es_code pg_session_explain(struct es_err *err);

/* pg_batch.c. Like pg_batch(), with a first statement that the caller chooses, or
 * NULL. */
enum es_code pg_batch_after(struct pg *pg, const struct pg_stmt *first,
    const char *const first_params[], struct pg_batch_item items[], size_t n,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;
/* Frees what pg_start() keeps, when pg_finish() is never called. */
void pg_batch_forget(struct pg *pg);

/* pg_ahead.c, for pg_batch(). Notes the statements; returns ES_UNAVAILABLE. */
enum es_code pg_ahead_note(struct pg *pg, const struct tenant_id *tenant,
    const struct pg_batch_item items[], size_t n, struct es_err *err);
/* Returns true when the first noted call had exactly these statements: then the items
 * hold the rows, or *rc and *err the error, and the next noted call is the first.
 * Otherwise drops the results of all calls. */
bool pg_ahead_take(struct pg *pg, const struct tenant_id *tenant,
    struct pg_batch_item items[], size_t n, enum es_code *rc,
    struct es_err *err) ES_MUST_CHECK;

/* pg_send.c. For connections in pipeline mode. */
bool pg_send_prepare(PGconn *conn, const struct pg_stmt *stmt) ES_MUST_CHECK;
bool pg_send_run(PGconn *conn, const struct pg_stmt *stmt, const char *const params[],
    bool prepared) ES_MUST_CHECK;
/* Takes ownership of res before any check, so that no later path can leak it. */
enum es_code pg_send_adopt(PGresult *res, const struct pg_stmt *stmt, struct arena *a,
    struct pg_rows *out, struct es_err *err) ES_MUST_CHECK;

#endif
