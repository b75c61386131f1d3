#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "pg/pg_private.h"

#include "core/banned.h"

/* Both ends drop a silent connection after 5 s. The server's end matters more: its
 * default is two hours, and a session that waits for the rest of our transaction holds
 * the locks of channels. Unix sockets ignore these settings. */
#define KEEPALIVE_IDLE_S     "3"
#define KEEPALIVE_INTERVAL_S "1"
#define KEEPALIVE_COUNT      "2"
#define UNACKED_MS           "5000"
#define SERVER_KEEPALIVES \
	" -c tcp_keepalives_idle=" KEEPALIVE_IDLE_S \
	" -c tcp_keepalives_interval=" KEEPALIVE_INTERVAL_S \
	" -c tcp_keepalives_count=" KEEPALIVE_COUNT " -c tcp_user_timeout=" UNACKED_MS

static void
pg_target_add(struct pg_target *t, const char *key, const char *value)
{
	CHECK(t->n < PG_TARGET_MAX - 1); /* the last entry stays NULL */
	t->keys[t->n] = key;
	t->values[t->n] = value;
	t->n++;
}

/* Returns the options in the url. The program's options follow and override them. */
static const char *
pg_target_own_options(const PQconninfoOption *list, struct arena *a)
{
	for (; list->keyword != NULL; list++)
		if (strcmp(list->keyword, "options") == 0 && list->val != NULL)
			return arena_strdup(a, list->val);
	return "";
}

enum es_code
pg_target_init(struct pg_target *t, const struct pg_settings *settings, struct arena *a,
    struct es_err *err)
{
	char *why = NULL;
	PQconninfoOption *list = PQconninfoParse(settings->url, &why);
	const char *options;

	*t = (struct pg_target){.connect_timeout_ms = settings->connect_timeout_ms,
	    .statement_timeout_ms = settings->statement_timeout_ms,
	    .pooled = settings->pooled,
	    .statement_timeout = pg_int(a, settings->statement_timeout_ms),
	    .lock_timeout = pg_int(a, settings->lock_timeout_ms)};
	if (list == NULL) {
		PQfreemem(why); /* the message may quote the password */
		return es_fail(
		    err, ES_INVALID, "not a PostgreSQL connection string or URI");
	}
	/* jit off: compilation costs more than any of our look-ups by key. Isolation:
	 * es_batch() reads what was committed while it waited for the lock of a channel,
	 * so it needs READ COMMITTED. */
	options = arena_printf(a,
	    "%s -c statement_timeout=%s -c lock_timeout=%s"
	    " -c idle_in_transaction_session_timeout=5000 -c synchronous_commit=on"
	    " -c client_min_messages=warning -c jit=off"
	    " -c default_transaction_isolation=read\\ committed"
	    " -c " PG_SESSION_MARK "=" PG_SESSION_DIRECT SERVER_KEEPALIVES,
	    pg_target_own_options(list, a), t->statement_timeout, t->lock_timeout);
	PQconninfoFree(list);
	if (t->connect_timeout_ms <= 0)
		t->connect_timeout_ms = 3000;

	/* The url may override what is added before it, but not what is added after
	 * it. */
	pg_target_add(t, "application_name", settings->application_name);
	pg_target_add(t, "target_session_attrs", "read-write");
	pg_target_add(t, "keepalives_idle", KEEPALIVE_IDLE_S);
	pg_target_add(t, "keepalives_interval", KEEPALIVE_INTERVAL_S);
	pg_target_add(t, "keepalives_count", KEEPALIVE_COUNT);
	pg_target_add(t, "tcp_user_timeout", UNACKED_MS);
	pg_target_add(t, "dbname", arena_strdup(a, settings->url));
	/* A pooler refuses or drops options, so pg_session_begin() sends them instead. */
	if (!t->pooled)
		pg_target_add(t, "options", options);
	pg_target_add(t, "client_encoding", "UTF8");
	return ES_OK;
}

enum es_code
pg_url_check(const char *url, struct arena *a, struct es_err *err)
{
	const struct pg_settings settings = {.url = url, .application_name = ""};
	struct pg_target t;

	return pg_target_init(&t, &settings, a, err);
}

/* libpq writes notices and warnings to stderr, where every line has to be JSON.
 * PostgreSQL logs them itself. */
static void
pg_target_silence(void *ctx, const PGresult *res)
{
	(void)ctx;
	(void)res;
}

PGconn *
pg_target_connect(const struct pg_target *t)
{
	PGconn *conn = PQconnectStartParams(t->keys, t->values, 1);

	/* A failed connect has no PGresult: only the verbose message holds its
	 * SQLSTATE. */
	if (conn != NULL) {
		(void)PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
		/* Call this before the connect continues: PostgreSQL may send a warning
		 * of an outdated collation during the connect. */
		(void)PQsetNoticeReceiver(conn, pg_target_silence, NULL);
	}
	return conn;
}

bool
pg_target_setup(PGconn *conn)
{
	(void)PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
	return PQsetnonblocking(conn, 1) == 0;
}

bool
pg_known_has(const struct pg_known *k, const struct pg_stmt *stmt)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->stmts[i] == stmt)
			return true;
	return false;
}

void
pg_known_add(struct pg_known *k, const struct pg_stmt *stmt)
{
	if (k->n == k->size) {
		k->size = k->size == 0 ? 32 : 2 * k->size;
		k->stmts = mem_grow(k->stmts, k->size * sizeof(const struct pg_stmt *));
	}
	k->stmts[k->n++] = stmt;
}

void
pg_known_remove(struct pg_known *k, const struct pg_stmt *stmt)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->stmts[i] == stmt) {
			k->stmts[i] = k->stmts[--k->n];
			return;
		}
}

void
pg_known_clear(struct pg_known *k)
{
	k->n = 0;
}

void
pg_known_free(struct pg_known *k)
{
	mem_free(k->stmts);
	*k = (struct pg_known){0};
}
