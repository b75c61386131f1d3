#include <string.h>

#include "core/check.h"
#include "pg/pg_private.h"

#include "core/banned.h"

/* One command of the pipeline: a PREPARE, the statement that begins the transaction, or a
 * statement of the batch. */
struct command {
	const struct pg_stmt *prepares, *runs; /* one of them is NULL */
	struct pg_batch_item *item;            /* or NULL */
};

/* One group of commands in flight; it ends with a Sync. */
struct group {
	struct pg *pg;
	struct command *commands;
	size_t n, at; /* at: the command whose result comes next */
	struct arena *arena;
	enum es_code rc; /* result of the first command that failed */
	struct es_err *err;
	bool lost;
};

static bool
pg_batch_send_prepare(struct group *g, const struct pg_stmt *stmt)
{
	if (g->pg->target.pooled || pg_known_has(&g->pg->known, stmt))
		return true;
	for (size_t i = 0; i < g->n; i++)
		if (g->commands[i].prepares == stmt)
			return true;
	g->commands[g->n++].prepares = stmt;
	return pg_send_prepare(g->pg->conn, stmt);
}

static bool
pg_batch_send_run(struct group *g, const struct pg_stmt *stmt, const char *const params[],
    struct pg_batch_item *item)
{
	g->commands[g->n++] = (struct command){.runs = stmt, .item = item};
	return pg_send_run(g->pg->conn, stmt, params, !g->pg->target.pooled);
}

/* Send all PREPAREs first: the server skips every command of the group after an error. */
static bool
pg_batch_send_all(struct group *g, const struct pg_stmt *first,
    const char *const first_params[], struct pg_batch_item items[], size_t n)
{
	bool ok = first == NULL || pg_batch_send_prepare(g, first);

	for (size_t i = 0; i < n; i++)
		ok = ok && pg_batch_send_prepare(g, items[i].stmt);
	if (first != NULL)
		ok = ok && pg_batch_send_run(g, first, first_params, NULL);
	for (size_t i = 0; i < n; i++)
		ok =
		    ok && pg_batch_send_run(g, items[i].stmt, items[i].params, &items[i]);
	return ok && PQpipelineSync(g->pg->conn) == 1;
}

static void
pg_batch_take(struct group *g, PGresult *res)
{
	static const struct pg_stmt nameless = {.name = "command"};
	const struct command *c = g->at < g->n ? &g->commands[g->at] : NULL;
	struct pg_rows dropped,
	    *rows = c != NULL && c->item != NULL ? &c->item->rows : &dropped;
	const struct pg_stmt *stmt = c != NULL && c->runs != NULL ? c->runs : &nameless;
	struct es_err err;
	enum es_code rc;

	if (PQresultStatus(res) == PGRES_PIPELINE_ABORTED) {
		PQclear(res); /* the result of an earlier command has the reason */
		return;
	}
	rc = pg_send_adopt(res, stmt, g->arena, rows, &err);
	if (rc == ES_OK && c != NULL && c->prepares != NULL)
		pg_known_add(&g->pg->known, c->prepares);
	if (rc == ES_OK || g->rc != ES_OK)
		return;
	g->rc = rc;
	*g->err = err;
	if (c != NULL && c->prepares != NULL)
		g->err->statement = c->prepares->name;
	pg_error_keep(g->pg->detail, PQresultErrorMessage(res));
}

/* Results arrive in order, a NULL after those of each command, and the Sync at the
 * end. */
static void
pg_batch_receive_all(struct group *g, int64_t deadline_ms)
{
	for (;;) {
		PGresult *res;

		if (!pg_conn_progress(g->pg->conn, deadline_ms) ||
		    PQstatus(g->pg->conn) != CONNECTION_OK) {
			g->lost = true;
			return;
		}
		res = PQgetResult(g->pg->conn);
		if (res == NULL)
			g->at++;
		else if (PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
			PQclear(res);
			return;
		} else
			pg_batch_take(g, res);
	}
}

static enum es_code
pg_batch_finish(struct group *g)
{
	struct pg *pg = g->pg;

	if (g->lost) {
		if (g->rc == ES_OK) {
			pg_error_keep(pg->detail, PQstatus(pg->conn) == CONNECTION_OK
						      ? "no answer in time"
						      : PQerrorMessage(pg->conn));
			g->rc = pg_error_lost(g->err, pg->detail, "");
		}
		pg_conn_drop(pg);
	} else if (PQexitPipelineMode(pg->conn) != 1 ||
		   (g->rc != ES_OK && pg_error_needs_reconnect(g->err)))
		pg_conn_drop(pg);
	return g->rc;
}

enum es_code
pg_batch_after(struct pg *pg, const struct pg_stmt *first,
    const char *const first_params[], struct pg_batch_item items[], size_t n,
    struct arena *a, struct es_err *err)
{
	struct group g = {.pg = pg, .arena = a, .err = err};

	TRY(pg_conn_get(pg, err));
	g.commands = mem_new(2 * n + 2, sizeof(*g.commands));
	if (PQenterPipelineMode(pg->conn) != 1 ||
	    !pg_batch_send_all(&g, first, first_params, items, n))
		g.lost = true;
	else
		pg_batch_receive_all(&g, pg_conn_deadline(pg));
	mem_free(g.commands);
	return pg_batch_finish(&g);
}

enum es_code
pg_batch(struct pg *pg, const struct tenant_id *tenant, struct pg_batch_item items[],
    size_t n, struct arena *a, struct es_err *err)
{
	const char *params[PG_SESSION_PARAMS];
	const struct pg_stmt *first = NULL;

	if (pg->tx == PG_NO_TX)
		first = pg_session_begin(&pg->target, tenant, params);
	return pg_batch_after(pg, first, params, items, n, a, err);
}
