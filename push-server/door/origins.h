/* Decides which web apps may open a socket. The handshake does not know the tenant yet,
 * so the worker asks PostgreSQL whether any tenant allows the origin. It checks the
 * tenant's own list after the token. */
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
	ORIGINS_ASKED, /* a question is under way: look again after answered() */
};

/* env and pg outlive it. */
struct origins *origins_new(struct loop_env *env, struct pg_async *pg);
void origins_free(struct origins **o);
/* answered(ctx) is called after each answer of the database, never from origins_look. */
void origins_listen(struct origins *o, void (*answered)(void *ctx), void *ctx);
/* While the database is away the last answer counts. An origin without an answer is
 * allowed: no token passes its look-up in that time, so no client gets in. */
enum origins_answer origins_look(struct origins *o, const char *origin) ES_MUST_CHECK;

#endif
