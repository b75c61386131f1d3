#include <string.h>

#include "core/check.h"
#include "pg/pg_private.h"

#include "core/banned.h"

/* One command of the pipeline: a PREPARE, the statement that begins the transaction, or a
 * statement of the batch. */
struct command {
	const struct pg_stmt *prepares, *runs; /* either prepares or runs is NULL */
	struct pg_batch_item *item;            /* or NULL */
};

/* One group of commands in flight; it ends with a Sync. */
struct pg_group {
	struct pg *pg;
	struct command *commands;
	size_t n, at; /* at: the command whose result comes next */
	int64_t deadline_ms;
	struct arena *arena;
	enum es_code rc; /* result of the first command that failed */
	struct es_err *err;
	bool lost;
	struct pg_batch_item item; /* of pg_start() */
};

static bool
pg_batch_send_prepare(struct pg_group *g, const struct pg_stmt *stmt)
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
pg_batch_send_run(struct pg_group *g, const struct pg_stmt *stmt,
    const char *const params[], struct pg_batch_item *item)
{
	g->commands[g->n++] = (struct command){.runs = stmt, .item = item};
	return pg_send_run(g->pg->conn, stmt, params, !g->pg->target.pooled);
}

/* Send all PREPAREs first: the server skips every command of the group after an error. */
static bool
pg_batch_send_all(struct pg_group *g, const struct pg_stmt *first,
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
pg_batch_take(struct pg_group *g, PGresult *res)
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
pg_batch_receive_all(struct pg_group *g, int64_t deadline_ms)
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
pg_batch_finish(struct pg_group *g)
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

/* Sends a group. Returns ES_OK also when the connection is lost meanwhile: pg_batch_end()
 * then returns that failure. */
static enum es_code
pg_batch_begin(struct pg_group *g, struct pg *pg, const struct pg_stmt *first,
    const char *const first_params[], struct pg_batch_item items[], size_t n,
    struct es_err *err)
{
	CHECK(pg->under_way == NULL);
	TRY(pg_conn_get(pg, err));
	g->pg = pg;
	g->commands = mem_new(2 * n + 2, sizeof(*g->commands));
	g->lost = PQenterPipelineMode(pg->conn) != 1 ||
	          !pg_batch_send_all(g, first, first_params, items, n);
	g->deadline_ms = pg_conn_deadline(pg);
	return ES_OK;
}

static enum es_code
pg_batch_end(struct pg_group *g, struct arena *a, struct es_err *err)
{
	g->arena = a;
	g->err = err;
	if (!g->lost)
		pg_batch_receive_all(g, g->deadline_ms);
	mem_free(g->commands);
	return pg_batch_finish(g);
}

enum es_code
pg_batch_after(struct pg *pg, const struct pg_stmt *first,
    const char *const first_params[], struct pg_batch_item items[], size_t n,
    struct arena *a, struct es_err *err)
{
	struct pg_group g = {0};

	TRY(pg_batch_begin(&g, pg, first, first_params, items, n, err));
	return pg_batch_end(&g, a, err);
}

enum es_code
pg_batch(struct pg *pg, const struct tenant_id *tenant, struct pg_batch_item items[],
    size_t n, struct arena *a, struct es_err *err)
{
	const char *params[PG_SESSION_PARAMS];
	const struct pg_stmt *first = NULL;
	enum es_code rc;

	if (pg->ahead.state == PG_AHEAD_NOTING)
		return pg_ahead_note(pg, tenant, items, n, err);
	if (pg->ahead.state != PG_AHEAD_NONE &&
	    pg_ahead_take(pg, tenant, items, n, &rc, err))
		return rc;
	if (pg->tx == PG_NO_TX)
		first = pg_session_begin(&pg->target, tenant, params);
	return pg_batch_after(pg, first, params, items, n, a, err);
}

enum es_code
pg_start(struct pg *pg, const struct tenant_id *tenant, const struct pg_stmt *stmt,
    const char *const params[], struct es_err *err)
{
	const char *first_params[PG_SESSION_PARAMS];
	struct pg_group *g = mem_new(1, sizeof(*g));
	enum es_code rc;

	CHECK(pg->tx == PG_NO_TX);
	g->item = (struct pg_batch_item){.stmt = stmt, .params = params};
	rc = pg_batch_begin(g, pg, pg_session_begin(&pg->target, tenant, first_params),
	    first_params, &g->item, 1, err);
	if (rc != ES_OK) {
		mem_free(g);
		return rc;
	}
	if (!g->lost)
		g->lost = !pg_conn_flush(pg->conn, g->deadline_ms);
	pg->under_way = g;
	return ES_OK;
}

enum es_code
pg_finish(struct pg *pg, struct arena *a, struct pg_rows *out, struct es_err *err)
{
	struct pg_group *g = pg->under_way;
	enum es_code rc;

	CHECK(g != NULL);
	pg->under_way = NULL;
	rc = pg_batch_end(g, a, err);
	*out = g->item.rows;
	mem_free(g);
	return rc;
}

void
pg_batch_forget(struct pg *pg)
{
	if (pg->under_way != NULL)
		mem_free(pg->under_way->commands);
	mem_free(pg->under_way);
	pg->under_way = NULL;
}
