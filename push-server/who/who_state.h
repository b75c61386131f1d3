/* State that the files of who/ share. */
#ifndef PUSH_WHO_STATE_H
#define PUSH_WHO_STATE_H

#include "auth/token.h"
#include "who/user_marks.h"
#include "who/who.h"

struct token_keyring;
struct bearers;
struct user_lookups;

/* The key of a tenant's own issuer that has signed the token in force. */
struct conn_key {
	int64_t created_ms;
	bool owners; /* the key may sign for owners */
	char kid[TOKEN_KID_MAX + 1];
};

struct who {
	struct loop_env *env;
	struct conns *conns;
	struct redis_async *redis;
	struct who_events events;
	struct token_keyring *keyring;
	struct token_rules rules; /* rules of keyring */
	struct bearers *bearers;
	struct user_lookups *lookups;
	/* greeting.c: connections before hello, oldest first; all have the same
	 * time-out */
	struct list greeting;
	struct list expiring; /* conn_expiry.c */
	/* revalidate.c */
	struct user_marks marks; /* users marked in this turn */
	/* connections that are looked up at the end of this turn */
	struct list first;
	/* connections that wait to be looked up, a batch at a time, longest waiting
	 * first */
	struct list queue;
	size_t n_checking; /* look-ups under way */
	int64_t queue_ms;  /* when a batch of the queue was last looked up */
	/* after an unanswered look-up: time of the next one */
	int64_t retry_ms;
};

#endif
