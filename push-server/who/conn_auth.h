/* Who is on the socket: token, database, origin, number of connections; then hello. Also
 * the end of a token's life, fresh tokens on a live socket, and looking users up again
 * when their tenant's rights have changed. */
#ifndef PUSH_CONN_AUTH_H
#define PUSH_CONN_AUTH_H

#include "auth/token.h"
#include "conn/conn.h"

struct conn_auth;

struct conn_auth *conn_auth_new(struct worker *w);
void conn_auth_free(struct conn_auth **a);

/* The socket is up: check the token of the handshake, or wait for an auth frame. Ends
 * with hello or a close. */
void conn_auth_begin(struct conn *c);

/* An auth frame. Before hello it is the token (a bad one closes); later it replaces the
 * one in force, if it is of the same user. */
enum es_code conn_auth_token(
    struct conn *c, const char *token, const char *id, struct es_err *err) ES_MUST_CHECK;

/* End of a turn: users are looked up, many by one statement when many wait. */
void conn_auth_turn(struct worker *w);

/* On each ping: is the token about to end? */
void conn_auth_visit(struct conn *c);
/* Once a second. */
void conn_auth_tick(struct worker *w);
void conn_auth_forget(struct conn *c);

#endif
