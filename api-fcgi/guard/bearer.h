/* The bearer of a token of a tenant's own issuer. Keys are cached in the process for
 * KEYS_TTL_MS; each request asks the database whether the key that has signed is still
 * there, so that a deleted one is refused at once. */
#ifndef API_BEARER_H
#define API_BEARER_H

#include "env/api.h"

struct bearer_keys;

/* Issuers that one process holds, unknown ones included. A further issuer evicts the one
 * that was unread for longest, an unknown one first. */
#define BEARER_ISSUERS_MAX 1000

struct bearer_keys *bearer_keys_new(void);
void bearer_keys_free(struct bearer_keys **keys);

/* The claims of a token that the installation or a tenant's issuer has signed. The user
 * of an issuer's subject is looked up and, where the key allows it, made. Codes of
 * token_verify(); ES_UNAUTHENTICATED for an unknown subject, and for an owner's unless
 * the key may; ES_TOKEN_REVOKED when the key was deleted; ES_RATE_LIMITED while too many
 * tokens of unknown issuers are sent; errors of the database. */
enum es_code bearer_verify(struct api *api, const char *token, struct arena *a,
    struct token_claims *out, struct es_err *err) ES_MUST_CHECK;

#endif
