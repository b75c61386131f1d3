#include "store/tenant_admin.h"

#include "core/banned.h"

static const struct pg_col admin_cols[] = {
    PG_COL(struct tenant_admin, id, PG_UUID),
    PG_COL(struct tenant_admin, email, PG_TEXT),
    PG_COL(struct tenant_admin, display_name, PG_TEXT),
};

static const struct pg_stmt first_user = {
    .name = "tenant_first_user",
    .sql = "SELECT id, email, display_name FROM users WHERE tenant_id = $1"
	   " ORDER BY created_at, id LIMIT 1",
    .cols = admin_cols,
    .n_cols = ES_COUNT(admin_cols),
    .n_params = 1,
};

enum es_code
tenant_admin_first(struct pg *pg, const struct tenant_id *id, struct arena *a,
    struct tenant_admin *out, struct es_err *err)
{
	struct pg_rows rows;

	TRY(pg_run(pg, id, &first_user, (const char *const[]){id->text}, a, &rows, err));
	if (!pg_next(&rows, a, out))
		return es_fail(err, ES_NOT_FOUND, "no such user");
	return ES_OK;
}
