/* The parts of PostgreSQL's messages that are kept. */
#include <string.h>

#include "cunit_main.h"
#include "pg/pg_private.h"

#include "core/banned.h"

static void
a_refused_connect_keeps_words_and_sqlstate(void)
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

/* 255 bytes are kept, whatever the length of the message. */
static void
long_words_are_cut(void)
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

static CU_TestInfo cases[] = {
    {"a refused connect keeps message and SQLSTATE",
	a_refused_connect_keeps_words_and_sqlstate},
    {"long messages are cut", long_words_are_cut},
    {"a lost connection has a cause", a_lost_connection_has_a_cause},
    CU_TEST_INFO_NULL,
};
CUNIT_MAIN("pg_error", cases)
