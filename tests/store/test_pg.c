#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "cunit_main.h"
#include "store_fixture.h"

#include "core/banned.h"

struct row {
	const char *text;
	int64_t number;
	bool flag;
	struct user_id id;
};

static const struct pg_col row_cols[] = {
    PG_COL(struct row, text, PG_TEXT),
    PG_COL(struct row, number, PG_INT8),
    PG_COL(struct row, flag, PG_BOOL),
    PG_COL(struct row, id, PG_UUID),
};

static const struct pg_stmt every_type = {
    .name = "every_type",
    .sql = "SELECT $1::text, $2::bigint, $3::boolean, $4::uuid",
    .cols = row_cols,
    .n_cols = 4,
    .n_params = 4,
};

static const struct pg_col text_col[] = {PG_COL(struct row, text, PG_TEXT)};

#define ONE_TEXT(name_, sql_, n) \
	static const struct pg_stmt name_ = { \
	    .name = #name_, .sql = sql_, .cols = text_col, .n_cols = 1, .n_params = n}

ONE_TEXT(tenant_now, "SELECT current_setting('app.tenant')", 0);
ONE_TEXT(joined, "SELECT array_to_string($1::text[], '|', '-')", 1);
ONE_TEXT(divide, "SELECT (1 / $1::int)::text", 1);
ONE_TEXT(backend, "SELECT pg_backend_pid()::text", 0);
ONE_TEXT(nap, "SELECT pg_sleep($1::float)::text", 1);
ONE_TEXT(own_role, "SELECT role FROM users WHERE tenant_id = $1 AND id = $2", 2);
ONE_TEXT(numbered, "SELECT g::text FROM generate_series(1, $1::int) g", 1);
ONE_TEXT(echo, "SELECT $1::text", 1);
ONE_TEXT(settings_now,
    "SELECT concat_ws(' ', current_setting('statement_timeout'),"
    " current_setting('lock_timeout'), current_setting('synchronous_commit'),"
    " current_setting('idle_in_transaction_session_timeout'),"
    " current_setting('application_name'), current_setting('jit'),"
    " current_setting('transaction_isolation'))",
    0);

static const struct pg_stmt rename_user = {
    .name = "rename_user",
    .sql = "UPDATE users SET display_name = $3 WHERE tenant_id = $1 AND id = $2",
    .n_params = 3,
};

static const struct pg_stmt again = {
    .name = "again",
    .sql = "INSERT INTO users (tenant_id, id, email, display_name)"
	   " VALUES ($1, $2, 'again@example.test', 'x')",
    .n_params = 2,
};

static struct fixture f;

static const char *
text_of(const struct tenant_id *tenant, const struct pg_stmt *stmt,
    const char *const params[])
{
	struct row row = {0};
	struct pg_rows rows;

	if (pg_run(f.pg, tenant, stmt, params, f.arena, &rows, &f.err) != ES_OK)
		return f.err.sqlstate;
	return pg_next(&rows, f.arena, &row) ? row.text : "no row";
}

static void
copies_every_type_and_nulls(void)
{
	const char *const good[] = {"a'b", "9007199254740991", "true", f.bob.user.text};
	const char *const none[] = {NULL, NULL, NULL, NULL};
	struct row row = {0};
	struct pg_rows rows;

	CU_ASSERT_EQUAL_FATAL(
	    pg_run(f.pg, NULL, &every_type, good, f.arena, &rows, &f.err), ES_OK);
	CU_ASSERT_TRUE_FATAL(pg_next(&rows, f.arena, &row));
	CU_ASSERT_STRING_EQUAL(row.text, "a'b");
	CU_ASSERT_EQUAL(row.number, 9007199254740991);
	CU_ASSERT_TRUE(row.flag);
	CU_ASSERT_STRING_EQUAL(row.id.text, f.bob.user.text);
	CU_ASSERT_FALSE(pg_next(&rows, f.arena, &row));

	CU_ASSERT_EQUAL_FATAL(
	    pg_run(f.pg, NULL, &every_type, none, f.arena, &rows, &f.err), ES_OK);
	CU_ASSERT_TRUE_FATAL(pg_next(&rows, f.arena, &row));
	CU_ASSERT_PTR_NULL(row.text);
	CU_ASSERT_EQUAL(row.number, 0);
	CU_ASSERT_FALSE(row.flag);
	CU_ASSERT_STRING_EQUAL(row.id.text, "");
}

static void
sets_the_tenant_for_one_statement(void)
{
	CU_ASSERT_STRING_EQUAL(
	    text_of(&f.bob.tenant, &tenant_now, NULL), f.bob.tenant.text);
	/* app.tenant is set for one transaction. Afterwards the setting is empty, which
	 * is not a valid UUID. */
	CU_ASSERT_STRING_EQUAL(text_of(NULL, &tenant_now, NULL), "");
	CU_ASSERT_STRING_EQUAL(text_of(NULL, &own_role,
				   (const char *[]){f.bob.tenant.text, f.bob.user.text}),
	    "22P02");
	CU_ASSERT_EQUAL(f.err.code, ES_INTERNAL);
}

static void
a_foreign_tenant_sees_no_row(void)
{
	const char *const bob[] = {f.bob.tenant.text, f.bob.user.text};

	CU_ASSERT_STRING_EQUAL(text_of(&f.bob.tenant, &own_role, bob), "member");
	CU_ASSERT_STRING_EQUAL(text_of(&f.foreign.tenant, &own_role, bob), "no row");
}

static void
passes_array_elements_unchanged(void)
{
	const char *const items[] = {"plain", "a\"b", "a\\b", "{,}", "", "NULL", NULL};
	const char *const params[] = {pg_array(f.arena, items, ES_COUNT(items))};

	CU_ASSERT_STRING_EQUAL(
	    text_of(NULL, &joined, params), "plain|a\"b|a\\b|{,}||NULL|-");
}

static void
maps_errors_and_keeps_the_connection(void)
{
	const char *const zero[] = {"0"}, *const one[] = {"1"};
	const char *const twice[] = {f.bob.tenant.text, f.bob.user.text};
	struct pg_rows rows;

	CU_ASSERT_STRING_EQUAL(text_of(NULL, &divide, zero), "22012");
	CU_ASSERT_EQUAL(f.err.code, ES_INTERNAL);
	CU_ASSERT_PTR_NULL(strstr(
	    f.err.text, "zero")); /* the client does not see the server's message */
	CU_ASSERT_PTR_NOT_NULL(strstr(pg_detail(f.pg), "division by zero"));
	CU_ASSERT_STRING_EQUAL(text_of(NULL, &divide, one), "1");
	CU_ASSERT_EQUAL(
	    pg_run(f.pg, &f.bob.tenant, &again, twice, f.arena, &rows, &f.err),
	    ES_CONFLICT);
	CU_ASSERT_STRING_EQUAL(f.err.sqlstate, "23505");
	CU_ASSERT_EQUAL(
	    pg_run(f.pg, &f.foreign.tenant, &again, twice, f.arena, &rows, &f.err),
	    ES_INTERNAL);
	CU_ASSERT_STRING_EQUAL(f.err.sqlstate, "42501"); /* row-level security */
}

static void
a_batch_is_all_or_nothing(void)
{
	const char *const name[] = {f.bob.tenant.text, f.bob.user.text, "Robert"};
	const char *const zero[] = {"0"}, *const one[] = {"1"};
	struct pg_batch_item items[] = {
	    {.stmt = &rename_user, .params = name},
	    {.stmt = &divide, .params = zero},
	    {.stmt = &own_role, .params = name},
	};
	struct row row;

	CU_ASSERT_EQUAL(
	    pg_batch(f.pg, &f.bob.tenant, items, 3, f.arena, &f.err), ES_INTERNAL);
	CU_ASSERT_STRING_EQUAL(f.err.sqlstate, "22012");
	CU_ASSERT_EQUAL(
	    fixture_number(&f, &f.bob.tenant,
		"SELECT count(*) FROM users WHERE tenant_id = $1 AND id = $2 AND"
		" display_name = $3",
		name, 3),
	    0);

	items[1].params = one;
	CU_ASSERT_EQUAL_FATAL(
	    pg_batch(f.pg, &f.bob.tenant, items, 3, f.arena, &f.err), ES_OK);
	CU_ASSERT_EQUAL(items[0].rows.affected, 1);
	CU_ASSERT_TRUE_FATAL(pg_next(&items[1].rows, f.arena, &row));
	CU_ASSERT_STRING_EQUAL(row.text, "1");
	CU_ASSERT_TRUE_FATAL(pg_next(&items[2].rows, f.arena, &row));
	CU_ASSERT_STRING_EQUAL(row.text, "member");
}

/* Sends and receives more bytes than the buffers of the socket hold, at the same time. */
static void
a_large_batch_does_not_block(void)
{
	enum { N = 64 };
	char *big = arena_alloc(f.arena, 200001);
	const char *const params[] = {big};
	struct pg_batch_item items[N];
	struct row row;

	memset(big, 'x', 200000);
	for (size_t i = 0; i < N; i++)
		items[i] = (struct pg_batch_item){.stmt = &echo, .params = params};
	CU_ASSERT_EQUAL_FATAL(pg_batch(f.pg, NULL, items, N, f.arena, &f.err), ES_OK);
	CU_ASSERT_TRUE_FATAL(pg_next(&items[N - 1].rows, f.arena, &row));
	CU_ASSERT_EQUAL(strlen(row.text), 200000);
	CU_ASSERT_STRING_EQUAL(text_of(NULL, &numbered, (const char *const[]){"3"}), "1");
}

static void
a_transaction_keeps_its_tenant(void)
{
	const char *const name[] = {f.bob.tenant.text, f.bob.user.text, "In doubt"};
	struct pg_rows rows;

	CU_ASSERT_EQUAL_FATAL(pg_begin(f.pg, &f.bob.tenant, &f.err), ES_OK);
	CU_ASSERT_EQUAL(
	    pg_run(f.pg, NULL, &rename_user, name, f.arena, &rows, &f.err), ES_OK);
	CU_ASSERT_STRING_EQUAL(
	    text_of(&f.foreign.tenant, &tenant_now, NULL), f.bob.tenant.text);
	pg_rollback(f.pg);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, &f.bob.tenant,
		"SELECT count(*) FROM users WHERE tenant_id = $1 AND id = $2 AND"
		" display_name = $3",
		name, 3),
	    0);

	CU_ASSERT_EQUAL_FATAL(pg_begin(f.pg, &f.bob.tenant, &f.err), ES_OK);
	CU_ASSERT_EQUAL(
	    pg_run(f.pg, NULL, &rename_user, name, f.arena, &rows, &f.err), ES_OK);
	CU_ASSERT_EQUAL(pg_commit(f.pg, &f.err), ES_OK);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, &f.bob.tenant,
		"SELECT count(*) FROM users WHERE tenant_id = $1 AND id = $2 AND"
		" display_name = $3",
		name, 3),
	    1);
}

