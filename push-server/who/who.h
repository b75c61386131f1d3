/* The user on each connection: the first token and hello, fresh tokens, look-ups when
 * rights change, token expiry, and the limit of connections of one user. */
#ifndef PUSH_WHO_H
#define PUSH_WHO_H

#include "conn/conn.h"

struct pg_async;
struct redis_async;
struct who;

/* Callbacks to other folders; worker/ fills them. */
struct who_events {
	void *ctx;
	/* An answer of the database has named the epoch. */
	void (*epoch)(void *ctx, const char *epoch);
	/* The database says that this user may not be connected: deactivated, unknown, or
	 * of a suspended tenant. Called before the close of each of the user's
	 * connections. */
	void (*user_gone)(
	    void *ctx, const struct tenant_id *tenant, const struct user_id *user);
	/* The user of this open socket has become a guest, who may read only the channels
	 * of which the user is a member. */
	void (*made_guest)(void *ctx, struct conn *c);
};

/* conns, pg and redis must outlive the struct. Returns ES_INVALID when a key in
 * ES_JWT_ES256_PUBLIC_KEY or ES_JWT_ES256_PUBLIC_KEY_OLD can't be parsed. */
enum es_code who_new(struct conns *conns, struct pg_async *pg, struct redis_async *redis,
    const struct who_events *events, struct who **out, struct es_err *err) ES_MUST_CHECK;
/* Verifies further tokens with the keys and rules of conf, which must outlive them. Open
 * sockets stay open until their token expires. Returns ES_INVALID like who_new(); then
 * the old keys stay. */
enum es_code who_set_keys(
    struct who *w, const struct conf_auth *conf, struct es_err *err) ES_MUST_CHECK;
/* All connections must be freed, and no look-up may be under way. */
void who_free(struct who **w);

/* End of a turn: send the look-ups of users that wait, many in one statement. */
void who_turn(struct who *w);
/* Once a second. */
void who_tick(struct who *w);
/* Call once in each ping interval of the connection. */
void who_ping_interval(struct who *w, struct conn *c);
/* Drops what who/ keeps for the connection, which the caller is about to free. */
void who_forget(struct who *w, struct conn *c);

#endif
