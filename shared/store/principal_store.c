#include "store/principal_store.h"

#include <string.h>

#include "core/banned.h"

/* A row as it comes, before it is judged. */
struct answer {
	const char *tenant_status, *user_status, *role, *display_name, *settings;
	int64_t acl_version, max_messages_per_second, tokens_valid_after_ms;
	bool revoked;
	char epoch[ES_UUID_TEXT];
};

static const struct pg_col answer_cols[] = {
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
};

const struct pg_stmt principal_store_stmt = {
    .name = "principal",
    .sql = "SELECT tenant_status, acl_version, max_messages_per_second, settings,"
	   " user_status, role, display_name, tokens_valid_after_ms, revoked, epoch"
	   " FROM es_authenticate($1, $2, $3)",
    .cols = answer_cols,
    .n_cols = ES_COUNT(answer_cols),
    .n_params = 3,
};

const char *const *
principal_store_params(struct arena *a, const struct tenant_id *tenant,
    const struct user_id *user, const char *jti)
{
	const char **params = arena_alloc(a, 3 * sizeof(*params));

	params[0] = arena_strdup(a, tenant->text);
	params[1] = arena_strdup(a, user->text);
	params[2] = arena_strdup(a, jti);
	return params;
}

enum es_code
principal_store_read(struct pg_rows *rows, const struct tenant_id *tenant,
    const struct user_id *user, int64_t issued_s, struct arena *a, struct principal *out,
    struct es_err *err)
{
	struct answer row = {0};

	if (!pg_next(rows, a, &row))
		return es_fail(
		    err, ES_UNAUTHENTICATED, "the token's user does not exist");
	if (strcmp(row.tenant_status, "active") != 0)
		return es_fail(err, ES_TENANT_SUSPENDED, "the tenant is suspended");
	if (strcmp(row.user_status, "active") != 0)
		return es_fail(err, ES_TOKEN_REVOKED, "the user is deactivated");
	/* Tokens know seconds only: one of the second of the revocation is refused. */
	if (row.revoked || issued_s * 1000 < row.tokens_valid_after_ms)
		return es_fail(err, ES_TOKEN_REVOKED, "the token was revoked");

	*out = (struct principal){
	    .actor = {.tenant = *tenant,
		.user = *user,
		.role = row.role,
		.display_name = row.display_name},
	    .acl_version = row.acl_version,
	    .max_messages_per_second = row.max_messages_per_second,
	    .settings = row.settings,
	};
	memcpy(out->epoch, row.epoch, sizeof(out->epoch));
	return ES_OK;
}

enum es_code
principal_store_get(struct pg *pg, const struct tenant_id *tenant,
    const struct user_id *user, const char *jti, int64_t issued_s, struct arena *a,
    struct principal *out, struct es_err *err)
{
	const char *const params[] = {tenant->text, user->text, jti};
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &principal_store_stmt, params, a, &rows, err));
	return principal_store_read(&rows, tenant, user, issued_s, a, out, err);
}
