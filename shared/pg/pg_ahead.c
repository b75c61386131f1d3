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

enum es_code
pg_ahead_note(struct pg *pg, const struct tenant_id *tenant,
    const struct pg_batch_item items[], size_t n, struct es_err *err)
{
	struct pg_ahead *ahead = &pg->ahead;

	if (ahead->n == 0 && n <= PG_AHEAD_MAX) {
		ahead->tenant = tenant != NULL ? *tenant : (struct tenant_id){""};
		for (; ahead->n < n; ahead->n++)
			ahead->items[ahead->n] =
			    (struct pg_batch_item){.stmt = items[ahead->n].stmt,
				.params =
				    pg_ahead_copy_params(&items[ahead->n], ahead->arena)};
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

bool
pg_ahead_take(struct pg *pg, const struct tenant_id *tenant, struct pg_batch_item items[],
    size_t n, enum es_code *rc, struct es_err *err)
{
	const struct pg_ahead *ahead = &pg->ahead;
	bool same = ahead->state == PG_AHEAD_READ && n == ahead->n &&
	            strcmp(tenant != NULL ? tenant->text : "", ahead->tenant.text) == 0;

	for (size_t i = 0; i < n && same; i++)
		same = pg_ahead_same(&items[i], &ahead->items[i]);
	for (size_t i = 0; i < n && same; i++)
		items[i].rows = ahead->items[i].rows;
	if (same && ahead->rc != ES_OK)
		*err = ahead->err;
	*rc = ahead->rc;
	pg_ahead_drop(pg);
	return same;
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
	struct es_err why = {.code = ES_OK};
	enum es_code rc;

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
