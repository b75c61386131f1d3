/* What the files of this folder share: the only headers of libpq are included here. */
#ifndef PG_PG_PRIVATE_H
#define PG_PG_PRIVATE_H

#include <libpq-fe.h>

#include "pg/pg.h"

/* Where and how to connect, as PQconnectStartParams wants it. */
#define PG_TARGET_MAX 16
struct pg_target {
	const char *keys[PG_TARGET_MAX], *values[PG_TARGET_MAX];
	unsigned n;
	int64_t connect_timeout_ms, statement_timeout_ms;
	bool prepare;
};

/* ES_INVALID for a url that libpq can't read. Strings live in a. */
enum es_code pg_target_init(struct pg_target *t, const struct pg_settings *settings,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;
/* Begins to connect; name resolution blocks, the rest does not. NULL: out of memory. */
PGconn *pg_target_connect(const struct pg_target *t);
/* Of a connection that has just come up. */
bool pg_target_setup(PGconn *conn) ES_MUST_CHECK;

/* Which statements a connection knows by name. */
struct pg_known {
	const struct pg_stmt **stmts;
	size_t n, size;
};
bool pg_known_has(const struct pg_known *k, const struct pg_stmt *stmt);
void pg_known_add(struct pg_known *k, const struct pg_stmt *stmt);
void pg_known_remove(struct pg_known *k, const struct pg_stmt *stmt);
void pg_known_clear(struct pg_known *k); /* a new connection knows nothing */
void pg_known_free(struct pg_known *k);

struct pg {
	struct arena *arena;
	struct pg_target target;
	PGconn *conn; /* NULL: not connected */
	struct pg_known known;
	unsigned tries; /* failures to connect since it last worked */
	int64_t not_before_ms;
	enum { PG_NO_TX, PG_IN_TX, PG_TX_LOST } tx;
	char detail[256];
	char lost_state[6]; /* SQLSTATE of the last failed connect; "": it told none */
};

/* pg_conn.c: a connection that looks alive, or ES_UNAVAILABLE at once while backing off.
 */
enum es_code pg_conn_get(struct pg *pg, struct es_err *err) ES_MUST_CHECK;
void pg_conn_drop(struct pg *pg);
/* Wait until the socket may be read (and written when asked for). False at the deadline;
 * deadline 0: none. */
bool pg_conn_wait(PGconn *conn, bool want_write, int64_t deadline_ms) ES_MUST_CHECK;
/* Send and receive until libpq has a result to give. False: lost, or past the deadline.
 */
bool pg_conn_progress(PGconn *conn, int64_t deadline_ms) ES_MUST_CHECK;
/* When one group of statements has to be over; 0: never. */
int64_t pg_conn_deadline(const struct pg *pg);

/* pg_error.c: err->cause is the server's primary message, without its DETAIL, which may
 * quote e-mails. */
enum es_code pg_error_map(const PGresult *res, const char *statement, struct es_err *err);
/* No connection. cause: the words that tell why. state: their SQLSTATE, "" for none. */
enum es_code pg_error_lost(struct es_err *err, const char *cause, const char *state);
/* Keep the server's words, on one line, without a line break at the end. */
void pg_error_keep(char out[256], const char *message);
/* The same of a failed connect, told with PQERRORS_VERBOSE: takes the SQLSTATE out of the
 * words (state "": there is none) and drops the place in PostgreSQL's source. */
void pg_error_connect(char out[256], char state[6], const char *message);
/* Is the connection of no use after this error, though it lives? */
bool pg_error_spoils(const struct es_err *err);

/* pg_send.c: for connections in pipeline mode. */
extern const struct pg_stmt pg_set_tenant;
bool pg_send_prepare(PGconn *conn, const struct pg_stmt *stmt) ES_MUST_CHECK;
bool pg_send_run(PGconn *conn, const struct pg_stmt *stmt, const char *const params[],
    bool prepared) ES_MUST_CHECK;
/* Take ownership of res at once, so that no later path can leak it. */
enum es_code pg_send_adopt(PGresult *res, const struct pg_stmt *stmt, struct arena *a,
    struct pg_rows *out, struct es_err *err) ES_MUST_CHECK;

#endif
