/* pg_ahead_run() sends a check, such as that of a token, together with the reads that the
 * caller will need after the check. */
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "store/principal_store.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

struct row {
	const char *text;
};
static const struct pg_col text_col[] = {PG_COL(struct row, text, PG_TEXT)};

#define ONE_TEXT(name_, sql_, n) \
	static const struct pg_stmt name_ = { \
	    .name = #name_, .sql = sql_, .cols = text_col, .n_cols = 1, .n_params = n}

ONE_TEXT(check, "SELECT $1::text", 1);
ONE_TEXT(broken_check, "SELECT (1 / $1::int)::text", 1);
ONE_TEXT(echo, "SELECT $1::text", 1);
/* A time that differs from that of an earlier transaction shows that the statement ran
 * again. */
ONE_TEXT(clock_now, "SELECT extract(epoch FROM now())::text", 0);
ONE_TEXT(tenant_now, "SELECT current_setting('app.tenant')", 0);
ONE_TEXT(divide, "SELECT (1 / $1::int)::text", 1);
ONE_TEXT(no_table, "SELECT text FROM there_is_no_such_table", 0);
ONE_TEXT(rename_user,
    "UPDATE users SET display_name = 'x' WHERE tenant_id = $1 AND id = $2 RETURNING id",
    2);

static struct fixture f;

static const char *const one[] = {"one"};
static const char *const two[] = {"two"};
static const char *const zero[] = {"0"};

static const char *
text_in(struct pg_rows *rows)
{
	struct row row = {0};

	return pg_next(rows, f.arena, &row) ? row.text : "no row";
}

static const char *
text_of(const struct tenant_id *tenant, const struct pg_stmt *stmt,
    const char *const params[])
{
	struct pg_rows rows;

	if (pg_run(f.pg, tenant, stmt, params, f.arena, &rows, &f.err) != ES_OK)
		return f.err.sqlstate;
	return text_in(&rows);
}

static void
note(const struct tenant_id *tenant, const struct pg_stmt *stmt,
    const char *const params[])
{
	struct pg_rows rows;

	pg_ahead_begin(f.pg, f.arena);
	CU_ASSERT_EQUAL(
	    pg_run(f.pg, tenant, stmt, params, f.arena, &rows, &f.err), ES_UNAVAILABLE);
	pg_ahead_end(f.pg);
}

static enum es_code
run_check(const struct pg_stmt *stmt, const char *const params[], const char **out)
{
	struct pg_rows rows;
	enum es_code rc;

	rc = pg_ahead_run(f.pg, &f.bob.tenant, stmt, params, f.arena, &rows, &f.err);
	*out = rc == ES_OK ? text_in(&rows) : NULL;
	return rc;
}

static const char *
check_ok(void)
{
	const char *out = NULL;

	FINE(run_check(&check, one, &out));
	CU_ASSERT_STRING_EQUAL(out, "one");
	return out;
}

static void
without_notes(void)
{
	IGNORE(check_ok());
	pg_ahead_begin(f.pg, f.arena);
	pg_ahead_end(f.pg);
	IGNORE(check_ok());
}

/* The first pg_run() gets the result from the transaction of the check. The second one
 * runs the statement again. */
static void
gives_the_noted_result_once(void)
{
	const char *first, *second;

	note(NULL, &clock_now, NULL);
	IGNORE(check_ok());
	first = text_of(NULL, &clock_now, NULL);
	second = text_of(NULL, &clock_now, NULL);
	CU_ASSERT_STRING_NOT_EQUAL(first, second);
	note(&f.bob.tenant, &tenant_now, NULL);
	IGNORE(check_ok());
	CU_ASSERT_STRING_EQUAL(
	    text_of(&f.bob.tenant, &tenant_now, NULL), f.bob.tenant.text);
}

/* A call with another parameter or tenant drops the noted result and asks the server. So
 * does the beginning of a transaction. */
static void
other_questions(void)
{
	note(NULL, &echo, one);
	IGNORE(check_ok());
	CU_ASSERT_STRING_EQUAL(text_of(NULL, &echo, two), "two");

	note(&f.bob.tenant, &tenant_now, NULL);
	IGNORE(check_ok());
	CU_ASSERT_STRING_EQUAL(
	    text_of(&f.foreign.tenant, &tenant_now, NULL), f.foreign.tenant.text);

	note(&f.bob.tenant, &tenant_now, NULL);
	IGNORE(check_ok());
	FINE(pg_begin(f.pg, &f.foreign.tenant, &f.err));
	CU_ASSERT_STRING_EQUAL(
	    text_of(&f.bob.tenant, &tenant_now, NULL), f.foreign.tenant.text);
	FINE(pg_commit(f.pg, &f.err));

	note(NULL, &echo, one);
	IGNORE(check_ok());
	pg_ahead_drop(f.pg);
	CU_ASSERT_STRING_EQUAL(text_of(NULL, &echo, one), "one");
}

/* The check's transaction has one tenant, so noted statements of another tenant are not
 * sent. */
static void
notes_of_another_tenant(void)
{
	note(&f.foreign.tenant, &tenant_now, NULL);
	IGNORE(check_ok());
	CU_ASSERT_STRING_EQUAL(
	    text_of(&f.foreign.tenant, &tenant_now, NULL), f.foreign.tenant.text);
}

static void
failures(void)
{
	const char *out;

	/* the check fails */
	note(NULL, &echo, one);
	CU_ASSERT_EQUAL(run_check(&broken_check, zero, &out), ES_INTERNAL);
	CU_ASSERT_STRING_EQUAL(f.err.sqlstate, "22012");
	CU_ASSERT_STRING_EQUAL(f.err.statement, "broken_check");
	CU_ASSERT_STRING_EQUAL(text_of(NULL, &echo, one), "one");

	/* the noted statement fails: the caller of that statement gets the error */
	note(NULL, &divide, zero);
	IGNORE(check_ok());
	CU_ASSERT_STRING_EQUAL(text_of(NULL, &divide, zero), "22012");
	CU_ASSERT_STRING_EQUAL(f.err.statement, "divide");

	/* the server can't prepare the noted statement, which it does before the check */
	note(NULL, &no_table, NULL);
	IGNORE(check_ok());
	CU_ASSERT_STRING_EQUAL(text_of(NULL, &no_table, NULL), "42P01");
	IGNORE(check_ok());
}

/* A route that writes by mistake fails, and changes nothing. */
static void
writes_nothing(void)
{
	const char *const bob[] = {f.bob.tenant.text, f.bob.user.text};
	struct user user;

	note(&f.bob.tenant, &rename_user, bob);
	IGNORE(check_ok());
	CU_ASSERT_STRING_EQUAL(text_of(&f.bob.tenant, &rename_user, bob), "25006");
	FINE(user_store_get(f.pg, &f.bob, &f.bob.user, f.arena, &user, &f.err));
	CU_ASSERT_STRING_NOT_EQUAL(user.display_name, "x");
	pg_ahead_begin(f.pg, f.arena);
	CU_ASSERT_EQUAL(pg_begin(f.pg, &f.bob.tenant, &f.err), ES_UNAVAILABLE);
	pg_ahead_end(f.pg);
}

/* Reads the user's row together with the check of the token, as a request does. */
static void
a_store_reads_ahead(void)
{
	struct principal who;
	struct user user;

	pg_ahead_begin(f.pg, f.arena);
	CU_ASSERT_NOT_EQUAL(
	    user_store_get(f.pg, &f.bob, &f.bob.user, f.arena, &user, &f.err), ES_OK);
	pg_ahead_end(f.pg);
	FINE(principal_store_get(
	    f.pg, &f.bob.tenant, &f.bob.user, "jti", INT32_MAX, f.arena, &who, &f.err));
	CU_ASSERT_STRING_EQUAL(who.actor.role, "member");
	FINE(user_store_get(f.pg, &f.bob, &f.bob.user, f.arena, &user, &f.err));
	SAME(user.id, f.bob.user);
}

/* The check of a tenant's issuer notes two calls: of the user, and of the handler. */
static void
two_calls(void)
{
	const struct tenant_id *bobs = &f.bob.tenant;
	struct pg_rows rows;

	pg_ahead_begin(f.pg, f.arena);
	CU_ASSERT_EQUAL(
	    pg_run(f.pg, bobs, &clock_now, NULL, f.arena, &rows, &f.err), ES_UNAVAILABLE);
	CU_ASSERT_EQUAL(
	    pg_run(f.pg, bobs, &divide, zero, f.arena, &rows, &f.err), ES_UNAVAILABLE);
	/* a third call is not noted */
	CU_ASSERT_EQUAL(
	    pg_run(f.pg, bobs, &echo, two, f.arena, &rows, &f.err), ES_UNAVAILABLE);
	pg_ahead_end(f.pg);
	/* no tenant: that of the notes */
	FINE(pg_ahead_run(f.pg, NULL, &tenant_now, NULL, f.arena, &rows, &f.err));
	CU_ASSERT_STRING_EQUAL(text_in(&rows), bobs->text);
	/* the failure of the second call does not concern the first */
	FINE(pg_ahead_run(f.pg, bobs, &clock_now, NULL, f.arena, &rows, &f.err));
	CU_ASSERT_EQUAL(rows.count, 1);
	CU_ASSERT_STRING_EQUAL(text_of(bobs, &divide, zero), "22012");
	CU_ASSERT_STRING_EQUAL(text_of(bobs, &echo, two), "two");
}

/* When the check names another user, the first call differs from the noted one, and what
 * was read for the expected user is discarded. */
static void
another_first_call(void)
{
	const struct tenant_id *bobs = &f.bob.tenant;
	const char *late;
	struct pg_rows rows;

	pg_ahead_begin(f.pg, f.arena);
	CU_ASSERT_EQUAL(
	    pg_run(f.pg, bobs, &echo, one, f.arena, &rows, &f.err), ES_UNAVAILABLE);
	CU_ASSERT_EQUAL(
	    pg_run(f.pg, bobs, &clock_now, NULL, f.arena, &rows, &f.err), ES_UNAVAILABLE);
	pg_ahead_end(f.pg);
	FINE(pg_ahead_run(f.pg, NULL, &clock_now, NULL, f.arena, &rows, &f.err));
	late = text_in(&rows);
	CU_ASSERT_STRING_EQUAL(text_of(bobs, &echo, two), "two");
	CU_ASSERT_STRING_NOT_EQUAL(text_of(bobs, &clock_now, NULL), late);
}

static CU_TestInfo cases[] = {
    {"without notes it only runs the check", without_notes},
    {"gives the noted result once", gives_the_noted_result_once},
    {"another parameter or tenant drops the result", other_questions},
    {"notes of another tenant are not sent", notes_of_another_tenant},
    {"each failure goes to its own caller", failures},
    {"nothing is written ahead", writes_nothing},
    {"a store reads ahead", a_store_reads_ahead},
    {"two calls are noted", two_calls},
    {"another first call discards both", another_first_call},
    CU_TEST_INFO_NULL,
};

STORE_MAIN("pg_ahead", cases, f)
