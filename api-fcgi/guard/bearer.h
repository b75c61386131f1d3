/* Verifies a token that the installation or a tenant's own issuer has signed. A process
 * caches the keys of an issuer for a minute. Each request asks PostgreSQL whether the key
 * that signed still exists, so that a deleted key is refused from the next request on. */
#ifndef API_BEARER_H
#define API_BEARER_H

#include "env/api.h"

struct bearer_keys;

/* Maximum number of issuers that one process caches, unknown ones included. A further
 * issuer evicts the one whose keys were read longest ago, an unknown one first. */
#define BEARER_ISSUERS_MAX 1000

struct bearer_keys *bearer_keys_new(void);
void bearer_keys_free(struct bearer_keys **keys);

/* Verifies the token and fills req->claims. Looks up the user of an issuer's subject and,
 * where the key allows it, creates the user. When an earlier token of the subject has
 * shown the user, the look-up also reads ahead (guard_ahead_principal()). Returns the
 * codes of token_verify(); ES_UNAUTHENTICATED for an unknown subject, and for an owner
 * unless the key allows owners; ES_TOKEN_REVOKED when the key was deleted;
 * ES_RATE_LIMITED while too many tokens of unknown issuers arrive; or an error of
 * PostgreSQL. */
enum es_code bearer_verify(struct api *api, struct http_req *req, const char *token,
    struct es_err *err) ES_MUST_CHECK;

#endif