static void
a_failed_transaction_does_not_commit(void)
{
	const char *const zero[] = {"0"};

	CU_ASSERT_EQUAL_FATAL(pg_begin(f.pg, NULL, &f.err), ES_OK);
	CU_ASSERT_STRING_EQUAL(text_of(NULL, &divide, zero), "22012");
	CU_ASSERT_STRING_EQUAL(text_of(NULL, &backend, NULL), "25P02");
	CU_ASSERT_EQUAL(pg_commit(f.pg, &f.err), ES_INTERNAL);
	CU_ASSERT_TRUE(strtol(text_of(NULL, &backend, NULL), NULL, 10) > 0);
	CU_ASSERT_STRING_EQUAL(text_of(NULL, &divide, (const char *const[]){"1"}), "1");
}

static void
connects_again_after_the_server_closed_the_connection(void)
{
	struct pg *other = fixture_connect();
	const char *const pid[] = {text_of(NULL, &backend, NULL)};
	ONE_TEXT(kill_it, "SELECT pg_terminate_backend($1::int, 5000)::text", 1);
	struct pg_rows rows;

	/* The connection dies while idle: the next statement succeeds. */
	CU_ASSERT_EQUAL(
	    pg_run(other, NULL, &kill_it, pid, f.arena, &rows, &f.err), ES_OK);
	CU_ASSERT_STRING_NOT_EQUAL(text_of(NULL, &backend, NULL), pid[0]);

	/* The connection dies in a transaction: each later statement of the transaction
	 * fails. */
	CU_ASSERT_EQUAL_FATAL(pg_begin(f.pg, NULL, &f.err), ES_OK);
	{
		const char *const mine[] = {text_of(NULL, &backend, NULL)};

		CU_ASSERT_EQUAL(
		    pg_run(other, NULL, &kill_it, mine, f.arena, &rows, &f.err), ES_OK);
	}
	CU_ASSERT_STRING_EQUAL(text_of(NULL, &backend, NULL), PG_LOST);
	CU_ASSERT_STRING_EQUAL(text_of(NULL, &backend, NULL), PG_LOST);
	CU_ASSERT_EQUAL(f.err.code, ES_UNAVAILABLE);
	CU_ASSERT_EQUAL(pg_commit(f.pg, &f.err), ES_UNAVAILABLE);
	CU_ASSERT_STRING_NOT_EQUAL(text_of(NULL, &backend, NULL), PG_LOST);
	pg_close(&other);
}

