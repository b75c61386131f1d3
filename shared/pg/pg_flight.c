#include "core/check.h"
#include "core/clock.h"
#include "pg/pg_async_private.h"

#include "core/banned.h"

static struct flight *
pg_flight_nth(const struct pg_async *pa, size_t i)
{
	return &pa->ring[(pa->head + i) % pa->size];
}

int64_t
pg_flight_first_deadline(const struct pg_async *pa)
{
	int64_t first_ms = -1;

	for (size_t i = 0; i < pa->n; i++) {
		const int64_t at_ms = pg_flight_nth(pa, i)->deadline_ms;

		if (first_ms < 0 || at_ms < first_ms)
			first_ms = at_ms;
	}
	return first_ms;
}

/* A statement that waits to be sent. */
struct held {
	struct arena *arena;
	struct tenant_id tenant;
	bool with_tenant;
	const char **params;
};

static struct held *
pg_flight_hold(const struct pg_stmt *stmt, const struct tenant_id *tenant,
    const char *const params[])
{
	struct arena *a = arena_new();
	struct held *h = arena_alloc(a, sizeof(*h));

	*h = (struct held){.arena = a,
	    .with_tenant = tenant != NULL,
	    .params = arena_alloc(a, (stmt->n_params + 1) * sizeof(*h->params))};
	if (tenant != NULL)
		h->tenant = *tenant;
	for (unsigned i = 0; i < stmt->n_params; i++)
		h->params[i] = params[i] != NULL ? arena_strdup(a, params[i]) : NULL;
	return h;
}

static void
pg_flight_unhold(struct flight *f)
{
	struct arena *a = f->held != NULL ? f->held->arena : NULL;

	f->held = NULL;
	arena_free(&a);
}

static void
pg_flight_add_step(struct flight *f, enum flight_step step)
{
	f->steps[f->n_steps++] = step;
}

static bool
pg_flight_send_prepare(struct pg_async *pa, struct flight *f, const struct pg_stmt *stmt,
    enum flight_step step)
{
	if (pa->target.pooled || pg_known_has(&pa->known, stmt))
		return true;
	pg_known_add(&pa->known, stmt); /* removed again if it fails */
	pg_flight_add_step(f, step);
	return pg_send_prepare(pa->conn, stmt);
}

static bool
pg_flight_send_group(struct pg_async *pa, struct flight *f,
    const struct tenant_id *tenant, const char *const params[])
{
	const bool prepared = !pa->target.pooled;
	const char *first_params[PG_SESSION_PARAMS];
	bool ok;

	f->first = pg_session_begin(&pa->target, tenant, first_params);
	ok = f->first == NULL ||
	     pg_flight_send_prepare(pa, f, f->first, STEP_PREPARE_FIRST);
	ok = ok && pg_flight_send_prepare(pa, f, f->stmt, STEP_PREPARE);
	if (ok && f->first != NULL) {
		pg_flight_add_step(f, STEP_FIRST);
		ok = pg_send_run(pa->conn, f->first, first_params, prepared);
	}
	if (ok) {
		pg_flight_add_step(f, STEP_RUN);
		ok = pg_send_run(pa->conn, f->stmt, params, prepared);
	}
	return ok && PQpipelineSync(pa->conn) == 1;
}

/* libpq also flushes by itself. A failed write shows here or when input arrives. */
void
pg_flight_flush(struct pg_async *pa)
{
	const int left = PQflush(pa->conn);

	if (left < 0)
		pa->broken = true;
	else
		pg_async_watch(pa, PG_WANT_READ | (left > 0 ? PG_WANT_WRITE : 0));
}

static void
pg_flight_send_now(struct pg_async *pa, struct flight *f, const struct tenant_id *tenant,
    const char *const params[])
{
	if (pg_flight_send_group(pa, f, tenant, params))
		pg_flight_flush(pa);
	else
		pa->broken = true;
}

static void
pg_flight_send_held(struct pg_async *pa)
{
	struct flight *f = pa->n > 0 ? pg_flight_nth(pa, 0) : NULL;

	if (f == NULL || f->held == NULL || pa->broken)
		return;
	pg_flight_send_now(
	    pa, f, f->held->with_tenant ? &f->held->tenant : NULL, f->held->params);
	if (!pa->broken)
		pg_flight_unhold(f);
}

