#include "store/tenant_store.h"

#include "store/actor.h"
#include "store/tenant_settings.h"

#include "core/banned.h"

static const struct pg_col tenant_cols[] = {
    PG_COL(struct tenant, id, PG_UUID),
    PG_COL(struct tenant, name, PG_TEXT),
    PG_COL(struct tenant, created_ms, PG_INT8),
    PG_COL(struct tenant, max_channels, PG_INT8),
    PG_COL(struct tenant, max_messages_per_second, PG_INT8),
    PG_COL(struct tenant, channel_count, PG_INT8),
    PG_COL(struct tenant, acl_version, PG_INT8),
    PG_COL(struct tenant, status, PG_TEXT),
    PG_COL(struct tenant, settings, PG_TEXT),
};

#define TENANT_STMT(name_, from, n) \
	{ \
		.name = "tenant_" name_, \
		.sql = "SELECT id, name, created_ms, COALESCE(max_channels, -2)," \
		       " COALESCE(max_messages_per_second, -2), channel_count, " \
		       "acl_version, status," \
		       " settings FROM " from, \
		.cols = tenant_cols, .n_cols = ES_COUNT(tenant_cols), .n_params = (n) \
	}

static const struct pg_stmt create =
    TENANT_STMT("create", "es_tenant_create($1, $2, $3, $4, $5, $6, $7, $8)", 8);
static const struct pg_stmt get = TENANT_STMT("get", "es_tenant_get($1)", 1);
static const struct pg_stmt list = TENANT_STMT("list", "es_tenant_list($1, $2)", 2);
static const struct pg_stmt patch_stmt =
    TENANT_STMT("patch", "es_tenant_patch($1, $2, $3, $4, $5)", 5);
static const struct pg_stmt status = TENANT_STMT("status", "es_tenant_status($1, $2)", 2);

static enum es_code
tenant_store_run_one(struct pg *pg, const struct pg_stmt *stmt,
    const char *const params[], struct arena *a, struct tenant *out, struct es_err *err)
{
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, stmt, params, a, &rows, err));
	if (!pg_next(&rows, a, out))
		return es_fail(err, ES_NOT_FOUND, "no such tenant");
	return ES_OK;
}

/* The SQL functions take NULL for "unchanged" or "default", and -1 for no limit. */
static const char *
tenant_store_limit_or_null(struct arena *a, int64_t value)
{
	return value == -1 ? NULL : value == TENANT_NO_LIMIT ? "-1" : pg_int(a, value);
}

enum es_code
tenant_store_create(struct pg *pg, const struct tenant_new *in, struct arena *a,
    struct tenant *out, struct user_id *admin, struct es_err *err)
{
	struct tenant_id id = in->id;
	const char *const params[] = {id.text, in->name,
	    tenant_store_limit_or_null(a, in->max_channels),
	    tenant_store_limit_or_null(a, in->max_messages_per_second), in->settings,
	    admin->text, in->admin_email, in->admin_display_name};

	if (id.text[0] == '\0')
		uuid_new(id.text);
	uuid_new(admin->text);
	return tenant_store_run_one(pg, &create, params, a, out, err);
}

enum es_code
tenant_store_get(struct pg *pg, const struct tenant_id *id, struct arena *a,
    struct tenant *out, struct es_err *err)
{
	return tenant_store_run_one(
	    pg, &get, (const char *const[]){id->text}, a, out, err);
}

enum es_code
tenant_store_list(struct pg *pg, const struct tenant_id *after, int64_t limit,
    struct arena *a, struct tenant_page *out, struct es_err *err)
{
	const char *const params[] = {
	    after != NULL ? after->text : NULL, pg_int(a, limit + 1)};
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &list, params, a, &rows, err));
	*out = (struct tenant_page){.more = rows.count > limit};
	out->items = arena_alloc(a, (size_t)rows.count * sizeof(*out->items));
	while ((int64_t)out->n < limit && pg_next(&rows, a, &out->items[out->n]))
		out->n++;
	return ES_OK;
}

enum es_code
tenant_store_patch(struct pg *pg, const struct tenant_id *id,
    const struct tenant_patch *patch, struct arena *a, struct tenant *out,
    struct es_err *err)
{
	const char *const params[] = {id->text, patch->name,
	    tenant_store_limit_or_null(a, patch->max_channels),
	    tenant_store_limit_or_null(a, patch->max_messages_per_second),
	    patch->settings};

	const enum es_code rc =
	    tenant_store_run_one(pg, &patch_stmt, params, a, out, err);

	/* A patch can break only one constraint, the size of the settings. The caller has
	 * checked everything else. */
	if (rc == ES_INVALID)
		return es_fail_field(err, ES_INVALID, "settings",
		    "all settings together may have at most %d bytes",
		    TENANT_SETTINGS_BYTES_MAX);
	return rc;
}

enum es_code
tenant_store_suspend(struct pg *pg, const struct tenant_id *id, struct arena *a,
    struct tenant *out, struct es_err *err)
{
	return tenant_store_run_one(
	    pg, &status, (const char *const[]){id->text, "suspended"}, a, out, err);
}

enum es_code
tenant_store_resume(struct pg *pg, const struct tenant_id *id, struct arena *a,
    struct tenant *out, struct es_err *err)
{
	return tenant_store_run_one(
	    pg, &status, (const char *const[]){id->text, "active"}, a, out, err);
}
