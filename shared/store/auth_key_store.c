#include "store/auth_key_store.h"

#include <string.h>

#include "store/store_private.h"

#include "core/banned.h"

static const struct pg_col key_cols[] = {
    PG_COL(struct auth_key, kid, PG_TEXT),
    PG_COL(struct auth_key, alg, PG_TEXT),
    PG_COL(struct auth_key, issuer, PG_TEXT),
    PG_COL(struct auth_key, audience, PG_TEXT),
    PG_COL(struct auth_key, public_key, PG_TEXT),
    PG_COL(struct auth_key, jwks_url, PG_TEXT),
    PG_COL(struct auth_key, jwks_error, PG_TEXT),
    PG_COL(struct auth_key, created_ms, PG_INT8),
    PG_COL(struct auth_key, jwks_fetched_ms, PG_INT8),
    PG_COL(struct auth_key, provision, PG_BOOL),
    PG_COL(struct auth_key, owners, PG_BOOL),
};

#define KEY_COLS \
	"kid, alg, issuer, audience, public_key, jwks_url, jwks_error," \
	" es_ms(created_at), es_ms(jwks_fetched_at), provision, owners"
#define KEY_STMT(name_, sql_, n) \
	{ \
		.name = "auth_key_" name_, .sql = sql_, .cols = key_cols, \
		.n_cols = ES_COUNT(key_cols), .n_params = (n) \
	}

static const struct pg_stmt list = KEY_STMT("list",
    "SELECT " KEY_COLS " FROM auth_keys WHERE tenant_id = $1 AND revoked_at IS NULL"
    " ORDER BY kid",
    1);

static const struct pg_stmt create = KEY_STMT("create",
    "INSERT INTO auth_keys (tenant_id, kid, alg, issuer, audience, secret, public_key,"
    " jwks_url, jwks, provision, owners, jwks_fetched_at, jwks_tried_at)"
    " VALUES ($1, $2, $3, $4, $5, convert_to($6, 'UTF8'), $7, $8::text, $9::text, $10, "
    "$11,"
    " CASE WHEN $9::text IS NOT NULL THEN now() END, CASE WHEN $8::text IS NOT NULL THEN "
    "now() END)"
    " RETURNING " KEY_COLS,
    11);

static const struct pg_stmt delete_stmt = {
    .name = "auth_key_delete",
    .sql = "DELETE FROM auth_keys WHERE tenant_id = $1 AND kid = $2",
    .n_params = 2,
};

/* Inserts nothing when another tenant has registered the issuer. The statement `claimed`
 * then counts no row of this tenant. */
static const struct pg_stmt claim = {
    .name = "auth_issuer_claim",
    .sql = "INSERT INTO auth_issuers (tenant_id, issuer) VALUES ($1, $2)"
	   " ON CONFLICT DO NOTHING",
    .n_params = 2,
};

static const struct pg_stmt release = {
    .name = "auth_issuer_release",
    .sql = "DELETE FROM auth_issuers i WHERE i.tenant_id = $1 AND NOT EXISTS"
	   " (SELECT FROM auth_keys k WHERE k.tenant_id = $1 AND k.issuer = i.issuer)",
    .n_params = 1,
};

struct count {
	int64_t n;
};
static const struct pg_col count_cols[] = {PG_COL(struct count, n, PG_INT8)};

#define COUNT_STMT(name_, sql_, n) \
	{ \
		.name = "auth_key_" name_, .sql = sql_, .cols = count_cols, .n_cols = 1, \
		.n_params = (n) \
	}

/* Lock the tenant's row, so that only one transaction at a time counts and changes keys
 * of the tenant. */
static const struct pg_stmt lock_keys = COUNT_STMT(
    "lock", "SELECT acl_version FROM tenants WHERE id = $1 FOR NO KEY UPDATE", 1);

static const struct pg_stmt count_keys =
    COUNT_STMT("count", "SELECT count(*) FROM auth_keys WHERE tenant_id = $1", 1);

static const struct pg_stmt claimed = COUNT_STMT("claimed",
    "SELECT count(*) FROM auth_issuers WHERE tenant_id = $1 AND issuer = $2", 2);

static const struct pg_stmt raise_version = COUNT_STMT("raise",
    "UPDATE tenants SET acl_version = acl_version + 1 WHERE id = $1"
    " RETURNING acl_version",
    1);

static enum es_code
auth_key_store_read_number(struct pg *pg, const struct pg_stmt *stmt,
    const char *const params[], struct arena *a, int64_t *out, struct es_err *err)
{
	struct count row = {0};
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, stmt, params, a, &rows, err));
	IGNORE(pg_next(&rows, a, &row));
	*out = row.n;
	return ES_OK;
}

