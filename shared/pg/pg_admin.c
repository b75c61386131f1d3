/* A plain libpq connection for operators, which reports all fields of an error. */
#include "pg/pg_admin.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/parse.h"

#include "core/banned.h"

struct pg_admin {
	PGconn *conn;
};

/* libpq ends its messages with a newline. */
static const char *
pg_admin_without_newline(struct arena *a, const char *s)
{
	size_t len = strlen(s);

	while (len > 0 && s[len - 1] == '\n')
		len--;
	return arena_memdup(a, s, len);
}

static bool
pg_admin_fail_conn(const PGconn *conn, struct arena *a, struct pg_fault *out)
{
	*out = (struct pg_fault){
	    .sqlstate = "08006",
	    .message = pg_admin_without_newline(a, PQerrorMessage(conn)),
	};
	return false;
}

static const char *
pg_admin_field(const PGresult *res, int code, struct arena *a)
{
	const char *value = PQresultErrorField(res, code);

	return value ? arena_strdup(a, value) : NULL;
}

static bool
pg_admin_fail_result(
    const PGconn *conn, const PGresult *res, struct arena *a, struct pg_fault *out)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *position = PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION);
	int64_t at = 0;

	if (!state)
		return pg_admin_fail_conn(conn, a, out);
	*out = (struct pg_fault){
	    .message = pg_admin_field(res, PG_DIAG_MESSAGE_PRIMARY, a),
	    .detail = pg_admin_field(res, PG_DIAG_MESSAGE_DETAIL, a),
	    .hint = pg_admin_field(res, PG_DIAG_MESSAGE_HINT, a),
	};
	memcpy(out->sqlstate, state, sizeof(out->sqlstate) - 1);
	if (position && parse_int(position, 1, INT32_MAX, &at))
		out->position = (long)at;
	return false;
}

static void
pg_admin_ignore_notice(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

bool
pg_admin_open(
    const char *url, struct arena *a, struct pg_admin **out, struct pg_fault *out_fault)
{
	const char *const keys[] = {"dbname", "fallback_application_name",
	    "client_encoding", "connect_timeout", NULL};
	const char *const values[] = {url, "echostreamctl", "UTF8", "10", NULL};
	struct pg_admin *admin;
	PGconn *conn = PQconnectdbParams(keys, values, 1);

	if (PQstatus(conn) != CONNECTION_OK) {
		(void)pg_admin_fail_conn(conn, a, out_fault);
		PQfinish(conn);
		return false;
	}
	(void)PQsetNoticeProcessor(conn, pg_admin_ignore_notice, NULL);
	admin = mem_new(1, sizeof(*admin));
	admin->conn = conn;
	*out = admin;
	return true;
}

void
pg_admin_close(struct pg_admin **admin)
{
	if (!*admin)
		return;
	PQfinish((*admin)->conn);
	free(*admin);
	*admin = NULL;
}

static bool
pg_admin_succeeded(const PGresult *res)
{
	const ExecStatusType status = PQresultStatus(res);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
	       status == PGRES_EMPTY_QUERY;
}

bool
pg_admin_script(
    struct pg_admin *admin, const char *sql, struct arena *a, struct pg_fault *out_fault)
{
	PGresult *res = PQexec(admin->conn, sql);
	const bool ok = pg_admin_succeeded(res);

	if (!ok)
		(void)pg_admin_fail_result(admin->conn, res, a, out_fault);
	PQclear(res);
	return ok;
}

static void
pg_admin_copy_rows(const PGresult *res, struct arena *a, struct pg_table *out)
{
	const int rows = PQntuples(res), cols = PQnfields(res);
	size_t at = 0;

	*out = (struct pg_table){.rows = (size_t)rows, .cols = (size_t)cols};
	out->cells = arena_alloc(a, (out->rows * out->cols + 1) * sizeof(*out->cells));
	for (int row = 0; row < rows; row++) {
		for (int col = 0; col < cols; col++) {
			if (!PQgetisnull(res, row, col))
				out->cells[at] =
				    arena_strdup(a, PQgetvalue(res, row, col));
			at++;
		}
	}
}

bool
pg_admin_query(struct pg_admin *admin, const char *sql, const char *const params[],
    size_t n_params, struct arena *a, struct pg_table *out, struct pg_fault *out_fault)
{
	PGresult *res =
	    PQexecParams(admin->conn, sql, (int)n_params, NULL, params, NULL, NULL, 0);
	const bool ok = pg_admin_succeeded(res);

	if (!ok)
		(void)pg_admin_fail_result(admin->conn, res, a, out_fault);
	else if (out)
		pg_admin_copy_rows(res, a, out);
	PQclear(res);
	return ok;
}

/* A pooler gives its clients a process id of its own, because it answers their cancel
 * requests itself. */
bool
pg_admin_direct(struct pg_admin *admin, struct arena *a, struct pg_fault *out_fault)
{
	struct pg_table pid;
	int64_t backend = 0;

	if (!pg_admin_query(
		admin, "SELECT pg_backend_pid()", NULL, 0, a, &pid, out_fault))
		return false;
	if (pid.rows == 1 && parse_int(pid.cells[0], 1, INT32_MAX, &backend) &&
	    backend == PQbackendPID(admin->conn))
		return true;
	*out_fault = (struct pg_fault){
	    .sqlstate = "08006",
	    .message = "a pooler is in between; this verb needs a direct connection to "
		       "PostgreSQL, because it holds a lock of its session",
	    .hint = "Name PostgreSQL itself in ES_DATABASE_OWNER_URL.",
	};
	return false;
}
