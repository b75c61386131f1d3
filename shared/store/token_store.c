#include "store/token_store.h"

#include <string.h>

#include "store/store_private.h"

#include "core/banned.h"

/* Largest lead of an iat on the database's clock. The SQL trigger users_cutoff has the
 * same number. */
#define TOKEN_AHEAD_S 1

struct token_row {
	int64_t n;
	const char *role;
};

static const struct pg_col token_store_cols[] = {
    PG_COL(struct token_row, n, PG_INT8),
    PG_COL(struct token_row, role, PG_TEXT),
};

#define TOKEN_STMT(name_, sql_, n_cols_, n_params_) \
	{ \
		.name = "token_" name_, .sql = sql_, .cols = token_store_cols, \
		.n_cols = (n_cols_), .n_params = (n_params_) \
	}

/* Lock the tenant's row: revocations and changes of rights of one tenant run one after
 * the other. So neither the role that permits the revocation nor the count of rows
 * changes before the commit. */
static const struct pg_stmt token_store_lock = TOKEN_STMT(
    "lock", "SELECT acl_version FROM tenants WHERE id = $1 FOR NO KEY UPDATE", 1, 1);

static const struct pg_stmt token_store_raise = TOKEN_STMT("raise",
    "UPDATE tenants SET acl_version = acl_version + 1 WHERE id = $1"
    " RETURNING acl_version",
    1, 1);

static const struct pg_stmt token_store_role = TOKEN_STMT(
    "role", "SELECT 0, role FROM users WHERE tenant_id = $1 AND id = $2", 2, 2);

/* FOR SHARE waits for a revocation of the user that is running. A later revocation waits
 * until the clock is read here, and the trigger users_cutoff gives it a value that is not
 * before this second. */
struct token_issue {
	int64_t now_s, least_s;
};
static const struct pg_col token_issue_cols[] = {
    PG_COL(struct token_issue, now_s, PG_INT8),
    PG_COL(struct token_issue, least_s, PG_INT8),
};
static const struct pg_stmt token_store_issue = {
    .name = "token_issue",
    .sql =
	"SELECT es_ms(clock_timestamp()) / 1000, CASE WHEN isfinite(tokens_valid_after)"
	" THEN es_ms(tokens_valid_after) / 1000 + 1 ELSE 0 END"
	" FROM users WHERE tenant_id = $1 AND id = $2 FOR SHARE",
    .cols = token_issue_cols,
    .n_cols = ES_COUNT(token_issue_cols),
    .n_params = 2,
};

/* The trigger users_cutoff raises the value: it never goes back and is never before the
 * iat of a minted token. */
static const struct pg_stmt token_store_move = TOKEN_STMT("valid_after",
    "UPDATE users SET tokens_valid_after = GREATEST(tokens_valid_after,"
    " to_timestamp($3::bigint / 1000.0))"
    " WHERE tenant_id = $1 AND id = $2 RETURNING es_ms(tokens_valid_after)",
    1, 3);

/* The inner LIMIT stops counting at the limit. */
static const struct pg_stmt token_store_count = TOKEN_STMT("count",
    "SELECT count(*) FROM (SELECT FROM revoked_tokens WHERE tenant_id = $1"
    " AND user_id = $2 AND jti <> $3 LIMIT $4) r",
    1, 4);

static const struct pg_stmt token_store_put = TOKEN_STMT("revoke",
    "INSERT INTO revoked_tokens AS r (tenant_id, jti, user_id, expires_at, spares_owners)"
    " VALUES ($1, $2, $3, to_timestamp($4::bigint / 1000.0), $5)"
    " ON CONFLICT (tenant_id, jti, user_id) DO UPDATE"
    " SET expires_at = GREATEST(r.expires_at, EXCLUDED.expires_at),"
    " spares_owners = r.spares_owners AND EXCLUDED.spares_owners RETURNING 1",
    1, 5);

static enum es_code
token_store_run_one(struct pg *pg, const struct tenant_id *tenant,
    const struct pg_stmt *stmt, const char *const params[], struct arena *a,
    struct token_row *out, struct es_err *err)
{
	struct pg_rows rows;

	TRY(pg_run(pg, tenant, stmt, params, a, &rows, err));
	if (!pg_next(&rows, a, out))
		return es_fail(err, ES_NOT_FOUND, STORE_NO_USER);
	return ES_OK;
}

static enum es_code
token_store_check_rights(struct pg *pg, const struct actor *who,
    const struct user_id *user, struct arena *a, struct es_err *err)
{
	const char *const key[] = {who->tenant.text, user->text};
	struct token_row row = {0};

	TRY(token_store_run_one(pg, NULL, &token_store_role, key, a, &row, err));
	if (strcmp(user->text, who->user.text) == 0 || actor_is_owner(who))
		return ES_OK;
	if (!actor_is_admin(who))
		return es_fail(err, ES_FORBIDDEN,
		    "only an owner or admin revokes the tokens of another user");
	if (strcmp(row.role, "owner") == 0)
		return es_fail(
		    err, ES_FORBIDDEN, "only an owner revokes the tokens of an owner");
	return ES_OK;
}

