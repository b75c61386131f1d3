/* Gives a session of PostgreSQL the settings that our statements need, and checks that it
 * keeps them. A pooler in transaction mode gives each transaction another session, which
 * lacks the settings and prepared statements of the connection's start. */
#include <stdio.h>
#include <string.h>

#include "pg/pg_private.h"

#include "core/banned.h"

#define POOLER_ADVICE "set ES_DATABASE_POOLER=transaction"

static const struct pg_stmt set_tenant = {
    .name = "pg_set_tenant",
    .sql = "SELECT set_config('app.tenant', $1, true)",
    .n_params = 1,
};

#define READ_ONLY ", set_config('transaction_read_only', 'on', true)"
static const struct pg_stmt set_tenant_reading = {
    .name = "pg_set_tenant_reading",
    .sql = "SELECT set_config('app.tenant', $1, true)" READ_ONLY,
    .n_params = 1,
};

/* The same settings as pg_target_init() sends in the start-up packet, for one
 * transaction. A SELECT can't change the isolation: set_config() only compares the value,
 * and fails with 25001 when the default of the role differs. */
#define SESSION \
	"SELECT set_config('app.tenant', $1, true)," \
	" set_config('transaction_isolation', 'read committed', true)," \
	" set_config('statement_timeout', $2, true)," \
	" set_config('lock_timeout', $3, true)," \
	" set_config('idle_in_transaction_session_timeout', '5000', true)," \
	" set_config('synchronous_commit', 'on', true)," \
	" set_config('client_min_messages', 'warning', true)," \
	" set_config('jit', 'off', true)"
static const struct pg_stmt set_session = {
    .name = "pg_set_session", .sql = SESSION, .n_params = PG_SESSION_PARAMS};
static const struct pg_stmt set_session_reading = {
    .name = "pg_set_session", .sql = SESSION READ_ONLY, .n_params = PG_SESSION_PARAMS};

struct session {
	const char *mark;
	int64_t pid;
};
static const struct pg_col session_cols[] = {
    PG_COL(struct session, mark, PG_TEXT),
    PG_COL(struct session, pid, PG_INT8),
};
static const struct pg_stmt ask_session = {
    .name = "pg_ask_session",
    .sql = "SELECT COALESCE(current_setting('" PG_SESSION_MARK "', true), ''),"
	   " pg_backend_pid()",
    .cols = session_cols,
    .n_cols = ES_COUNT(session_cols),
};

const struct pg_stmt *
pg_session_begin(const struct pg_target *t, const struct tenant_id *tenant,
    const char *params[PG_SESSION_PARAMS])
{
	params[0] = tenant != NULL ? tenant->text : NULL;
	params[1] = t->statement_timeout;
	params[2] = t->lock_timeout;
	if (t->pooled)
		return &set_session;
	return tenant != NULL ? &set_tenant : NULL;
}

const struct pg_stmt *
pg_session_begin_reading(const struct pg_target *t, const struct tenant_id *tenant,
    const char *params[PG_SESSION_PARAMS])
{
	IGNORE(pg_session_begin(t, tenant, params));
	return t->pooled ? &set_session_reading : &set_tenant_reading;
}

/* Errors of the server that a pooler or the role causes, with an explanation. */
static const struct {
	const char *sqlstate, *words; /* words: in the server's message; NULL: any */
	const char *statement;        /* NULL: any */
	const char *meaning;
} explanations[] = {
    {"08P01", "unsupported startup parameter", NULL,
	"a pooler refuses the settings of the session; " POOLER_ADVICE},
    {"26000", NULL, NULL, "a pooler takes prepared statements away; " POOLER_ADVICE},
    {"42P05", NULL, NULL,
	"a pooler mixes prepared statements of several clients; " POOLER_ADVICE},
    {"25001", NULL, "pg_set_session",
	"the database role's default_transaction_isolation must be read committed"},
};

enum es_code
pg_session_explain(struct es_err *err)
{
	char said[sizeof(err->cause)];

	for (size_t i = 0; i < ES_COUNT(explanations); i++) {
		if (strcmp(err->sqlstate, explanations[i].sqlstate) != 0 ||
		    (explanations[i].words != NULL &&
			strstr(err->cause, explanations[i].words) == NULL) ||
		    (explanations[i].statement != NULL &&
			(err->statement == NULL ||
			    strcmp(err->statement, explanations[i].statement) != 0)))
			continue;
		memcpy(said, err->cause, sizeof(said));
		(void)snprintf(err->cause, sizeof(err->cause), "%s (%.*s)",
		    explanations[i].meaning,
		    (int)(sizeof(said) - 4 - strlen(explanations[i].meaning)), said);
		(void)snprintf(err->text, sizeof(err->text), "database unavailable");
		return err->code = ES_UNAVAILABLE;
	}
	return err->code;
}

static enum es_code
pg_session_lost(struct es_err *err, const char *why)
{
	IGNORE(es_fail(err, ES_UNAVAILABLE, "database unavailable"));
	(void)snprintf(err->cause, sizeof(err->cause), "%s; " POOLER_ADVICE, why);
	return ES_UNAVAILABLE;
}

enum es_code
pg_session_check(struct pg *pg, struct arena *a, struct es_err *err)
{
	struct session now = {0};
	struct pg_rows rows;
	int64_t before;

	TRY(pg_run(pg, NULL, &ask_session, NULL, a, &rows, err));
	IGNORE(pg_next(&rows, a, &now));
	if (pg->target.pooled)
		return ES_OK;
	before = pg->session_pid;
	pg->session_pid = now.pid;
	if (strcmp(now.mark, PG_SESSION_DIRECT) != 0)
		return pg_session_lost(err, "a pooler drops the settings of the session");
	if (before != 0 && before != now.pid)
		return pg_session_lost(
		    err, "a pooler changes the session between transactions");
	return ES_OK;
}
