/* The keys of the installation, from the settings. HS256 and ES256 have a current key
 * and a former one each, so that tokens of the former key stay valid during a rotation.
 */
#ifndef AUTH_TOKEN_KEYRING_H
#define AUTH_TOKEN_KEYRING_H

#include "auth/token.h"
#include "conf/conf_common.h"

struct token_keyring;

/* conf must outlive the keyring. Returns ES_INVALID when a public key can't be read. */
enum es_code token_keyring_new(const struct conf_auth *conf, struct token_keyring **out,
    struct es_err *err) ES_MUST_CHECK;
void token_keyring_free(struct token_keyring **ring);

/* The first key is the current HS256 key, which signs minted tokens. */
const struct token_rules *token_keyring_rules(const struct token_keyring *ring);

#endif
