/* Readiness: the version of the schema, and the rights of the role. */
#include "core/check.h"
#include "cunit_main.h"
#include "store/db_store.h"
#include "store/envelope_version.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;

/* db_rights_stmt must list each right that the role has on a table. A migration that adds
 * a table must add a row to db_rights_stmt. */
static void
readiness_asks_for_all_rights_on_tables(void)
{
	static const char sql[] =
	    "SELECT count(*) FROM (SELECT format('(%L, %L)', c.relname,"
	    " string_agg(p, ' ' ORDER BY place)) AS entry FROM pg_class c,"
	    " unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) WITH ORDINALITY r(p, place)"
	    " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
	    " AND CASE p WHEN 'DELETE' THEN has_table_privilege(c.oid, p)"
	    " ELSE has_any_column_privilege(c.oid, p) END GROUP BY c.relname) t"
	    " WHERE position(t.entry IN $1) = 0";
	const char *const params[] = {db_rights_stmt.sql};

	CU_ASSERT_EQUAL(fixture_number(&f, NULL, sql, params, 1), 0);
	CU_ASSERT_TRUE(
	    fixture_number(&f, NULL, sql, (const char *const[]){"no rights"}, 1) > 10);
}

static void
a_migrated_database_is_ready(void)
{
	FINE(db_store_ready(f.pg, f.arena, &f.err));
}

static void
a_failed_statement_names_itself_and_its_cause(void)
{
	static const struct pg_stmt denied = {
	    .name = "denied", .sql = "SELECT FROM dead_letters"};
	static const struct pg_stmt value = {
	    .name = "value", .sql = "SELECT 'the body of a message'::int"};
	struct pg_rows rows;

	CU_ASSERT_EQUAL(
	    pg_run(f.pg, NULL, &denied, NULL, f.arena, &rows, &f.err), ES_INTERNAL);
	CU_ASSERT_STRING_EQUAL(f.err.cause, "permission denied for table dead_letters");
	CU_ASSERT_STRING_EQUAL(f.err.sqlstate, "42501");
	CU_ASSERT_STRING_EQUAL(f.err.statement, "denied");
	/* the cause leaves the quoted value out, because it may be a message's body */
	CU_ASSERT_EQUAL(
	    pg_run(f.pg, NULL, &value, NULL, f.arena, &rows, &f.err), ES_INTERNAL);
	CU_ASSERT_STRING_EQUAL(f.err.cause, "invalid input syntax for type integer: ");
}

/* 1 before the last migration of the upgrade, 2 after it. */
static void
tells_the_version_of_envelopes(void)
{
	const int64_t want = fixture_number(&f, NULL,
	    "SELECT 1 + count(*) FROM schema_migrations WHERE version = '20261129190000'",
	    NULL, 0);
	struct pg_rows rows;

	FINE(pg_run(f.pg, NULL, &envelope_version_stmt, NULL, f.arena, &rows, &f.err));
	CU_ASSERT_EQUAL(envelope_version_read(&rows, f.arena), want);
	CU_ASSERT_EQUAL(envelope_version_read(&rows, f.arena), 0); /* no further row */
}

static CU_TestInfo cases[] = {
    {"a migrated database is ready", a_migrated_database_is_ready},
    {"readiness asks for all rights on tables", readiness_asks_for_all_rights_on_tables},
    {"a failed statement names itself and its cause",
	a_failed_statement_names_itself_and_its_cause},
    {"tells the version of envelopes", tells_the_version_of_envelopes},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("db_store", cases, f)
