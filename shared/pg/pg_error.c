#include <stdio.h>
#include <string.h>

#include "pg/pg_private.h"

#include "core/banned.h"

static bool
pg_error_class_in(const char *state, const char *const classes[], size_t n)
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

	return sqlstate[0] == '\0' ||
	       pg_error_class_in(sqlstate, classes, ES_COUNT(classes));
}

/* A message of class 22 (data exception) quotes the wrong value, which may be a message
 * body. Keep only the text before the quote. */
static void
pg_error_cause(const PGresult *res, const char *state, struct es_err *err)
{
	const char *primary = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

	if (primary == NULL)
		return;
	pg_error_keep(err->cause, primary);
	if (strncmp(state, "22", 2) == 0)
		err->cause[strcspn(err->cause, "\"")] = '\0';
}

/* Maps a SQLSTATE to an es_code. Callers get a general text, because the server's may
 * quote data. */
enum es_code
pg_error_map(const PGresult *res, const char *statement, struct es_err *err)
{
	static const char *const away[] = {"08", "40", "53", "55", "57", "58"};
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);

	if (state == NULL || strlen(state) != 5)
		return pg_error_lost(err, PQresultErrorMessage(res), "");
	if (strcmp(state, "23505") == 0)
		IGNORE(es_fail(err, ES_CONFLICT, "already exists"));
	else if (strncmp(state, "23", 2) == 0)
		IGNORE(es_fail(err, ES_INVALID, "violates a constraint"));
	else if (strcmp(state, "25006") == 0 ||
		 pg_error_class_in(state, away, ES_COUNT(away)))
		IGNORE(es_fail(err, ES_UNAVAILABLE, "database unavailable"));
	else
		IGNORE(es_fail(err, ES_INTERNAL, "database error"));
	memcpy(err->sqlstate, state, sizeof(err->sqlstate));
	pg_error_cause(res, state, err);
	err->statement = statement;
	return pg_session_explain(err);
}

enum es_code
pg_error_lost(struct es_err *err, const char *cause, const char *state)
{
	IGNORE(es_fail(err, ES_UNAVAILABLE, "database unreachable"));
	(void)snprintf(
	    err->sqlstate, sizeof(err->sqlstate), "%s", *state != '\0' ? state : PG_LOST);
	pg_error_keep(err->cause, cause);
	return pg_session_explain(err);
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

/* True for a line like "LOCATION: auth_failed, auth.c:326". libpq translates its first
 * word. */
static bool
pg_error_is_location(const char *line, size_t len)
{
	size_t digits = 0;

	while (digits < len && line[len - 1 - digits] >= '0' &&
	       line[len - 1 - digits] <= '9')
		digits++;
	return digits > 0 && len > digits + 3 &&
	       strncmp(line + len - digits - 3, ".c:", 3) == 0;
}

/* Returns the position of " 28000: " in "FATAL: 28000: role ...", or NULL. */
static const char *
pg_error_state_in(const char *line, size_t len)
{
	static const char of_state[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (size_t i = 0; i + 9 <= len; i++)
		if (line[i] == ' ' && line[i + 1] == ' ' &&
		    strspn(line + i + 2, of_state) == 5 && line[i + 7] == ':' &&
		    line[i + 8] == ' ')
			return line + i;
	return NULL;
}

void
pg_error_connect(char out[256], char state[6], const char *message)
{
	char words[1024] = "";
	size_t at = 0, len;

	state[0] = '\0';
	for (; *message != '\0'; message += len + (message[len] == '\n')) {
		const char *found;
		size_t before;

		len = strcspn(message, "\n");
		if (pg_error_is_location(message, len) || at >= sizeof(words))
			continue;
		found = pg_error_state_in(message, len);
		before = found != NULL ? (size_t)(found - message) : len;
		at += (size_t)snprintf(
		    words + at, sizeof(words) - at, "%.*s ", (int)before, message);
		if (found == NULL)
			continue;
		memcpy(state, found + 2, 5);
		state[5] = '\0';
		if (at < sizeof(words))
			at += (size_t)snprintf(words + at, sizeof(words) - at, "%.*s ",
			    (int)(len - before - 9), found + 9);
	}
	pg_error_keep(out, words);
}

/* 25006 (read only): the primary has moved. 26000 (unknown statement), 42P05 (the
 * statement exists already) and 0A000 (changed result): a pooler or a migration has
 * intervened. A new connection cures all of them. */
bool
pg_error_needs_reconnect(const struct es_err *err)
{
	static const char *const states[] = {"25006", "26000", "42P05", "0A000"};

	for (size_t i = 0; i < ES_COUNT(states); i++)
		if (strcmp(err->sqlstate, states[i]) == 0)
			return true;
	return false;
}
