/* The user on each socket: the first token and hello, fresh tokens, users looked up again
 * when rights change, the end of a token, the number of connections of a user. */
#ifndef PUSH_WHO_H
#define PUSH_WHO_H

#include "conn/conn.h"

struct pg_async;
struct redis_async;
struct who;

/* What this room tells the rooms beside it, through worker/. */
struct who_events {
	void *ctx;
	/* The epoch that an answer of the database told. */
	void (*epoch)(void *ctx, const char *epoch);
	/* The database says that this user may not be here any more: deactivated,
	 * unknown, or of a suspended tenant. Told for each socket of the user that is
	 * closed for it, before the close. */
	void (*user_gone)(
	    void *ctx, const struct tenant_id *tenant, const struct user_id *user);
};

/* conns, pg and redis outlive it. ES_INVALID: the key of ES_JWT_ES256_PUBLIC_KEY. */
enum es_code who_new(struct conns *conns, struct pg_async *pg, struct redis_async *redis,
    const struct who_events *events, struct who **out, struct es_err *err) ES_MUST_CHECK;
/* Connections are gone and no look-up is under way. */
void who_free(struct who **w);

/* End of a turn: users are looked up, many by one statement when many wait. */
void who_turn(struct who *w);
/* Once a second. */
void who_tick(struct who *w);
/* On each turn of a connection on the ping wheel. */
void who_beat(struct who *w, struct conn *c);
/* The connection is about to be freed. */
void who_forget(struct who *w, struct conn *c);

#endif