static void
check_time_outs(bool pooled)
{
	struct pg_settings settings = {.url = getenv("ES_TEST_DATABASE_URL"),
	    .application_name = "test-short",
	    .statement_timeout_ms = 50,
	    .lock_timeout_ms = 40};
	const char *const nap_s[] = {"5"};
	const int64_t start_ms = clock_mono_ms();
	struct pg_rows rows;
	struct pg *pg = NULL;
	struct row row;

	settings.pooled = pooled;
	CU_ASSERT_EQUAL_FATAL(pg_open(&settings, &pg, &f.err), ES_OK);
	CU_ASSERT_EQUAL(
	    pg_run(pg, NULL, &nap, nap_s, f.arena, &rows, &f.err), ES_UNAVAILABLE);
	CU_ASSERT_STRING_EQUAL(f.err.sqlstate, "57014");
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms < 2000);
	for (unsigned explicitly = 0; explicitly < 2; explicitly++) {
		if (explicitly)
			FINE(pg_begin(pg, NULL, &f.err));
		FINE(pg_run(pg, NULL, &settings_now, NULL, f.arena, &rows, &f.err));
		CU_ASSERT_TRUE_FATAL(pg_next(&rows, f.arena, &row));
		CU_ASSERT_STRING_EQUAL(
		    row.text, "50ms 40ms on 5s test-short off read committed");
	}
	FINE(pg_commit(pg, &f.err));
	pg_close(&pg);
}