static enum es_code
token_store_user_locked(struct pg *pg, const struct actor *who,
    const struct user_id *user, int64_t now_ms, struct arena *a,
    struct token_revocation *out, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, user->text, pg_int(a, now_ms)};
	struct token_row moved = {0}, version = {0};

	TRY(token_store_run_one(pg, NULL, &token_store_lock, params, a, &version, err));
	TRY(token_store_check_rights(pg, who, user, a, err));
	TRY(token_store_run_one(pg, NULL, &token_store_move, params, a, &moved, err));
	TRY(token_store_run_one(pg, NULL, &token_store_raise, params, a, &version, err));
	*out = (struct token_revocation){moved.n, version.n};
	return ES_OK;
}

enum es_code
token_store_revoke_user(struct pg *pg, const struct actor *who,
    const struct user_id *user, int64_t now_ms, struct arena *a,
    struct token_revocation *out, struct es_err *err)
{
	TRY(pg_begin(pg, &who->tenant, err));
	return store_end(
	    pg, token_store_user_locked(pg, who, user, now_ms, a, out, err), err);
}

static enum es_code
token_store_put_jti(struct pg *pg, const struct tenant_id *tenant,
    const struct token_jti *in, bool spares_owners, struct arena *a,
    struct token_revocation *out, struct es_err *err)
{
	const char *user = in->user != NULL ? in->user->text : ACTOR_NOBODY;
	const char *const row[] = {tenant->text, in->jti, user,
	    pg_int(a, in->expires_ms + TOKEN_STORE_KEEP_S * INT64_C(1000)),
	    pg_bool(spares_owners)};
	struct token_row version = {0}, put;

	TRY(token_store_run_one(pg, NULL, &token_store_put, row, a, &put, err));
	TRY(token_store_run_one(pg, NULL, &token_store_raise, row, a, &version, err));
	*out = (struct token_revocation){.acl_version = version.n};
	return ES_OK;
}

enum es_code
token_store_end_jti(struct pg *pg, const struct tenant_id *tenant,
    const struct token_jti *in, struct arena *a, struct token_revocation *out,
    struct es_err *err)
{
	return token_store_put_jti(pg, tenant, in, false, a, out, err);
}

static enum es_code
token_store_jti_locked(struct pg *pg, const struct actor *who, const struct token_jti *in,
    struct arena *a, struct token_revocation *out, struct es_err *err)
{
	const char *tenant = who->tenant.text;
	const char *user = in->user != NULL ? in->user->text : ACTOR_NOBODY;
	const char *const counted[] = {tenant, user, in->jti, pg_int(a, in->max)};
	struct token_row others = {0}, version = {0};

	TRY(token_store_run_one(pg, NULL, &token_store_lock, counted, a, &version, err));
	if (in->user != NULL)
		TRY(token_store_check_rights(pg, who, in->user, a, err));
	TRY(token_store_run_one(pg, NULL, &token_store_count, counted, a, &others, err));
	if (others.n >= in->max)
		return es_fail(err, ES_QUOTA_EXCEEDED,
		    "%lld revoked tokens are kept for this %s; revoke all tokens of the "
		    "user",
		    (long long)in->max, in->user != NULL ? "user" : "tenant");
	return token_store_put_jti(
	    pg, &who->tenant, in, in->user == NULL && !actor_is_owner(who), a, out, err);
}

enum es_code
token_store_revoke_jti(struct pg *pg, const struct actor *who, const struct token_jti *in,
    struct arena *a, struct token_revocation *out, struct es_err *err)
{
	if (in->user == NULL && !actor_is_admin(who))
		return es_fail(err, ES_FORBIDDEN,
		    "only an owner or admin revokes the tokens of another user");
	TRY(pg_begin(pg, &who->tenant, err));
	return store_end(pg, token_store_jti_locked(pg, who, in, a, out, err), err);
}

enum es_code
token_store_issue_s(struct pg *pg, const struct tenant_id *tenant,
    const struct user_id *user, struct arena *a, int64_t *out, struct es_err *err)
{
	const char *const key[] = {tenant->text, user->text};
	struct token_issue row = {0};
	struct pg_rows rows;
	int64_t wait_s;

	TRY(pg_run(pg, tenant, &token_store_issue, key, a, &rows, err));
	if (!pg_next(&rows, a, &row))
		return es_fail(err, ES_NOT_FOUND, STORE_NO_USER);
	/* A revocation covers an iat at most TOKEN_AHEAD_S ahead of the clock (trigger
	 * users_cutoff), so a token with a later iat must wait. */
	wait_s = row.least_s - row.now_s - TOKEN_AHEAD_S;
	if (wait_s > 0) {
		IGNORE(es_fail(err, ES_RATE_LIMITED,
		    "the user's tokens were revoked more than once within a second; a "
		    "new "
		    "token can be minted in %lld s",
		    (long long)wait_s));
		err->retry_after_ms = (long)(wait_s * 1000);
		return ES_RATE_LIMITED;
	}
	*out = row.least_s > row.now_s ? row.least_s : row.now_s;
	return ES_OK;
}
