/* Who is on the socket: token, database, origin, number of connections; then hello. Also
 * the end of a token's life, fresh tokens on a live socket, and looking users up again
 * when their tenant's rights have changed. */
#ifndef PUSH_CONN_AUTH_H
#define PUSH_CONN_AUTH_H

#include "auth/token.h"
#include "conn/conn.h"

struct conn_auth;
struct pg_async;
struct redis_async;

/* The epoch that an answer of the database told. */
typedef void who_epoch(void *ctx, const char *epoch);

/* conns, pg and redis outlive it. */
struct conn_auth *conn_auth_new(struct conns *conns, struct pg_async *pg,
    struct redis_async *redis, who_epoch *epoch, void *ctx);
/* Connections are gone and no look-up is under way. */
void conn_auth_free(struct conn_auth **a);

/* The socket is up: check the token of the handshake, or wait for an auth frame. Ends
 * with hello or a close. */
void conn_auth_begin(struct conn_auth *auth, struct conn *c);

/* An auth frame. Before hello it is the token (a bad one closes); later it replaces the
 * one in force, if it is of the same user. */
enum es_code conn_auth_token(struct conn_auth *auth, struct conn *c, const char *token,
    const char *id, struct es_err *err) ES_MUST_CHECK;

/* Look the users of a tenant's connections up again (the tenant's acl_version has moved)
 * and close those that may no longer be here. */
void conn_auth_revalidate(struct conn_auth *auth, const struct tenant_id *tenant);

/* End of a turn: users are looked up, many by one statement when many wait. */
void conn_auth_turn(struct conn_auth *auth);
/* On each turn of the ping wheel: is the token about to end? */
void conn_auth_beat(struct conn_auth *auth, struct conn *c);
/* Once a second. */
void conn_auth_tick(struct conn_auth *auth);
void conn_auth_forget(struct conn_auth *auth, struct conn *c);

#endif
