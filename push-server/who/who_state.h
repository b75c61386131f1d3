/* Between the files of this room. */
#ifndef PUSH_WHO_STATE_H
#define PUSH_WHO_STATE_H

#include "auth/token.h"
#include "who/user_marks.h"
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
	struct list greeting; /* greeting.c: oldest first, one time-out for all */
	struct list expiring; /* conn_expiry.c */
	/* revalidate.c */
	struct user_marks marks; /* of this turn */
	struct list first;       /* connections to be looked up at the end of the turn */
	struct list line;        /* likewise, some at a time, the oldest first */
	size_t n_checking;       /* look-ups under way */
	int64_t line_ms;         /* when some of the line were looked up last */
	int64_t retry_ms;        /* not before this time: the database was away */
};

#endif
