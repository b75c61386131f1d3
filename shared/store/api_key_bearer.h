/* Whom an API key stands for: what the database says, from one snapshot. */
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
	bool use_is_old; /* the last use was stored more than a minute ago */
	bool is_own_bot; /* the user is the bot that the key is bound to */
	/* Of the user that it acts for. API_KEY_NOBODY: neither is it bound to a bot nor
	 * was a user asked for; then actor.user is ACTOR_NOBODY. */
	enum api_key_user user;
	struct principal principal; /* role and name: the user's, or "" */
};

/* on_behalf NULL: as the key's bot, if it has one. ES_UNAUTHENTICATED for an unknown or
 * revoked key, ES_TOKEN_EXPIRED, ES_TENANT_SUSPENDED, ES_TOKEN_REVOKED when its own bot
 * is deactivated. */
enum es_code api_key_bearer_get(struct pg *pg, const char *key,
    const struct user_id *on_behalf, int64_t now_ms, struct arena *a,
    struct api_key_bearer *out, struct es_err *err) ES_MUST_CHECK;
/* Stores the time of this use, unless another process is doing it. */
enum es_code api_key_bearer_use(struct pg *pg, const struct tenant_id *tenant,
    const struct uuid *id, struct arena *a, struct es_err *err) ES_MUST_CHECK;

#endif
