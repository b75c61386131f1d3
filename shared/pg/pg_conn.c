#include <errno.h>
#include <poll.h>
#include <string.h>

#include "core/check.h"
#include "core/clock.h"
#include "pg/pg_private.h"

#include "core/banned.h"

#define BACKOFF_MIN_MS 50
#define BACKOFF_MAX_MS 2000
enum es_code
pg_open(const struct pg_settings *settings, struct pg **out, struct es_err *err)
{
	struct pg *pg = mem_new(1, sizeof(*pg));
	enum es_code rc;

	pg->arena = arena_new();
	rc = pg_target_init(&pg->target, settings, pg->arena, err);
	if (rc != ES_OK) {
		pg_close(&pg);
		return rc;
	}
	*out = pg;
	return ES_OK;
}

void
pg_close(struct pg **pg)
{
	if (*pg == NULL)
		return;
	pg_batch_forget(*pg);
	pg_conn_drop(*pg);
	pg_known_free(&(*pg)->known);
	arena_free(&(*pg)->arena);
	mem_free(*pg);
	*pg = NULL;
}

const char *
pg_detail(const struct pg *pg)
{
	return pg->detail;
}

void
pg_conn_drop(struct pg *pg)
{
	PQfinish(pg->conn); /* PQfinish() accepts NULL */
	pg->conn = NULL;
	pg_known_clear(&pg->known);
	pg->session_pid = 0;
	if (pg->tx == PG_IN_TX)
		pg->tx = PG_TX_LOST;
}

/* The server cancels a statement at its statement_timeout. If no answer arrives within a
 * margin after that, the connection is dead. */
int64_t
pg_conn_deadline(const struct pg *pg)
{
	const int64_t limit_ms = pg->target.statement_timeout_ms;
	const int64_t margin_ms = limit_ms > 4000 ? 2000 : limit_ms / 2 + 100;

	return limit_ms <= 0 ? 0 : clock_mono_ms() + limit_ms + margin_ms;
}

bool
pg_conn_wait(PGconn *conn, bool want_write, int64_t deadline_ms)
{
	struct pollfd p = {.fd = PQsocket(conn), .events = POLLIN};
	int n;

	if (want_write)
		p.events |= POLLOUT;
	do {
		const int64_t left_ms =
		    deadline_ms == 0 ? -1 : deadline_ms - clock_mono_ms();

		if (deadline_ms != 0 && left_ms <= 0)
			return false;
		n = poll(
		    &p, 1, left_ms < 0 ? -1 : (int)(left_ms < 60000 ? left_ms : 60000));
	} while (n == 0 || (n < 0 && errno == EINTR));
	return n > 0;
}

/* During a connect libpq waits for reading or for writing, never for both. */
static bool
pg_conn_wait_for(PGconn *conn, PostgresPollingStatusType want, int64_t deadline_ms)
{
	struct pollfd p = {.fd = PQsocket(conn),
	    .events = want == PGRES_POLLING_READING ? POLLIN : POLLOUT};

	for (;;) {
		const int64_t left_ms = deadline_ms - clock_mono_ms();
		int n;

		if (left_ms <= 0)
			return false;
		n = poll(&p, 1, (int)left_ms);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
}

static bool
pg_conn_establish(PGconn *conn, int64_t deadline_ms)
{
	PostgresPollingStatusType st = PGRES_POLLING_WRITING;

	if (conn == NULL || PQstatus(conn) == CONNECTION_BAD)
		return false;
	while (st != PGRES_POLLING_OK) {
		if (!pg_conn_wait_for(conn, st, deadline_ms))
			return false;
		st = PQconnectPoll(conn);
		if (st == PGRES_POLLING_FAILED)
			return false;
	}
	return pg_target_setup(conn);
}

/* libpq has no message when the server accepts the connection and then stays silent. */
static const char *
pg_conn_reason(const PGconn *conn)
{
	const char *words = conn != NULL ? PQerrorMessage(conn) : "out of memory";

	return *words != '\0'
	           ? words
	           : "the server accepted the connection, but did not answer in time";
}

static enum es_code
pg_conn_connect_now(struct pg *pg, struct es_err *err)
{
	if (clock_mono_ms() < pg->not_before_ms)
		return pg_error_lost(err, pg->detail, pg->lost_state);
	pg->conn = pg_target_connect(&pg->target);
	if (pg_conn_establish(
		pg->conn, clock_mono_ms() + pg->target.connect_timeout_ms)) {
		pg->tries = 0;
		pg->lost_state[0] = '\0';
		return ES_OK;
	}
	pg_error_connect(pg->detail, pg->lost_state, pg_conn_reason(pg->conn));
	pg_conn_drop(pg);
	pg->not_before_ms = clock_mono_ms() +
	                    clock_backoff_ms(pg->tries++, BACKOFF_MIN_MS, BACKOFF_MAX_MS);
	return pg_error_lost(err, pg->detail, pg->lost_state);
}

/* Input on an idle connection is a notice, or the end of the connection: a message, then
 * EOF. Look for the EOF before a request uses the connection, so that a restart of the
 * server fails no request. */
static bool
pg_conn_idle_alive(PGconn *conn)
{
	struct pollfd p = {.fd = PQsocket(conn), .events = POLLIN};

	while (PQstatus(conn) == CONNECTION_OK && poll(&p, 1, 0) > 0)
		if (PQconsumeInput(conn) != 1 || PQisBusy(conn))
			return false;
	return PQstatus(conn) == CONNECTION_OK;
}

enum es_code
pg_conn_get(struct pg *pg, struct es_err *err)
{
	if (pg->tx == PG_TX_LOST)
		return pg_error_lost(err, pg->detail, "");
	if (pg->conn != NULL && !pg_conn_idle_alive(pg->conn))
		pg_conn_drop(pg);
	if (pg->tx == PG_TX_LOST)
		return pg_error_lost(err, "the connection was lost in a transaction", "");
	return pg->conn != NULL ? ES_OK : pg_conn_connect_now(pg, err);
}

/* Send and receive together until libpq has a result. Otherwise a long batch and its long
 * answer would block each other. */
bool
pg_conn_progress(PGconn *conn, int64_t deadline_ms)
{
	for (;;) {
		const int left = PQflush(conn);

		if (left < 0)
			return false;
		if (left == 0 && !PQisBusy(conn))
			return true;
		if (!pg_conn_wait(conn, left > 0, deadline_ms))
			return false;
		if (PQconsumeInput(conn) != 1)
			return false;
	}
}

/* The server may answer before it has read everything, and then waits for its answer to
 * be read. */
bool
pg_conn_flush(PGconn *conn, int64_t deadline_ms)
{
	for (;;) {
		const int left = PQflush(conn);

		if (left <= 0)
			return left == 0;
		if (!pg_conn_wait(conn, true, deadline_ms) || PQconsumeInput(conn) != 1)
			return false;
	}
}
