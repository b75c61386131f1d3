/* The keys of tenants' own issuers, read from PostgreSQL and cached for a minute. If a
 * token's issuer or kid is unknown, the token waits until the keys are read again. The
 * worker reads the keys of one issuer at most once a second. */
#ifndef PUSH_ISSUER_KEYS_H
#define PUSH_ISSUER_KEYS_H

#include "auth/issuer.h"
#include "env/loop_env.h"

struct issuer_keys;
struct pg_async;

/* Issuers that one worker holds, unknown ones included. When the table is full, the
 * worker evicts an issuer that is not being read, an unknown one first. */
#define ISSUER_ENTRIES_MAX 10000

/* answered is called after each answer of the database and after each failure; the caller
 * then verifies the waiting tokens again. */
struct issuer_keys *issuer_keys_new(
    struct loop_env *env, struct pg_async *pg, void (*answered)(void *ctx), void *ctx);
/* No statement may be under way. */
void issuer_keys_free(struct issuer_keys **keys);

/* Verifies jwt like issuer_verify(). Returns ES_BUSY when the keys must be read first:
 * call again after answered(). Returns ES_UNAUTHENTICATED for an unknown issuer, and
 * ES_UNAVAILABLE when ISSUER_ENTRIES_MAX issuers wait to be read. came_ms: when the token
 * arrived, on the clock of env->now_ms. */
enum es_code issuer_keys_verify(struct issuer_keys *keys, const struct issuer_hint *hint,
    const char *jwt, int64_t came_ms, struct arena *a, struct issuer_claims *out,
    struct es_err *err) ES_MUST_CHECK;

/* Keys of the tenant may have changed: read them again when they are needed. */
void issuer_keys_forget(struct issuer_keys *keys, const struct tenant_id *tenant);
/* End of a turn: one statement reads the keys that tokens wait for. */
void issuer_keys_turn(struct issuer_keys *keys);

#endif
