/* What the database says about the bearer of a token, from one snapshot. */
#ifndef STORE_PRINCIPAL_STORE_H
#define STORE_PRINCIPAL_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "pg/pg.h"
#include "store/actor.h"

struct principal {
	struct actor actor;
	int64_t acl_version; /* of the tenant: re-validate when it has changed */
	int64_t max_messages_per_second; /* or TENANT_NO_LIMIT */
	const char *settings; /* of the tenant, a JSON object: see tenant_settings.h */
	char epoch[ES_UUID_TEXT];
};

/* Whose token it is that is asked about. */
struct principal_ask {
	struct tenant_id tenant;
	struct user_id user;
	const char *jti;
	int64_t issued_s; /* as of struct token_claims */
};

/* ES_UNAUTHENTICATED for an unknown user or tenant, ES_TENANT_SUSPENDED, ES_TOKEN_REVOKED
 * for a deactivated user, a revoked jti and a token from before tokens_valid_after. */
enum es_code principal_store_get(struct pg *pg, const struct tenant_id *tenant,
    const struct user_id *user, const char *jti, int64_t issued_s, struct arena *a,
    struct principal *out, struct es_err *err) ES_MUST_CHECK;

/* The same for an event loop and many at once, of any tenants: send the statement with
 * these parameters and no tenant, then read its rows. Each ask has its own answer. */
struct principal_answer {
	enum es_code rc; /* as of principal_store_get */
	/* Refused for the sake of the user or the tenant: no other token of this user
	 * would be taken. False when it is this token that is revoked. */
	bool gone;
	struct es_err err;
	struct principal principal; /* when ES_OK */
};
extern const struct pg_stmt principal_store_many;
const char *const *principal_store_many_params(
    struct arena *a, const struct principal_ask asks[], size_t n);
void principal_store_many_read(struct pg_rows *rows, const struct principal_ask asks[],
    size_t n, struct arena *a, struct principal_answer out[]);

#endif
