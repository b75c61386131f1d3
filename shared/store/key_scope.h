/* The scopes of an API key: what the key may do. docs/auth.md lists the scope of each
 * route. */
#ifndef STORE_KEY_SCOPE_H
#define STORE_KEY_SCOPE_H

#include <stddef.h>

#include "core/attr.h"

/* Bits of a set. A scope that permits writing also permits reading. */
enum key_scope {
	KEY_MESSAGES = 1, /* messages:write */
	KEY_CHANNELS = 2, /* channels:manage */
	KEY_USERS = 4,    /* users:manage */
	KEY_TOKENS = 8,   /* tokens:mint; also to act for a user */
	KEY_ADMIN = 16,   /* admin: all of the above, with the rights of an owner */
};
#define KEY_SCOPES 5
#define KEY_ANY    (KEY_MESSAGES | KEY_CHANNELS | KEY_USERS | KEY_TOKENS | KEY_ADMIN)

struct key_scope_name {
	unsigned scope;
	const char *name;
};
extern const struct key_scope_name key_scope_names[KEY_SCOPES];
/* All names, separated by blanks, for error texts. */
#define KEY_SCOPE_LIST "messages:write channels:manage users:manage tokens:mint admin"

/* The bit of the scope whose name has len bytes; 0: no such scope. */
unsigned key_scope_of(const char *name, size_t len) ES_MUST_CHECK;
/* The set of scopes in a text of names separated by blanks. Ignores a name that only a
 * newer program knows. */
unsigned key_scope_set(const char *names) ES_MUST_CHECK;

#endif
