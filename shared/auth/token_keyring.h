/* The keys of the installation, from the settings: for HS256 and ES256 one in force and
 * an old one, so that keys can be changed while tokens of both are about. */
#ifndef AUTH_TOKEN_KEYRING_H
#define AUTH_TOKEN_KEYRING_H

#include "auth/token.h"
#include "conf/conf_common.h"

struct token_keyring;

/* conf outlives it. ES_INVALID when a public key is none. */
enum es_code token_keyring_new(const struct conf_auth *conf, struct token_keyring **out,
    struct es_err *err) ES_MUST_CHECK;
void token_keyring_free(struct token_keyring **ring);

/* The first key is the HS256 key in force, which tokens are minted with. */
const struct token_rules *token_keyring_rules(const struct token_keyring *ring);

#endif
