#include <string.h>

#include "core/check.h"
#include "pg/pg_private.h"

#include "core/banned.h"

static const struct pg_stmt begin = {
    .name = "pg_begin", .sql = "BEGIN ISOLATION LEVEL READ COMMITTED"};
static const struct pg_stmt commit = {.name = "pg_commit", .sql = "COMMIT"};
static const struct pg_stmt rollback = {.name = "pg_rollback", .sql = "ROLLBACK"};

enum es_code
pg_run(struct pg *pg, const struct tenant_id *tenant, const struct pg_stmt *stmt,
    const char *const params[], struct arena *a, struct pg_rows *out, struct es_err *err)
{
	struct pg_batch_item item = {.stmt = stmt, .params = params};

	TRY(pg_batch(pg, tenant, &item, 1, a, err));
	*out = item.rows;
	return ES_OK;
}

enum es_code
pg_begin(struct pg *pg, const struct tenant_id *tenant, struct es_err *err)
{
	const char *params[PG_SESSION_PARAMS];
	struct pg_batch_item items[] = {
	    {.stmt = &begin},
	    {.stmt = pg_session_begin(&pg->target, tenant, params), .params = params},
	};
	struct arena *a;
	enum es_code rc;

	CHECK(pg->tx == PG_NO_TX);
	if (pg->ahead.state == PG_AHEAD_NOTING)
		return es_fail(err, ES_UNAVAILABLE, "a transaction can't be noted");
	pg_ahead_drop(pg);
	a = arena_new();
	rc = pg_batch_after(pg, NULL, NULL, items, items[1].stmt != NULL ? 2 : 1, a, err);
	arena_free(&a);
	if (rc == ES_OK)
		pg->tx = PG_IN_TX;
	else if (pg->conn != NULL && PQtransactionStatus(pg->conn) != PQTRANS_IDLE)
		pg_conn_drop(pg);
	return rc;
}

/* COMMIT of a failed transaction reports ROLLBACK, not an error. Look at the command
 * tag. */
enum es_code
pg_commit(struct pg *pg, struct es_err *err)
{
	struct arena *a = arena_new();
	struct pg_rows rows = {0};
	enum es_code rc;

	CHECK(pg->tx != PG_NO_TX);
	rc = pg_run(pg, NULL, &commit, NULL, a, &rows, err);
	if (rc == ES_OK && strcmp(PQcmdStatus(rows.res), "COMMIT") != 0)
		rc = es_fail(
		    err, ES_INTERNAL, "COMMIT failed: the transaction was rolled back");
	arena_free(&a);
	if (rc != ES_OK && pg->conn != NULL &&
	    PQtransactionStatus(pg->conn) != PQTRANS_IDLE)
		pg_conn_drop(pg);
	pg->tx = PG_NO_TX;
	return rc;
}

void
pg_rollback(struct pg *pg)
{
	struct arena *a = arena_new();
	struct pg_rows rows;
	struct es_err err;

	if (pg->tx == PG_IN_TX &&
	    pg_run(pg, NULL, &rollback, NULL, a, &rows, &err) != ES_OK)
		pg_conn_drop(pg);
	pg->tx = PG_NO_TX;
	arena_free(&a);
}
