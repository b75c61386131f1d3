/* The state of a token's user and tenant, read from the database in one snapshot. */
#ifndef STORE_PRINCIPAL_STORE_H
#define STORE_PRINCIPAL_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "pg/pg.h"
#include "store/actor.h"

struct principal {
	struct actor actor;
	/* version of the tenant's rights; check again when it has changed */
	int64_t acl_version;
	int64_t max_messages_per_second; /* or TENANT_NO_LIMIT */
	/* settings of the tenant, a JSON object: see tenant_settings.h */
	const char *settings;
	/* neither the tenant nor the user has switched read receipts off */
	bool read_receipts;
	char epoch[ES_UUID_TEXT];
};

/* Asks about one token. */
struct principal_ask {
	struct tenant_id tenant;
	struct user_id user;
	const char *jti;
	int64_t issued_s; /* claim iat, as in struct token_claims */
};

/* ES_UNAUTHENTICATED: the user or tenant is unknown. ES_TENANT_SUSPENDED: the tenant is
 * suspended. ES_TOKEN_REVOKED: the user is deactivated or deleted, the jti is revoked, or
 * the token is not newer than tokens_valid_after. Also runs the statements that were
 * noted between pg_ahead_begin() and pg_ahead_end(). */
enum es_code principal_store_get(struct pg *pg, const struct tenant_id *tenant,
    const struct user_id *user, const char *jti, int64_t issued_s, struct arena *a,
    struct principal *out, struct es_err *err) ES_MUST_CHECK;

/* principal_store_get() for an event loop, for many tokens of any tenants. Send the
 * statement with these parameters and without a tenant, then read its rows. out[i]
 * answers asks[i]. The parameters and texts are allocated in the arena a. */
struct principal_answer {
	enum es_code rc; /* what principal_store_get() would return */
	/* The user or the tenant is the reason of the refusal: any other token of this
	 * user would be refused, too. False when only this token is revoked. */
	bool gone;
	struct es_err err;
	struct principal principal; /* set when rc is ES_OK */
};
extern const struct pg_stmt principal_store_many;
const char *const *principal_store_many_params(
    struct arena *a, const struct principal_ask asks[], size_t n);
void principal_store_many_read(struct pg_rows *rows, const struct principal_ask asks[],
    size_t n, struct arena *a, struct principal_answer out[]);

#endif
