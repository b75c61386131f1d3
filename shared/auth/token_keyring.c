#include "auth/token_keyring.h"

#include "auth/token_pubkey.h"
#include "core/check.h"

#include "core/banned.h"

#define KEYS_MAX 4

struct token_keyring {
	struct token_rules rules;
	struct token_key keys[KEYS_MAX];
	struct token_pubkey
	    *parsed[KEYS_MAX]; /* parsed keys[i]; NULL: keys[i] is an HS256 secret */
};

static enum es_code
token_keyring_add(struct token_keyring *ring, enum token_alg alg, const char *kid,
    const char *key, struct es_err *err)
{
	const size_t i = ring->rules.n_keys;

	if (key[0] == '\0')
		return ES_OK;
	if (alg != TOKEN_HS256)
		TRY(token_pubkey_new(alg, key, &ring->parsed[i], err));
	ring->keys[i] = (struct token_key){
	    .kid = kid, .alg = alg, .verify = key, .parsed = ring->parsed[i]};
	ring->rules.n_keys++;
	return ES_OK;
}

static enum es_code
token_keyring_add_all(
    struct token_keyring *r, const struct conf_auth *c, struct es_err *err)
{
	TRY(token_keyring_add(r, TOKEN_HS256, c->jwt_kid, c->jwt_secret, err));
	TRY(token_keyring_add(r, TOKEN_HS256, c->jwt_kid_old, c->jwt_secret_old, err));
	TRY(token_keyring_add(
	    r, TOKEN_ES256, c->jwt_es256_kid, c->jwt_es256_public_key, err));
	return token_keyring_add(
	    r, TOKEN_ES256, c->jwt_es256_kid_old, c->jwt_es256_public_key_old, err);
}

enum es_code
token_keyring_new(
    const struct conf_auth *conf, struct token_keyring **out, struct es_err *err)
{
	struct token_keyring *ring = mem_new(1, sizeof(*ring));
	const enum es_code rc = token_keyring_add_all(ring, conf, err);

	if (rc != ES_OK) {
		token_keyring_free(&ring);
		return rc;
	}
	ring->rules.keys = ring->keys;
	ring->rules.issuer = conf->jwt_issuer;
	ring->rules.audience = conf->jwt_audience;
	ring->rules.leeway_s = conf->jwt_leeway_s;
	*out = ring;
	return ES_OK;
}

void
token_keyring_free(struct token_keyring **ring)
{
	if (*ring == NULL)
		return;
	for (size_t i = 0; i < KEYS_MAX; i++)
		token_pubkey_free(&(*ring)->parsed[i]);
	mem_free(*ring);
	*ring = NULL;
}

const struct token_rules *
token_keyring_rules(const struct token_keyring *ring)
{
	return &ring->rules;
}
