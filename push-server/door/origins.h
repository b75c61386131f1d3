/* Which web apps may open a socket: asked for one origin at a time, since the handshake
 * does not know the tenant yet. The tenant's own list is looked at after the token. */
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
	ORIGINS_ASKED, /* the database is being asked: look again when told */
};

/* env and pg outlive it. */
struct origins *origins_new(struct loop_env *env, struct pg_async *pg);
void origins_free(struct origins **o);
/* answered(ctx) is called after each answer of the database, never from origins_look. */
void origins_listen(struct origins *o, void (*answered)(void *ctx), void *ctx);
/* While the database is away the last answer counts, and yes where there is none: then
 * nobody can get past the look-up of the token either. */
enum origins_answer origins_look(struct origins *o, const char *origin) ES_MUST_CHECK;

#endif
