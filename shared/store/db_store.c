#include "store/db_store.h"

#include <stdio.h>
#include <string.h>

#include "core/banned.h"

#define DB_STORE_NO_RIGHT "42501" /* insufficient_privilege */

static const struct pg_col state_cols[] = {
    PG_COL(struct db_state, version, PG_TEXT),
    PG_COL(struct db_state, epoch, PG_UUID),
    PG_COL(struct db_state, read_only, PG_BOOL),
};

const struct pg_stmt db_store_stmt = {
    .name = "db_state",
    .sql = "SELECT (SELECT max(version) FROM schema_migrations), es_epoch(),"
	   " current_setting('transaction_read_only')::boolean /* no tenant_id: the "
	   "data of no tenant */",
    .cols = state_cols,
    .n_cols = ES_COUNT(state_cols),
};

enum es_code
db_store_get(struct pg *pg, struct arena *a, struct db_state *out, struct es_err *err)
{
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &db_store_stmt, NULL, a, &rows, err));
	*out = (struct db_state){0};
	IGNORE(pg_next(&rows, a, out));
	return ES_OK;
}

static enum es_code
db_store_check_rights(struct pg *pg, struct arena *a, struct es_err *err)
{
	struct pg_rows rows;
	const char *missing = NULL;

	TRY(pg_run(pg, NULL, &db_rights_stmt, NULL, a, &rows, err));
	IGNORE(pg_next(&rows, a, &missing));
	if (missing == NULL)
		return ES_OK;
	IGNORE(es_fail(err, ES_UNAVAILABLE, "the database role lacks %s", missing));
	(void)snprintf(err->sqlstate, sizeof(err->sqlstate), DB_STORE_NO_RIGHT);
	return ES_UNAVAILABLE;
}

/* Replace the text. err->sqlstate and err->cause still hold what PostgreSQL reported. */
static enum es_code
db_store_not_migrated(struct es_err *err)
{
	(void)snprintf(err->text, sizeof(err->text), "database is not migrated");
	return err->code = ES_UNAVAILABLE;
}

enum es_code
db_store_ready(struct pg *pg, struct arena *a, struct es_err *err)
{
	struct db_state state;
	enum es_code rc;

	TRY(pg_session_check(pg, a, err));
	rc = db_store_get(pg, a, &state, err);
	/* Class 42: a table or function does not exist, so that the database is older
	 * than any version that these programs know. */
	if (rc == ES_INTERNAL && strncmp(err->sqlstate, "42", 2) == 0 &&
	    strcmp(err->sqlstate, DB_STORE_NO_RIGHT) != 0)
		return db_store_not_migrated(err);
	TRY(rc);
	if (state.read_only)
		return es_fail(err, ES_UNAVAILABLE, "database is read-only");
	if (state.version == NULL || strcmp(state.version, DB_STORE_VERSION) < 0)
		return es_fail(err, ES_UNAVAILABLE,
		    "database is not migrated: it is at %s, this program "
		    "needs " DB_STORE_VERSION,
		    state.version != NULL ? state.version : "no version");
	return db_store_check_rights(pg, a, err);
}
