/* Decides which web apps may open a socket. During the handshake the tenant is not known
 * yet, so the worker asks PostgreSQL whether any tenant allows the origin. After the
 * token is verified, greeting.c checks the origin against the tenant's own list. */
#ifndef PUSH_ORIGINS_H
#define PUSH_ORIGINS_H

#include <stdbool.h>

#include "core/attr.h"

struct origins;
struct loop_env;
struct pg_async;

enum origins_answer {
	ORIGINS_YES,
	ORIGINS_NO,
	ORIGINS_ASKED, /* a query is under way: call again after answered() */
};

/* env and pg must outlive the struct. */
struct origins *origins_new(struct loop_env *env, struct pg_async *pg);
void origins_free(struct origins **o);
/* answered(ctx) is called after each answer of the database, never from origins_look. */
void origins_listen(struct origins *o, void (*answered)(void *ctx), void *ctx);
/* While the database is away, the last answer stays valid, and an origin without an
 * answer is allowed. This admits no client without rights: the look-up of the token's
 * user fails, too. */
enum origins_answer origins_look(struct origins *o, const char *origin) ES_MUST_CHECK;

#endif
