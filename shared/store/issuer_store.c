#include "store/issuer_store.h"

#include "core/attr.h"

#include "core/banned.h"

static const struct pg_col key_cols[] = {
    PG_COL(struct issuer_key, ord, PG_INT8),
    PG_COL(struct issuer_key, tenant, PG_UUID),
    PG_COL(struct issuer_key, kid, PG_TEXT),
    PG_COL(struct issuer_key, alg, PG_TEXT),
    PG_COL(struct issuer_key, secret_hex, PG_TEXT),
    PG_COL(struct issuer_key, public_key, PG_TEXT),
    PG_COL(struct issuer_key, jwks, PG_TEXT),
    PG_COL(struct issuer_key, audience, PG_TEXT),
    PG_COL(struct issuer_key, created_ms, PG_INT8),
    PG_COL(struct issuer_key, provision, PG_BOOL),
    PG_COL(struct issuer_key, owners, PG_BOOL),
    PG_COL(struct issuer_key, has_url, PG_BOOL),
    PG_COL(struct issuer_key, tried_ms, PG_INT8),
};

const struct pg_stmt issuer_store_keys = {
    .name = "issuer_keys",
    .sql = "SELECT ord, tenant_id, kid, alg, secret, public_key, jwks, audience,"
	   " created_ms, provision, owners, has_url, tried_ms FROM es_auth_keys($1, $2)",
    .cols = key_cols,
    .n_cols = ES_COUNT(key_cols),
    .n_params = 2,
};

const char *const *
issuer_store_keys_params(
    struct arena *a, const char *const tenants[], const char *const issuers[], size_t n)
{
	const char **params = arena_alloc(a, 2 * sizeof(*params));

	params[0] = pg_array(a, tenants, n);
	params[1] = pg_array(a, issuers, n);
	return params;
}

static const struct pg_col subject_cols[] = {
    PG_COL(struct subject_row, ord, PG_INT8),
    PG_COL(struct subject_row, key_there, PG_BOOL),
    PG_COL(struct subject_row, user, PG_UUID),
    PG_COL(struct subject_row, role, PG_TEXT),
};

const struct pg_stmt issuer_store_subjects = {
    .name = "issuer_subjects",
    .sql = "SELECT ord, key_there, user_id, role FROM es_subjects($1, $2, $3, $4, $5)",
    .cols = subject_cols,
    .n_cols = ES_COUNT(subject_cols),
    .n_params = 5,
};

const char *const *
issuer_store_subjects_params(struct arena *a, const struct subject_ask asks[], size_t n)
{
	const char **params = arena_alloc(a, 5 * sizeof(*params));
	const char **items = arena_alloc(a, (n + 1) * sizeof(*items));

	for (size_t i = 0; i < n; i++)
		items[i] = asks[i].tenant;
	params[0] = pg_array(a, items, n);
	for (size_t i = 0; i < n; i++)
		items[i] = asks[i].kid;
	params[1] = pg_array(a, items, n);
	for (size_t i = 0; i < n; i++)
		items[i] = pg_int(a, asks[i].key_created_ms);
	params[2] = pg_array(a, items, n);
	for (size_t i = 0; i < n; i++)
		items[i] = asks[i].subject;
	params[3] = pg_array(a, items, n);
	for (size_t i = 0; i < n; i++)
		items[i] = asks[i].user[0] != '\0' ? asks[i].user : NULL;
	params[4] = pg_array(a, items, n);
	return params;
}

const struct pg_stmt issuer_store_provision = {
    .name = "issuer_provision",
    .sql = "SELECT 1, true, user_id, role FROM es_provision($1, $2, $3, $4)",
    .cols = subject_cols,
    .n_cols = ES_COUNT(subject_cols),
    .n_params = 4,
};

const char *const *
issuer_store_provision_params(
    struct arena *a, const char *subject, const char *name, const char *email)
{
	const char **params = arena_alloc(a, 4 * sizeof(*params));
	char id[ES_UUID_TEXT];

	uuid_new(id);
	params[0] = arena_strdup(a, id);
	params[1] = subject;
	params[2] = name;
	params[3] = email;
	return params;
}

static const struct pg_col wanted_cols[] = {
    PG_COL(struct jwks_wanted, will_be_read, PG_BOOL)};

const struct pg_stmt issuer_store_want = {
    .name = "issuer_want",
    .sql = "SELECT es_jwks_want($1, $2)",
    .cols = wanted_cols,
    .n_cols = 1,
    .n_params = 2,
};

static const struct pg_col due_cols[] = {
    PG_COL(struct jwks_due, tenant, PG_UUID),
    PG_COL(struct jwks_due, kid, PG_TEXT),
    PG_COL(struct jwks_due, alg, PG_TEXT),
    PG_COL(struct jwks_due, url, PG_TEXT),
};

static const struct pg_stmt due = {
    .name = "issuer_due",
    .sql = "SELECT tenant_id, kid, alg, url FROM es_jwks_due(1)",
    .cols = due_cols,
    .n_cols = ES_COUNT(due_cols),
};

/* When the fetch failed, keep the last key set that was fetched. */
static const struct pg_stmt read_stmt = {
    .name = "issuer_read",
    .sql = "UPDATE auth_keys SET jwks = COALESCE($3::text, jwks), jwks_error = "
	   "left($4::text, 200),"
	   " jwks_fetched_at = CASE WHEN $3::text IS NULL THEN jwks_fetched_at"
	   " ELSE clock_timestamp() END, jwks_tried_at = clock_timestamp()"
	   " WHERE tenant_id = $1 AND kid = $2",
    .n_params = 4,
};

enum es_code
issuer_store_due(
    struct pg *pg, struct arena *a, struct jwks_due *out, bool *found, struct es_err *err)
{
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &due, NULL, a, &rows, err));
	*found = pg_next(&rows, a, out);
	return ES_OK;
}

enum es_code
issuer_store_read(struct pg *pg, const struct jwks_due *of, const char *jwks,
    const char *fault, struct arena *a, struct es_err *err)
{
	const char *const params[] = {of->tenant.text, of->kid, jwks, fault};
	struct pg_rows rows;

	return pg_run(pg, &of->tenant, &read_stmt, params, a, &rows, err);
}
