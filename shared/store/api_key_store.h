/* API keys: what a server of the tenant's own shows in place of a user's token. Only the
 * hash of a key is stored. */
#ifndef STORE_API_KEY_STORE_H
#define STORE_API_KEY_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "pg/pg.h"
#include "store/actor.h"
#include "store/api_key_text.h"
#include "store/key_scope.h"

/* A revoked key stays in the table for this long. */
#define API_KEY_STORE_KEEP "90 days"

struct api_key {
	struct uuid id;
	const char *name, *hint;
	const char *scopes;                           /* blank-separated names */
	struct user_id bot_user;                      /* "": none */
	struct user_id created_by;                    /* "": by a key */
	int64_t created_ms, expires_ms, last_used_ms; /* 0: never */
	/* Set by api_key_store_revoke: the tenant's version with that change. */
	int64_t acl_version;
};

struct api_key_new {
	const char *key; /* its text, as of api_key_text_new() */
	const char *name;
	unsigned scopes;           /* at least one */
	const struct user_id *bot; /* or NULL */
	int64_t expires_ms;        /* 0: never */
	int64_t max;               /* keys that the tenant may have */
	struct uuid id;            /* "": a fresh one */
};

/* Takes an owner or admin, and an owner where the scopes hold admin. ES_FORBIDDEN,
 * ES_QUOTA_EXCEEDED; ES_INVALID naming botUserId unless that is an active bot; SQLSTATE
 * 23505 when the id is taken. */
enum es_code api_key_store_create(struct pg *pg, const struct actor *who,
    const struct api_key_new *in, struct arena *a, struct api_key *out,
    struct es_err *err) ES_MUST_CHECK;

/* Keys that are not revoked, by id; after NULL: from the start. */
struct api_key_page {
	struct api_key *items;
	size_t n;
	bool more;
};
enum es_code api_key_store_list(struct pg *pg, const struct actor *who, const char *after,
    int64_t limit, struct arena *a, struct api_key_page *out,
    struct es_err *err) ES_MUST_CHECK;

/* Refused from now on, and so is what was opened by its tickets: api_key_store_jti() is
 * revoked until revoked_ms. Owners and admins. ES_NOT_FOUND also for a key that was
 * revoked before. */
enum es_code api_key_store_revoke(struct pg *pg, const struct actor *who,
    const struct uuid *id, int64_t revoked_ms, struct arena *a, struct api_key *out,
    struct es_err *err) ES_MUST_CHECK;

/* The jti of all that is opened with a key's tickets. */
#define API_KEY_JTI (4 + ES_UUID_TEXT)
void api_key_store_jti(const struct uuid *id, char out[API_KEY_JTI]);

#endif