static void
the_server_ends_a_statement_that_takes_too_long(void)
{
	check_time_outs(getenv("ES_TEST_POOLED") != NULL);
}

/* Behind a pooler each transaction sets the settings for itself. */
static void
the_same_time_outs_hold_behind_a_pooler(void)
{
	check_time_outs(true);
}

static void
a_direct_session_keeps_its_settings_and_statements(void)
{
	ONE_TEXT(unmark, "SELECT set_config('app.session', '', false)", 0);

	FINE(pg_session_check(f.pg, f.arena, &f.err));
	FINE(pg_session_check(f.pg, f.arena, &f.err));
	if (getenv("ES_TEST_POOLED") != NULL)
		return;
	CU_ASSERT_STRING_EQUAL(text_of(NULL, &unmark, NULL), "");
	CU_ASSERT_EQUAL(pg_session_check(f.pg, f.arena, &f.err), ES_UNAVAILABLE);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.err.cause, "drops the settings of the session"));
	CU_ASSERT_PTR_NOT_NULL(strstr(f.err.cause, "ES_DATABASE_POOLER=transaction"));
}

/* pg_start() does not wait for the server. pg_finish() returns the rows or the error. */
static void
a_statement_runs_in_two_steps(void)
{
	const char *const third[] = {"0.3"}, *const zero[] = {"0"};
	const int64_t start_ms = clock_mono_ms();
	const size_t len = 8 << 20;
	char *text = arena_alloc(f.arena, len + 1);
	struct pg_rows rows;
	struct row row;

	FINE(pg_start(f.pg, NULL, &nap, third, &f.err));
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms < 250);
	FINE(pg_finish(f.pg, f.arena, &rows, &f.err));
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms >= 290);
	FINE(pg_start(f.pg, NULL, &divide, zero, &f.err));
	CU_ASSERT_NOT_EQUAL(pg_finish(f.pg, f.arena, &rows, &f.err), ES_OK);
	CU_ASSERT_STRING_EQUAL(f.err.sqlstate, "22012");
	FINE(pg_start(f.pg, &f.bob.tenant, &tenant_now, NULL, &f.err));
	FINE(pg_finish(f.pg, f.arena, &rows, &f.err));
	CU_ASSERT_TRUE_FATAL(pg_next(&rows, f.arena, &row));
	CU_ASSERT_STRING_EQUAL(row.text, f.bob.tenant.text);
	/* no socket buffer holds this parameter */
	memset(text, 'x', len);
	FINE(pg_start(f.pg, NULL, &echo, (const char *const[]){text}, &f.err));
	FINE(pg_finish(f.pg, f.arena, &rows, &f.err));
	CU_ASSERT_TRUE_FATAL(pg_next(&rows, f.arena, &row));
	CU_ASSERT_EQUAL(strlen(row.text), len);
}

static CU_TestInfo cases[] = {
    {"a statement runs in two steps", a_statement_runs_in_two_steps},
    {"copies every type, and NULLs", copies_every_type_and_nulls},
    {"sets the tenant for one statement", sets_the_tenant_for_one_statement},
    {"a foreign tenant sees no row", a_foreign_tenant_sees_no_row},
    {"passes array elements unchanged", passes_array_elements_unchanged},
    {"maps errors and keeps the connection", maps_errors_and_keeps_the_connection},
    {"a batch is all or nothing", a_batch_is_all_or_nothing},
    {"a large batch does not block", a_large_batch_does_not_block},
    {"a transaction keeps its tenant", a_transaction_keeps_its_tenant},
    {"a failed transaction does not commit", a_failed_transaction_does_not_commit},
    {"connects again after the server closed the connection",
	connects_again_after_the_server_closed_the_connection},
    {"a direct session keeps its settings and statements",
	a_direct_session_keeps_its_settings_and_statements},
    {"the server cancels a statement that takes too long",
	the_server_ends_a_statement_that_takes_too_long},
    {"the same time-outs hold behind a pooler", the_same_time_outs_hold_behind_a_pooler},
    CU_TEST_INFO_NULL,
};

STORE_MAIN("pg", cases, f)
