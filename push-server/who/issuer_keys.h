/* The keys of tenants' own issuers, read from PostgreSQL and kept for a minute. A token
 * with something unknown (issuer, kid) waits for keys that are read after it came; those
 * of one issuer are read once a second at most. */
#ifndef PUSH_ISSUER_KEYS_H
#define PUSH_ISSUER_KEYS_H

#include "auth/issuer.h"
#include "env/loop_env.h"

struct issuer_keys;
struct pg_async;

/* told is called after each answer of the database, and after a failure: those that wait
 * try again. */
struct issuer_keys *issuer_keys_new(
    struct loop_env *env, struct pg_async *pg, void (*told)(void *ctx), void *ctx);
/* Nothing is under way. */
void issuer_keys_free(struct issuer_keys **keys);

/* As issuer_verify(), with ES_BUSY when the keys have to be read first: call again when
 * told. ES_UNAUTHENTICATED for an unknown issuer. came_ms: when the token came, on the
 * clock of env. */
enum es_code issuer_keys_verify(struct issuer_keys *keys, const struct issuer_hint *hint,
    const char *jwt, int64_t came_ms, struct arena *a, struct issuer_claims *out,
    struct es_err *err) ES_MUST_CHECK;

/* Keys of the tenant have changed, perhaps: they are read again when they are needed. */
void issuer_keys_forget(struct issuer_keys *keys, const struct tenant_id *tenant);
/* End of a turn: what is needed is read by one statement. */
void issuer_keys_turn(struct issuer_keys *keys);

#endif
