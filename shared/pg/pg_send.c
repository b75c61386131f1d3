#include <stdlib.h>

#include "pg/pg_private.h"

#include "core/banned.h"

bool
pg_send_prepare(PGconn *conn, const struct pg_stmt *stmt)
{
	return PQsendPrepare(conn, stmt->name, stmt->sql, (int)stmt->n_params, NULL) == 1;
}

bool
pg_send_run(
    PGconn *conn, const struct pg_stmt *stmt, const char *const params[], bool prepared)
{
	const int n = (int)stmt->n_params;

	if (prepared)
		return PQsendQueryPrepared(conn, stmt->name, n, params, NULL, NULL, 0) ==
		       1;
	return PQsendQueryParams(conn, stmt->sql, n, NULL, params, NULL, NULL, 0) == 1;
}

static void
pg_send_clear(void *res)
{
	PQclear(res);
}

enum es_code
pg_send_adopt(PGresult *res, const struct pg_stmt *stmt, struct arena *a,
    struct pg_rows *out, struct es_err *err)
{
	const ExecStatusType st = PQresultStatus(res);

	arena_defer(a, pg_send_clear, res);
	if (st != PGRES_TUPLES_OK && st != PGRES_COMMAND_OK)
		return pg_error_map(res, stmt->name, err);
	if (stmt->n_cols > 0 && PQnfields(res) != (int)stmt->n_cols) {
		IGNORE(es_fail(err, ES_INTERNAL, "%s: unexpected columns", stmt->name));
		return ES_INTERNAL;
	}
	*out = (struct pg_rows){.res = res, .stmt = stmt, .count = PQntuples(res)};
	out->affected = strtol(PQcmdTuples(res), NULL, 10);
	return ES_OK;
}
