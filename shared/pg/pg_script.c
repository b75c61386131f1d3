#include "pg/pg_private.h"

#include "core/banned.h"

static bool
next_result(PGconn *conn, int64_t deadline_ms, PGresult **out)
{
	if (!pg_conn_progress(conn, deadline_ms))
		return false;
	*out = PQgetResult(conn);
	return PQstatus(conn) == CONNECTION_OK || *out != NULL;
}

/* A script that leaves a transaction open, or asks for COPY, leaves a connection that
 * nobody can use. */
static enum es_code
finish(struct pg *pg, enum es_code rc, bool lost, struct es_err *err)
{
	if (lost) {
		if (rc == ES_OK)
			rc = pg_error_lost(err);
		pg_conn_drop(pg);
	} else if (pg->tx == PG_NO_TX && PQtransactionStatus(pg->conn) != PQTRANS_IDLE) {
		if (rc == ES_OK)
			rc = es_fail(err, ES_INVALID, "script ends inside a transaction");
		pg_conn_drop(pg);
	}
	return rc;
}

/* Simple protocol: several statements without parameters, in one implicit transaction
 * unless the script says otherwise. */
enum es_code
pg_script(struct pg *pg, const char *sql, struct arena *a, const char **detail,
    struct es_err *err)
{
	const int64_t deadline_ms = pg_conn_deadline(pg);
	enum es_code rc = ES_OK;
	bool lost = false;

	*detail = "";
	TRY(pg_conn_get(pg, err));
	if (PQsendQuery(pg->conn, sql) != 1)
		lost = true;
	while (!lost) {
		PGresult *res = NULL;

		lost = !next_result(pg->conn, deadline_ms, &res);
		if (res == NULL)
			break;
		if (PQresultStatus(res) == PGRES_FATAL_ERROR && rc == ES_OK) {
			rc = pg_error_map(res, err);
			pg_error_keep(pg->detail, PQresultErrorMessage(res));
			*detail = arena_strdup(a, PQresultErrorMessage(res));
		}
		lost = lost || PQresultStatus(res) == PGRES_COPY_IN ||
		       PQresultStatus(res) == PGRES_COPY_OUT;
		PQclear(res);
	}
	return finish(pg, rc, lost, err);
}
