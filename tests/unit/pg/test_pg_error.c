/* Which parts of PostgreSQL's messages an error keeps. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "pg/pg_private.h"

#include "core/banned.h"

static void
a_refused_connect_keeps_message_and_sqlstate(void)
{
	static const struct {
		const char *message, *words, *state;
	} rows[] = {
	    {"connection to server on socket \"/run/.s.PGSQL.5432\" failed: FATAL:  "
	     "28000: "
	     "role \"nosuchrole\" does not exist\nLOCATION:  InitializeSessionUserId, "
	     "miscinit.c:737\n",
		"connection to server on socket \"/run/.s.PGSQL.5432\" failed: FATAL: "
		"role "
		"\"nosuchrole\" does not exist",
		"28000"},
	    {"a: FATAL:  57P03: starting up\nLOCATION:  f, g.c:1\nb: Connection "
	     "refused\n",
		"a: FATAL: starting up b: Connection refused", "57P03"},
	    {"a: FATAL:  53300: full\nb: SCHWERWIEGEND:  28P01: falsch\nORT:  f, "
	     "auth.c:5\n",
		"a: FATAL: full b: SCHWERWIEGEND: falsch", "28P01"},
	    {"Connection refused\n\tIs the server running?\n",
		"Connection refused \tIs the server running?", ""},
	    {"no  1234: here  123456: nor there", "no  1234: here  123456: nor there",
		""},
	    {"", "", ""},
	    {"  28000:", "  28000:", ""},
	};

	for (unsigned i = 0; i < ES_COUNT(rows); i++) {
		char words[256], state[6];

		pg_error_connect(words, state, rows[i].message);
		CU_ASSERT_STRING_EQUAL(words, rows[i].words);
		CU_ASSERT_STRING_EQUAL(state, rows[i].state);
	}
}

/* An error keeps the first 255 bytes of a longer message. */
static void
long_messages_are_cut(void)
{
	char message[5000] = "", words[256], state[6];

	memset(message, 'x', sizeof(message) - 1);
	pg_error_connect(words, state, message);
	CU_ASSERT_EQUAL(strlen(words), 255);
}

static void
a_lost_connection_has_a_cause(void)
{
	struct es_err err;
	char reason[ES_REASON_MAX];

	CU_ASSERT_EQUAL(pg_error_lost(&err, "no answer\n", ""), ES_UNAVAILABLE);
	CU_ASSERT_STRING_EQUAL(err.cause, "no answer");
	es_err_reason(&err, reason);
	CU_ASSERT_STRING_EQUAL(
	    reason, "database unreachable: no answer (SQLSTATE " PG_LOST ")");
	CU_ASSERT_EQUAL(pg_error_lost(&err, "x", "28P01"), ES_UNAVAILABLE);
	err.statement = "users_me";
	es_err_reason(&err, reason);
	CU_ASSERT_STRING_EQUAL(
	    reason, "database unreachable: x (SQLSTATE 28P01, statement users_me)");
}

/* When a pooler is in use but not in the settings, the server's message does not name it
 * as the cause. pg_session_explain() adds the cause. */
static void
names_faults_that_a_pooler_causes(void)
{
	static const struct {
		const char *state, *statement, *cause, *told;
	} rows[] = {
	    {"08P01", NULL, "a: FATAL: unsupported startup parameter: options",
		"a pooler refuses the settings of the session; set "
		"ES_DATABASE_POOLER=transaction (a: FATAL: unsupported startup "
		"parameter: options)"},
	    {"08P01", NULL, "no more connections allowed", NULL},
	    {"26000", "x", "prepared statement \"x\" does not exist",
		"a pooler takes prepared statements away; set "
		"ES_DATABASE_POOLER=transaction (prepared statement \"x\" does not "
		"exist)"},
	    {"42P05", "x", "prepared statement \"x\" already exists",
		"a pooler mixes prepared statements of several clients; set "
		"ES_DATABASE_POOLER=transaction (prepared statement \"x\" already "
		"exists)"},
	    {"25001", "pg_set_session", "too late",
		"the database role's default_transaction_isolation must be read "
		"committed (too late)"},
	    {"25001", "other", "too late", NULL},
	    {"25001", NULL, "too late", NULL},
	    {"42703", "x", "no column", NULL},
	};

	for (unsigned i = 0; i < ES_COUNT(rows); i++) {
		struct es_err err = {.code = ES_INTERNAL, .statement = rows[i].statement};
		const bool told = rows[i].told != NULL;

		(void)snprintf(err.sqlstate, sizeof(err.sqlstate), "%s", rows[i].state);
		(void)snprintf(err.cause, sizeof(err.cause), "%s", rows[i].cause);
		CU_ASSERT_EQUAL(
		    pg_session_explain(&err), told ? ES_UNAVAILABLE : ES_INTERNAL);
		CU_ASSERT_EQUAL(err.code, told ? ES_UNAVAILABLE : ES_INTERNAL);
		CU_ASSERT_STRING_EQUAL(err.cause, told ? rows[i].told : rows[i].cause);
	}
}

/* The start of the reason is never cut, however long the server's message is. */
static void
the_explanation_of_a_poolers_error_fits(void)
{
	struct es_err err = {.code = ES_INTERNAL, .sqlstate = "26000"};

	memset(err.cause, 'x', sizeof(err.cause) - 1);
	CU_ASSERT_EQUAL(pg_session_explain(&err), ES_UNAVAILABLE);
	CU_ASSERT_EQUAL(strlen(err.cause), sizeof(err.cause) - 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.cause, "POOLER=transaction (xxx"));
	CU_ASSERT_EQUAL(err.cause[sizeof(err.cause) - 2], ')');
}

static void
a_lost_prepared_statement_needs_a_new_connection(void)
{
	static const char *const reconnects[] = {"25006", "26000", "42P05", "0A000"};
	struct es_err err = {.sqlstate = "23505"};

	CU_ASSERT_FALSE(pg_error_needs_reconnect(&err));
	for (unsigned i = 0; i < ES_COUNT(reconnects); i++) {
		(void)snprintf(err.sqlstate, sizeof(err.sqlstate), "%s", reconnects[i]);
		CU_ASSERT_TRUE(pg_error_needs_reconnect(&err));
	}
}

static CU_TestInfo cases[] = {
    {"names faults that a pooler causes", names_faults_that_a_pooler_causes},
    {"the explanation of a pooler's error fits", the_explanation_of_a_poolers_error_fits},
    {"a lost prepared statement needs a new connection",
	a_lost_prepared_statement_needs_a_new_connection},
    {"a refused connect keeps message and SQLSTATE",
	a_refused_connect_keeps_message_and_sqlstate},
    {"long messages are cut", long_messages_are_cut},
    {"a lost connection has a cause", a_lost_connection_has_a_cause},
    CU_TEST_INFO_NULL,
};
CUNIT_MAIN("pg_error", cases)
