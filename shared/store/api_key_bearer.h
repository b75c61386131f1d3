/* The tenant, user and rights of an API key, read from the database in one snapshot. */
#ifndef STORE_API_KEY_BEARER_H
#define STORE_API_KEY_BEARER_H

#include <stdbool.h>
#include <stdint.h>

#include "pg/pg.h"
#include "store/key_scope.h"
#include "store/principal_store.h"

enum api_key_user {
	API_KEY_NOBODY,
	API_KEY_UNKNOWN,
	API_KEY_DEACTIVATED,
	API_KEY_ACTIVE
};

struct api_key_bearer {
	struct uuid id;
	const char *name;
	unsigned scopes;
	int64_t expires_ms;
	bool use_is_old; /* the stored last use is older than one minute */
	bool is_own_bot; /* the user is the bot that the key is bound to */
	/* State of the user for whom the key acts. API_KEY_NOBODY: the key has no bot and
	 * the caller named no user; then actor.user is ACTOR_NOBODY. */
	enum api_key_user user;
	struct principal principal; /* role and name of the user, "" without one */
};

/* Finds a key by its text. on_behalf is the user for whom the key acts; NULL: the key's
 * own bot, if it has one. now_ms is Unix time in milliseconds. The strings of *out are
 * allocated in the arena a. ES_UNAUTHENTICATED: the key is unknown or revoked.
 * ES_TOKEN_EXPIRED: the key has expired. ES_TENANT_SUSPENDED: the tenant is suspended.
 * ES_TOKEN_REVOKED: the key's own bot is deactivated or deleted. */
enum es_code api_key_bearer_get(struct pg *pg, const char *key,
    const struct user_id *on_behalf, int64_t now_ms, struct arena *a,
    struct api_key_bearer *out, struct es_err *err) ES_MUST_CHECK;
/* Stores the present time as the last use of the key, at most once a minute. Stores
 * nothing, and returns ES_OK, while another transaction holds the row. */
enum es_code api_key_bearer_use(struct pg *pg, const struct tenant_id *tenant,
    const struct uuid *id, struct arena *a, struct es_err *err) ES_MUST_CHECK;

#endif