enum es_code
pg_async_send(struct pg_async *pa, const struct tenant_id *tenant,
    const struct pg_stmt *stmt, const char *const params[], int64_t deadline_ms,
    pg_async_done *done, void *ctx, struct es_err *err)
{
	struct flight *f;

	if (!pg_async_up(pa))
		return pg_error_lost(err, pa->detail, pa->lost_state);
	if (pa->n == pa->size)
		return es_fail(err, ES_UNAVAILABLE, "too many statements in flight");
	f = pg_flight_nth(pa, pa->n++);
	*f = (struct flight){.stmt = stmt,
	    .done = done,
	    .ctx = ctx,
	    .deadline_ms = clock_mono_ms() + deadline_ms};
	/* Behind a pooler, send one statement at a time. PgBouncer may take the session
	 * away after the first of several answers, and then closes the connection. */
	if (pa->target.pooled && pa->n > 1)
		f->held = pg_flight_hold(stmt, tenant, params);
	else
		pg_flight_send_now(pa, f, tenant, params);
	/* Do not call done from inside this function: when the connection is broken, the
	 * timer drops it. */
	pg_async_arm(pa, pa->broken ? 0 : f->deadline_ms);
	return ES_OK;
}

/* Returns the name of the statement that failed in this step. */
static const char *
pg_flight_failed_stmt(const struct flight *f, enum flight_step step)
{
	return step == STEP_PREPARE_FIRST || step == STEP_FIRST ? f->first->name
	                                                        : f->stmt->name;
}

static void
pg_flight_take(struct pg_async *pa, struct flight *f, PGresult *res)
{
	static const struct pg_stmt nameless = {.name = "command"};
	const enum flight_step step = f->at < f->n_steps ? f->steps[f->at] : STEP_PREPARE;
	struct pg_rows dropped;
	struct es_err err;
	enum es_code rc = ES_INTERNAL;

	if (PQresultStatus(res) == PGRES_PIPELINE_ABORTED)
		PQclear(res); /* the result of an earlier step has the reason */
	else {
		rc = pg_send_adopt(res,
		    step == STEP_RUN     ? f->stmt
		    : step == STEP_FIRST ? f->first
					 : &nameless,
		    pa->rows_arena, step == STEP_RUN ? &pa->rows : &dropped, &err);
		if (rc != ES_OK && f->rc == ES_OK) {
			f->rc = rc;
			f->err = err;
			if (f->err.statement != NULL)
				f->err.statement = pg_flight_failed_stmt(f, step);
			pg_error_keep(pa->detail, PQresultErrorMessage(res));
		}
	}
	if (rc != ES_OK && step == STEP_PREPARE_FIRST)
		pg_known_remove(&pa->known, f->first);
	if (rc != ES_OK && step == STEP_PREPARE)
		pg_known_remove(&pa->known, f->stmt);
}

static void
pg_flight_call_done(struct pg_async *pa, const struct flight *f)
{
	pa->inside = true;
	f->done(
	    f->ctx, f->rc, f->rc == ES_OK ? &pa->rows : NULL, pa->rows_arena, &f->err);
	pa->inside = false;
	arena_reset(pa->rows_arena);
	pa->rows = (struct pg_rows){0};
}

/* An empty ring starts again at its first slot. Otherwise the head would move through all
 * slots and touch their memory, 1.4 MB, even with one statement in flight. */
static void
pg_flight_drop_oldest(struct pg_async *pa)
{
	pa->n--;
	pa->head = pa->n == 0 ? 0 : (pa->head + 1) % pa->size;
}

/* The oldest statement is complete. Remove it before the call of done, so that done may
 * send the next statement. */
static void
pg_flight_finish_oldest(struct pg_async *pa)
{
	const struct flight f = *pg_flight_nth(pa, 0);

	pg_flight_drop_oldest(pa);
	if (f.rc != ES_OK && pg_error_needs_reconnect(&f.err))
		pa->broken = true;
	if ((f.rc == ES_INTERNAL || f.rc == ES_UNAVAILABLE) && pa->loop.failed != NULL)
		pa->loop.failed(pa->loop.ctx, &f.err);
	pg_flight_send_held(pa);
	pg_flight_call_done(pa, &f);
}

void
pg_flight_receive(struct pg_async *pa)
{
	while (pa->n > 0 && pg_flight_nth(pa, 0)->held == NULL && !PQisBusy(pa->conn)) {
		struct flight *f = pg_flight_nth(pa, 0);
		PGresult *res = PQgetResult(pa->conn);

		if (res == NULL && PQstatus(pa->conn) != CONNECTION_OK)
			return;
		if (res == NULL)
			f->at++;
		else if (PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
			PQclear(res);
			pg_flight_finish_oldest(pa);
		} else
			pg_flight_take(pa, f, res);
	}
}

void
pg_flight_fail_all(struct pg_async *pa)
{
	/* A send from inside done is refused, because the state is already ASYNC_DOWN. */
	while (pa->n > 0) {
		struct flight f = *pg_flight_nth(pa, 0);

		pg_flight_drop_oldest(pa);
		pg_flight_unhold(&f);
		if (f.rc == ES_OK)
			f.rc = pg_error_lost(&f.err, pa->detail, pa->lost_state);
		pg_flight_call_done(pa, &f);
	}
}
