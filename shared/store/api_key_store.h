/* API keys: the credentials that a tenant's own servers send in place of a user's token.
 * The database stores only the hash of a key. */
#ifndef STORE_API_KEY_STORE_H
#define STORE_API_KEY_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "pg/pg.h"
#include "store/actor.h"
#include "store/api_key_text.h"
#include "store/key_scope.h"

/* How long the table keeps a revoked key (an SQL interval). */
#define API_KEY_STORE_KEEP "90 days"

struct api_key {
	struct uuid id;
	const char *name, *hint;
	const char *scopes;                           /* names, separated by blanks */
	struct user_id bot_user;                      /* "": the key has no bot */
	struct user_id created_by;                    /* "": an API key created it */
	int64_t created_ms, expires_ms, last_used_ms; /* Unix time in ms; 0: never */
	/* Set by api_key_store_revoke(): the tenant's acl_version after the
	 * revocation. */
	int64_t acl_version;
};

struct api_key_new {
	const char *key; /* text of the key, as api_key_text_new() makes it */
	const char *name;
	unsigned scopes;           /* bits of enum key_scope, at least one */
	const struct user_id *bot; /* the bot for which the key acts, or NULL */
	int64_t expires_ms;        /* Unix time in ms; 0: never */
	int64_t max;               /* largest number of valid keys of the tenant */
	struct uuid id;            /* "": the store chooses a new id */
};

/* Creates a key. The caller must be an owner or admin of the tenant, and an owner when
 * the scopes include KEY_ADMIN: else ES_FORBIDDEN. ES_QUOTA_EXCEEDED: the tenant has
 * in->max keys. ES_INVALID with the field botUserId: in->bot is not an active bot.
 * SQLSTATE 23505: the id is taken. */
enum es_code api_key_store_create(struct pg *pg, const struct actor *who,
    const struct api_key_new *in, struct arena *a, struct api_key *out,
    struct es_err *err) ES_MUST_CHECK;

/* One page of the keys that are not revoked, ordered by id. after NULL: from the
 * start. */
struct api_key_page {
	struct api_key *items;
	size_t n;
	bool more;
};
enum es_code api_key_store_list(struct pg *pg, const struct actor *who, const char *after,
    int64_t limit, struct arena *a, struct api_key_page *out,
    struct es_err *err) ES_MUST_CHECK;

/* Revokes a key. Also revokes the jti of the sockets that the key's tickets opened
 * (api_key_store_jti()), until revoked_ms. The caller must be an owner or admin: else
 * ES_FORBIDDEN. ES_NOT_FOUND: the key is unknown or already revoked. */
enum es_code api_key_store_revoke(struct pg *pg, const struct actor *who,
    const struct uuid *id, int64_t revoked_ms, struct arena *a, struct api_key *out,
    struct es_err *err) ES_MUST_CHECK;

/* Writes the jti of all sockets that tickets of this key opened. */
#define API_KEY_JTI (4 + ES_UUID_TEXT)
void api_key_store_jti(const struct uuid *id, char out[API_KEY_JTI]);

#endif
