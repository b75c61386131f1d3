#include "store/principal_store.h"

#include <string.h>

#include "store/store_private.h"

#include "core/banned.h"

/* One row of the answer before the checks. */
struct answer {
	int64_t ord; /* position in the arrays of the parameters, from 1 */
	const char *tenant_status, *user_status, *role, *display_name, *settings;
	int64_t acl_version, max_messages_per_second, tokens_valid_after_ms;
	bool revoked, read_receipts;
	char epoch[ES_UUID_TEXT];
};

static const struct pg_col answer_cols[] = {
    PG_COL(struct answer, ord, PG_INT8),
    PG_COL(struct answer, tenant_status, PG_TEXT),
    PG_COL(struct answer, acl_version, PG_INT8),
    PG_COL(struct answer, max_messages_per_second, PG_INT8),
    PG_COL(struct answer, settings, PG_TEXT),
    PG_COL(struct answer, user_status, PG_TEXT),
    PG_COL(struct answer, role, PG_TEXT),
    PG_COL(struct answer, display_name, PG_TEXT),
    PG_COL(struct answer, tokens_valid_after_ms, PG_INT8),
    PG_COL(struct answer, revoked, PG_BOOL),
    PG_COL(struct answer, epoch, PG_UUID),
    PG_COL(struct answer, read_receipts, PG_BOOL),
};

#define ANSWER \
	" tenant_status, acl_version, COALESCE(max_messages_per_second, -2), settings," \
	" user_status," \
	" role, display_name, tokens_valid_after_ms, revoked, epoch, read_receipts "

/* es_authenticate_many() for one token of the tenant that is set, as a plain statement:
 * its plan is cached, and row-level security confines it to that tenant. */
static const struct pg_stmt principal_store_one = {
    .name = "principal",
    .sql = "SELECT 1, t.status, t.acl_version, COALESCE(t.max_messages_per_second, -2),"
	   " t.settings, CASE WHEN u.deleted_at IS NULL THEN u.status ELSE 'deleted' END,"
	   " u.role, u.display_name, CASE WHEN isfinite(u.tokens_valid_after)"
	   " THEN es_ms(u.tokens_valid_after) ELSE 0 END,"
	   " EXISTS (SELECT FROM revoked_tokens r WHERE r.tenant_id = $1 AND r.jti = $3"
	   " AND r.user_id IN ($2, '" ACTOR_NOBODY "')"
	   " AND NOT (r.spares_owners AND u.role = 'owner')),"
	   " (SELECT m.epoch FROM cluster_meta m), " STORE_RECEIPTS_ON(
	       "u", "t") " FROM tenants t JOIN users u ON u.tenant_id = t.id"
			 " WHERE t.id = $1 AND u.tenant_id = $1 AND u.id = $2",
    .cols = answer_cols,
    .n_cols = ES_COUNT(answer_cols),
    .n_params = 3,
};

const struct pg_stmt principal_store_many = {
    .name = "principals",
    .sql = "SELECT ord," ANSWER "FROM es_authenticate_many($1, $2, $3)",
    .cols = answer_cols,
    .n_cols = ES_COUNT(answer_cols),
    .n_params = 3,
};

static bool
principal_store_is_active(const struct answer *row)
{
	return strcmp(row->tenant_status, "active") == 0 &&
	       strcmp(row->user_status, "active") == 0;
}

static enum es_code
principal_store_check(const struct answer *row, const struct principal_ask *ask,
    struct principal *out, struct es_err *err)
{
	if (strcmp(row->tenant_status, "active") != 0)
		return es_fail(err, ES_TENANT_SUSPENDED, "the tenant is suspended");
	if (strcmp(row->user_status, "deleted") == 0)
		return es_fail(err, ES_TOKEN_REVOKED, "the user is deleted");
	if (strcmp(row->user_status, "active") != 0)
		return es_fail(err, ES_TOKEN_REVOKED, "the user is deactivated");
	/* issued_s is in seconds and tokens_valid_after in milliseconds, so compare both
	 * in whole seconds, rounded down. Refuse a token of the same second, because it
	 * may be older than the revocation. token_store_issue_s() gives new tokens a
	 * later iat. */
	if (row->revoked || (row->tokens_valid_after_ms > 0 &&
				ask->issued_s <= row->tokens_valid_after_ms / 1000))
		return es_fail(err, ES_TOKEN_REVOKED, "the token was revoked");

	*out = (struct principal){
	    .actor = {.tenant = ask->tenant,
		.user = ask->user,
		.role = row->role,
		.display_name = row->display_name},
	    .acl_version = row->acl_version,
	    .max_messages_per_second = row->max_messages_per_second,
	    .settings = row->settings,
	    .read_receipts = row->read_receipts,
	};
	memcpy(out->epoch, row->epoch, sizeof(out->epoch));
	return ES_OK;
}

static enum es_code
principal_store_fail_unknown(struct es_err *err)
{
	return es_fail(err, ES_UNAUTHENTICATED, "the token's user does not exist");
}

const char *const *
principal_store_many_params(struct arena *a, const struct principal_ask asks[], size_t n)
{
	const char **params = arena_alloc(a, 3 * sizeof(*params));
	const char **items = arena_alloc(a, n * sizeof(*items));

	for (size_t i = 0; i < n; i++)
		items[i] = asks[i].tenant.text;
	params[0] = pg_array(a, items, n);
	for (size_t i = 0; i < n; i++)
		items[i] = asks[i].user.text;
	params[1] = pg_array(a, items, n);
	for (size_t i = 0; i < n; i++)
		items[i] = asks[i].jti;
	params[2] = pg_array(a, items, n);
	return params;
}

void
principal_store_many_read(struct pg_rows *rows, const struct principal_ask asks[],
    size_t n, struct arena *a, struct principal_answer out[])
{
	struct answer row = {0};

	for (size_t i = 0; i < n; i++) {
		out[i].rc = principal_store_fail_unknown(&out[i].err);
		out[i].gone = true;
	}
	while (pg_next(rows, a, &row))
		if (row.ord >= 1 && (size_t)row.ord <= n) {
			const size_t i = (size_t)row.ord - 1;

			out[i].rc = principal_store_check(
			    &row, &asks[i], &out[i].principal, &out[i].err);
			out[i].gone = !principal_store_is_active(&row);
		}
}

enum es_code
principal_store_get(struct pg *pg, const struct tenant_id *tenant,
    const struct user_id *user, const char *jti, int64_t issued_s, struct arena *a,
    struct principal *out, struct es_err *err)
{
	const struct principal_ask ask = {*tenant, *user, jti, issued_s};
	const char *const params[] = {tenant->text, user->text, jti};
	struct answer row = {0};
	struct pg_rows rows;

	TRY(pg_ahead_run(pg, tenant, &principal_store_one, params, a, &rows, err));
	return pg_next(&rows, a, &row) ? principal_store_check(&row, &ask, out, err)
	                               : principal_store_fail_unknown(err);
}