static enum es_code
auth_key_store_check_owner(const struct actor *who, struct es_err *err)
{
	return actor_is_owner(who) ? ES_OK
	                           : es_fail(err, ES_FORBIDDEN,
					 "only an owner of the tenant may do this");
}

bool
auth_key_issuer_is_url(const char *issuer)
{
	return strncmp(issuer, "https://", 8) == 0;
}

enum es_code
auth_key_store_list(struct pg *pg, const struct actor *who, struct arena *a,
    struct auth_key **out, size_t *out_n, struct es_err *err)
{
	const char *const params[] = {who->tenant.text};
	struct pg_rows rows;
	size_t n = 0;

	TRY(auth_key_store_check_owner(who, err));
	TRY(pg_run(pg, &who->tenant, &list, params, a, &rows, err));
	*out = arena_alloc(a, ((size_t)rows.count + 1) * sizeof(**out));
	while (pg_next(&rows, a, &(*out)[n]))
		n++;
	*out_n = n;
	return ES_OK;
}

static enum es_code
auth_key_store_claim_issuer(struct pg *pg, const struct actor *who, const char *issuer,
    struct arena *a, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, issuer};
	struct pg_rows rows;
	int64_t ours;

	if (!auth_key_issuer_is_url(issuer))
		return ES_OK;
	TRY(pg_run(pg, NULL, &claim, params, a, &rows, err));
	TRY(auth_key_store_read_number(pg, &claimed, params, a, &ours, err));
	if (ours == 0)
		return es_fail_field(err, ES_CONFLICT, "issuer",
		    "another tenant has registered this URL as its issuer");
	return ES_OK;
}

static enum es_code
auth_key_store_create_locked(struct pg *pg, const struct actor *who,
    const struct auth_key_new *in, struct arena *a, struct auth_key *out,
    struct es_err *err)
{
	const char *const key[] = {who->tenant.text};
	const char *const params[] = {who->tenant.text, in->kid, in->alg, in->issuer,
	    in->audience, in->secret, in->public_key, in->jwks_url, in->jwks,
	    pg_bool(in->provision), pg_bool(in->owners)};
	struct pg_rows rows;
	enum es_code rc;
	int64_t n;

	TRY(auth_key_store_read_number(pg, &lock_keys, key, a, &n, err));
	TRY(auth_key_store_read_number(pg, &count_keys, key, a, &n, err));
	if (n >= ISSUER_KEYS_MAX)
		return es_fail(err, ES_QUOTA_EXCEEDED, "a tenant has at most %d keys",
		    ISSUER_KEYS_MAX);
	TRY(auth_key_store_claim_issuer(pg, who, in->issuer, a, err));
	rc = pg_run(pg, NULL, &create, params, a, &rows, err);
	if (rc == ES_CONFLICT)
		return es_fail_field(
		    err, ES_NAME_TAKEN, "kid", "another key has this kid");
	TRY(rc);
	return pg_next(&rows, a, out) ? ES_OK
	                              : es_fail(err, ES_INTERNAL,
					    "PostgreSQL returned no row for the new key");
}

enum es_code
auth_key_store_create(struct pg *pg, const struct actor *who,
    const struct auth_key_new *in, struct arena *a, struct auth_key *out,
    struct es_err *err)
{
	TRY(auth_key_store_check_owner(who, err));
	TRY(pg_begin(pg, &who->tenant, err));
	return store_end(pg, auth_key_store_create_locked(pg, who, in, a, out, err), err);
}

static enum es_code
auth_key_store_delete_locked(struct pg *pg, const struct actor *who, const char *kid,
    struct arena *a, int64_t *out_acl_version, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, kid};
	struct pg_rows rows;
	int64_t n;

	TRY(auth_key_store_read_number(pg, &lock_keys, params, a, &n, err));
	TRY(pg_run(pg, NULL, &delete_stmt, params, a, &rows, err));
	if (rows.affected == 0)
		return es_fail(err, ES_NOT_FOUND, "no such key");
	TRY(pg_run(pg, NULL, &release, params, a, &rows, err));
	return auth_key_store_read_number(
	    pg, &raise_version, params, a, out_acl_version, err);
}

enum es_code
auth_key_store_delete(struct pg *pg, const struct actor *who, const char *kid,
    struct arena *a, int64_t *out_acl_version, struct es_err *err)
{
	TRY(auth_key_store_check_owner(who, err));
	TRY(pg_begin(pg, &who->tenant, err));
	return store_end(
	    pg, auth_key_store_delete_locked(pg, who, kid, a, out_acl_version, err), err);
}
