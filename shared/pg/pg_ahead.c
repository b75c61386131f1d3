#include <string.h>

#include "core/check.h"
#include "pg/pg_private.h"

#include "core/banned.h"

void
pg_ahead_begin(struct pg *pg, struct arena *a)
{
	CHECK(pg->tx == PG_NO_TX);
	pg->ahead = (struct pg_ahead){.state = PG_AHEAD_NOTING, .arena = a};
}

void
pg_ahead_end(struct pg *pg)
{
	pg->ahead.state = pg->ahead.n > 0 ? PG_AHEAD_NOTED : PG_AHEAD_NONE;
}

void
pg_ahead_drop(struct pg *pg)
{
	pg->ahead.state = PG_AHEAD_NONE;
	pg->ahead.n = 0;
	memset(pg->ahead.calls, 0, sizeof(pg->ahead.calls));
}

static const char *const *
pg_ahead_copy_params(const struct pg_batch_item *item, struct arena *a)
{
	const unsigned n = item->stmt->n_params;
	const char **copy = arena_alloc(a, (n + 1) * sizeof(*copy));

	for (unsigned i = 0; i < n; i++)
		if (item->params[i] != NULL)
			copy[i] = arena_strdup(a, item->params[i]);
	return copy;
}

static bool
pg_ahead_is_tenant(const struct pg_ahead *ahead, const struct tenant_id *tenant)
{
	return strcmp(tenant != NULL ? tenant->text : "", ahead->tenant.text) == 0;
}

enum es_code
pg_ahead_note(struct pg *pg, const struct tenant_id *tenant,
    const struct pg_batch_item items[], size_t n, struct es_err *err)
{
	struct pg_ahead *ahead = &pg->ahead;
	size_t call = 0;

	while (call < PG_AHEAD_CALLS && ahead->calls[call] > 0)
		call++;
	if (call == 0)
		ahead->tenant = tenant != NULL ? *tenant : (struct tenant_id){""};
	if (call < PG_AHEAD_CALLS && ahead->n + n <= PG_AHEAD_MAX &&
	    pg_ahead_is_tenant(ahead, tenant)) {
		for (size_t i = 0; i < n; i++)
			ahead->items[ahead->n++] =
			    (struct pg_batch_item){.stmt = items[i].stmt,
				.params = pg_ahead_copy_params(&items[i], ahead->arena)};
		ahead->calls[call] = n;
	}
	return es_fail(err, ES_UNAVAILABLE, "the statement was noted");
}

static bool
pg_ahead_same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
pg_ahead_same(const struct pg_batch_item *a, const struct pg_batch_item *b)
{
	if (a->stmt != b->stmt)
		return false;
	for (unsigned i = 0; i < a->stmt->n_params; i++)
		if (!pg_ahead_same_text(a->params[i], b->params[i]))
			return false;
	return true;
}

/* Removes the first call and its items. */
static void
pg_ahead_shift(struct pg_ahead *ahead)
{
	const size_t gone = ahead->calls[0];

	memmove(
	    ahead->calls, ahead->calls + 1, (PG_AHEAD_CALLS - 1) * sizeof(*ahead->calls));
	ahead->calls[PG_AHEAD_CALLS - 1] = 0;
	ahead->n -= gone;
	memmove(ahead->items, ahead->items + gone, ahead->n * sizeof(*ahead->items));
}

bool
pg_ahead_take(struct pg *pg, const struct tenant_id *tenant, struct pg_batch_item items[],
    size_t n, enum es_code *rc, struct es_err *err)
{
	struct pg_ahead *ahead = &pg->ahead;
	bool same = ahead->state == PG_AHEAD_READ && n == ahead->calls[0] &&
	            pg_ahead_is_tenant(ahead, tenant);

	for (size_t i = 0; i < n && same; i++)
		same = pg_ahead_same(&items[i], &ahead->items[i]);
	if (!same) {
		pg_ahead_drop(pg);
		return false;
	}
	*rc = ES_OK;
	for (size_t i = 0; i < n; i++) {
		items[i].rows = ahead->items[i].rows;
		if (items[i].rows.res == NULL) { /* it failed, or one before it */
			*rc = ahead->rc;
			*err = ahead->err;
		}
	}
	pg_ahead_shift(ahead);
	if (ahead->n == 0)
		pg_ahead_drop(pg);
	return true;
}

/* Returns true when one of the noted statements has failed, and not the statement before
 * them. */
static bool
pg_ahead_blames_noted(const struct pg_ahead *ahead, const struct es_err *err)
{
	for (size_t i = 0; i < ahead->n && err->statement != NULL; i++)
		if (strcmp(ahead->items[i].stmt->name, err->statement) == 0)
			return true;
	return false;
}

/* Runs the statement and the noted ones. *out gets the result of the statement, the notes
 * keep their own, and the error of the first of them that failed. */
static enum es_code
pg_ahead_run_all(struct pg *pg, const struct tenant_id *tenant,
    const struct pg_stmt *stmt, const char *const params[], struct arena *a,
    struct pg_rows *out, struct es_err *err)
{
	struct pg_ahead *ahead = &pg->ahead;
	struct pg_batch_item items[1 + PG_AHEAD_MAX] = {{.stmt = stmt, .params = params}};
	const char *begin_params[PG_SESSION_PARAMS];
	const struct pg_stmt *begin =
	    pg_session_begin_reading(&pg->target, tenant, begin_params);

	memcpy(items + 1, ahead->items, ahead->n * sizeof(*items));
	ahead->rc =
	    pg_batch_after(pg, begin, begin_params, items, 1 + ahead->n, a, &ahead->err);
	if (items[0].rows.res == NULL) {
		*err = ahead->err;
		return ahead->rc;
	}
	memcpy(ahead->items, items + 1, ahead->n * sizeof(*items));
	ahead->state = PG_AHEAD_READ;
	*out = items[0].rows;
	return ES_OK;
}

enum es_code
pg_ahead_run(struct pg *pg, const struct tenant_id *tenant, const struct pg_stmt *stmt,
    const char *const params[], struct arena *a, struct pg_rows *out, struct es_err *err)
{
	struct pg_ahead *ahead = &pg->ahead;
	const struct tenant_id noted = ahead->tenant;
	struct es_err why = {.code = ES_OK};
	enum es_code rc;

	if (tenant == NULL && ahead->state == PG_AHEAD_NOTED && noted.text[0] != '\0')
		tenant = &noted;
	if (ahead->state != PG_AHEAD_NOTED || pg->tx != PG_NO_TX ||
	    (ahead->tenant.text[0] != '\0' &&
		strcmp(ahead->tenant.text, tenant->text) != 0))
		return pg_run(pg, tenant, stmt, params, a, out, err);
	rc = pg_ahead_run_all(pg, tenant, stmt, params, a, out, &why);
	if (rc == ES_OK)
		return ES_OK;
	/* A noted statement that PostgreSQL can't prepare fails before `stmt` runs. */
	if (pg->conn != NULL && pg_ahead_blames_noted(ahead, &why))
		return pg_run(pg, tenant, stmt, params, a, out, err);
	*err = why;
	pg_ahead_drop(pg);
	return rc;
}
