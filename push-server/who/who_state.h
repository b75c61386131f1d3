/* Between the files of this room. */
#ifndef PUSH_WHO_STATE_H
#define PUSH_WHO_STATE_H

#include "auth/token.h"
#include "who/who.h"

struct token_es256;
struct user_lookups;

struct who {
	struct loop_env *env;
	struct conns *conns;
	struct redis_async *redis;
	struct who_events events;
	struct token_rules rules;
	struct token_key keys[2];
	struct token_es256 *es256; /* parsed once; NULL: no such key is set */
	struct user_lookups *lookups;
	struct list greeting;   /* greeting.c: oldest first, one time-out for all */
	struct list expiring;   /* conn_expiry.c */
	struct list revalidate; /* revalidate.c: to be looked up, the oldest first */
	unsigned n_checking;    /* revalidate.c: look-ups of these under way */
	int64_t revalidate_ms;  /* revalidate.c: when some were looked up last */
};

#endif
