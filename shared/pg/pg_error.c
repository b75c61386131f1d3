#include <string.h>

#include "pg/pg_private.h"

#include "core/banned.h"

static bool
class_in(const char *state, const char *const classes[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strncmp(state, classes[i], 2) == 0)
			return true;
	return false;
}

bool
pg_transient(const char *sqlstate)
{
	static const char *const classes[] = {"08", "0A", "25", "26", "28", "3D", "3F",
	    "40", "42", "53", "55", "57", "58", "XX"};

	return sqlstate[0] == '\0' || class_in(sqlstate, classes, ES_COUNT(classes));
}

/* SQLSTATE to our vocabulary; the server's own text is for the log. */
enum es_code
pg_error_map(const PGresult *res, struct es_err *err)
{
	static const char *const away[] = {"08", "40", "53", "55", "57", "58"};
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	enum es_code rc;

	if (state == NULL || strlen(state) != 5)
		return pg_error_lost(err);
	if (strcmp(state, "23505") == 0)
		rc = es_fail(err, ES_CONFLICT, "already exists");
	else if (strncmp(state, "23", 2) == 0)
		rc = es_fail(err, ES_INVALID, "violates a constraint");
	else if (strcmp(state, "25006") == 0 || class_in(state, away, ES_COUNT(away)))
		rc = es_fail(err, ES_UNAVAILABLE, "database unavailable");
	else
		rc = es_fail(err, ES_INTERNAL, "database error");
	memcpy(err->sqlstate, state, sizeof(err->sqlstate));
	return rc;
}

enum es_code
pg_error_lost(struct es_err *err)
{
	IGNORE(es_fail(err, ES_UNAVAILABLE, "database unreachable"));
	memcpy(err->sqlstate, PG_LOST, sizeof(PG_LOST));
	return ES_UNAVAILABLE;
}

void
pg_error_keep(char out[256], const char *message)
{
	size_t len = strnlen(message, 255);

	while (len > 0 && (message[len - 1] == '\n' || message[len - 1] == ' '))
		len--;
	for (size_t i = 0; i < len; i++)
		out[i] = message[i] == '\n' ? ' ' : message[i];
	out[len] = '\0';
}

/* Read only: the primary has moved. Unknown statement or changed result: a proxy or a
 * migration got in between. A new connection mends all three. */
bool
pg_error_spoils(const struct es_err *err)
{
	return strcmp(err->sqlstate, "25006") == 0 ||
	       strcmp(err->sqlstate, "26000") == 0 || strcmp(err->sqlstate, "0A000") == 0;
}
