#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "async_loop.h"
#include "core/clock.h"
#include "cunit_main.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;

/* What done() received for one statement. */
struct answer {
	unsigned calls;
	enum es_code rc;
	char text[64], sqlstate[6];
	struct loop *again; /* done() sends one more statement here; NULL: none */
	struct answer *next;
};

struct row {
	const char *text;
};
static const struct pg_col row_cols[] = {PG_COL(struct row, text, PG_TEXT)};
#define ONE_TEXT(name_, sql_, n) \
	static const struct pg_stmt name_ = { \
	    .name = #name_, .sql = sql_, .cols = row_cols, .n_cols = 1, .n_params = n}

ONE_TEXT(echo, "SELECT $1::text", 1);
ONE_TEXT(divide, "SELECT (1 / $1::int)::text", 1);
ONE_TEXT(broken_sql, "SELECT no_such_column", 0);
ONE_TEXT(backend, "SELECT pg_backend_pid()::text", 0);
ONE_TEXT(nap, "SELECT pg_sleep($1::float)::text", 1);
ONE_TEXT(tenant_now, "SELECT current_setting('app.tenant')", 0);
ONE_TEXT(own_role, "SELECT role FROM users WHERE tenant_id = $1 AND id = $2", 2);
ONE_TEXT(kill_it, "SELECT pg_terminate_backend($1::int, 5000)::text", 1);

static void done(void *ctx, enum es_code rc, struct pg_rows *rows, struct arena *a,
    const struct es_err *err);

static enum es_code
send(struct loop *l, const struct tenant_id *tenant, const struct pg_stmt *stmt,
    const char *param, struct answer *answer)
{
	const char *const params[] = {param};

	return pg_async_send(l->pa, tenant, stmt, params, 2000, done, answer, &f.err);
}

static void
done(void *ctx, enum es_code rc, struct pg_rows *rows, struct arena *a,
    const struct es_err *err)
{
	struct answer *answer = ctx;
	struct row row = {0};

	answer->calls++;
	answer->rc = rc;
	if (rc != ES_OK)
		(void)snprintf(
		    answer->sqlstate, sizeof(answer->sqlstate), "%s", err->sqlstate);
	else if (pg_next(rows, a, &row) && row.text != NULL)
		(void)snprintf(answer->text, sizeof(answer->text), "%s", row.text);
	if (answer->again != NULL)
		CU_ASSERT_EQUAL(send(answer->again, NULL, &echo, "second", answer->next),
		    pg_async_up(answer->again->pa) ? ES_OK : ES_UNAVAILABLE);
}

static void
answers_arrive_in_order_each_of_its_own_tenant(void)
{
	enum { N = 50 };
	struct answer answers[N] = {0};
	struct loop l;
	unsigned ready = 0;

	open_loop(&l, N, false);
	for (unsigned i = 0; i < N; i++) {
		const struct tenant_id *t = i % 2 ? &f.bob.tenant : &f.foreign.tenant;

		FINE(send(&l, t, &tenant_now, NULL, &answers[i]));
	}
	CU_ASSERT_EQUAL(pg_async_in_flight(l.pa), N);
	CU_ASSERT_EQUAL(answers[0].calls, 0); /* done is never called from inside send */
	TURN_UNTIL(&l, pg_async_in_flight(l.pa) == 0);
	for (unsigned i = 0; i < N; i++) {
		ready += answers[i].calls;
		CU_ASSERT_STRING_EQUAL(
		    answers[i].text, i % 2 ? f.bob.tenant.text : f.foreign.tenant.text);
	}
	CU_ASSERT_EQUAL(ready, N);
	pg_async_close(&l.pa);
}

static void
a_statement_does_not_see_the_tenant_of_an_earlier_one(void)
{
	struct answer with = {0}, without = {0}, foreign = {0};
	const char *const bob[] = {f.bob.tenant.text, f.bob.user.text};
	struct loop l;

	open_loop(&l, 8, false);
	FINE(send(&l, &f.bob.tenant, &tenant_now, NULL, &with));
	FINE(send(&l, NULL, &tenant_now, NULL, &without));
	FINE(pg_async_send(
	    l.pa, &f.foreign.tenant, &own_role, bob, 2000, done, &foreign, &f.err));
	TURN_UNTIL(&l, foreign.calls == 1);
	CU_ASSERT_STRING_EQUAL(without.text, "");
	CU_ASSERT_EQUAL(foreign.rc, ES_OK);
	CU_ASSERT_STRING_EQUAL(foreign.text, ""); /* no row */
	pg_async_close(&l.pa);
}

static void
an_error_fails_one_statement_only(void)
{
	for (unsigned pooled = 0; pooled < 2; pooled++) {
		struct answer zero = {0}, one = {0}, bad = {0}, worse = {0}, last = {0};
		struct loop l;

		open_loop(&l, 8, pooled == 1);
		FINE(send(&l, &f.bob.tenant, &divide, "0", &zero));
		FINE(send(&l, &f.bob.tenant, &divide, "1", &one));
		FINE(send(&l, NULL, &broken_sql, NULL, &bad));
		FINE(send(&l, &f.bob.tenant, &echo, "end", &last));
		TURN_UNTIL(&l, last.calls == 1);
		CU_ASSERT_STRING_EQUAL(zero.sqlstate, "22012");
		CU_ASSERT_STRING_EQUAL(one.text, "1");
		CU_ASSERT_STRING_EQUAL(bad.sqlstate, "42703");
		CU_ASSERT_STRING_EQUAL(last.text, "end");
		FINE(send(
		    &l, NULL, &broken_sql, NULL, &worse)); /* the same statement again */
		TURN_UNTIL(&l, worse.calls == 1);
		CU_ASSERT_STRING_EQUAL(worse.sqlstate, "42703");
		CU_ASSERT_EQUAL(l.downs, 0);
		pg_async_close(&l.pa);
	}
}

static void
refuses_more_than_max_in_flight_statements(void)
{
	struct answer answers[3] = {0};
	struct loop l;

	open_loop(&l, 2, false);
	FINE(send(&l, NULL, &echo, "1", &answers[0]));
	FINE(send(&l, NULL, &echo, "2", &answers[1]));
	CU_ASSERT_EQUAL(send(&l, NULL, &echo, "3", &answers[2]), ES_UNAVAILABLE);
	TURN_UNTIL(&l, pg_async_in_flight(l.pa) == 0);
	FINE(send(&l, NULL, &echo, "3", &answers[2]));
	TURN_UNTIL(&l, answers[2].calls == 1);
	CU_ASSERT_EQUAL(answers[0].calls + answers[1].calls, 2);
	pg_async_close(&l.pa);
}

/* A pooler hides the loss of a session of PostgreSQL, unless a transaction is open. */
static bool
behind_pooler(void)
{
	return getenv("ES_TEST_POOLED") != NULL;
}

/* The test kills the session of a connection with statements in flight. done() is called
 * once for each of these statements. Later statements succeed. */
static void
connects_again_after_the_loss_of_its_server(void)
{
	enum { N = 20 };
	struct answer who = {0}, answers[N] = {0}, second = {0}, after = {0};
	struct pg_rows rows;
	struct loop l;
	unsigned calls = 0, lost = 0;

	if (behind_pooler())
		return;
	open_loop(&l, 32, false);
	FINE(send(&l, NULL, &backend, NULL, &who));
	TURN_UNTIL(&l, who.calls == 1);
	for (unsigned i = 0; i < N; i++)
		FINE(send(&l, &f.bob.tenant, &nap, i == 0 ? "2" : "0", &answers[i]));
	answers[1].again = &l;
	answers[1].next = &second;
	FINE(pg_run(f.pg, NULL, &kill_it, (const char *const[]){who.text}, f.arena, &rows,
	    &f.err));
	TURN_UNTIL(&l, l.downs == 1);
	for (unsigned i = 0; i < N; i++) {
		calls += answers[i].calls;
		lost += answers[i].rc == ES_UNAVAILABLE;
	}
	CU_ASSERT_EQUAL(calls, N);
	CU_ASSERT_EQUAL(lost, N);
	CU_ASSERT_STRING_EQUAL(answers[0].sqlstate, "57P01");
	CU_ASSERT_STRING_EQUAL(answers[N - 1].sqlstate, PG_LOST);
	CU_ASSERT_EQUAL(second.calls, 0); /* done() could not send this statement */
	CU_ASSERT_EQUAL(send(&l, NULL, &echo, "x", &after), ES_UNAVAILABLE);
	TURN_UNTIL(&l, l.ups == 2);
	FINE(send(&l, &f.bob.tenant, &echo, "back", &after));
	TURN_UNTIL(&l, after.calls == 1);
	CU_ASSERT_STRING_EQUAL(after.text, "back");
	pg_async_close(&l.pa);
}

static void
notices_a_loss_while_idle(void)
{
	struct answer who = {0};
	struct pg_rows rows;
	struct loop l;

	if (behind_pooler())
		return;
	open_loop(&l, 4, false);
	FINE(send(&l, NULL, &backend, NULL, &who));
	TURN_UNTIL(&l, who.calls == 1);
	FINE(pg_run(f.pg, NULL, &kill_it, (const char *const[]){who.text}, f.arena, &rows,
	    &f.err));
	TURN_UNTIL(&l, l.downs == 1);
	TURN_UNTIL(&l, l.ups == 2);
	pg_async_close(&l.pa);
}

static void
a_missed_deadline_drops_the_connection(void)
{
	struct answer slow = {0}, behind = {0};
	const int64_t start_ms = clock_mono_ms();
	struct loop l;

	open_loop(&l, 4, false);
	FINE(pg_async_send(
	    l.pa, NULL, &nap, (const char *const[]){"2"}, 100, done, &slow, &f.err));
	FINE(send(&l, NULL, &echo, "x", &behind));
	TURN_UNTIL(&l, slow.calls == 1);
	CU_ASSERT_EQUAL(slow.rc, ES_UNAVAILABLE);
	CU_ASSERT_EQUAL(
	    behind.rc, ES_UNAVAILABLE); /* a pipeline can't skip the slow statement */
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms < 1500);
	CU_ASSERT_STRING_EQUAL(pg_async_detail(l.pa), "no answer in time");
	TURN_UNTIL(&l, l.ups == 2);
	pg_async_close(&l.pa);
}

static void
closing_ends_the_statements_in_flight(void)
{
	struct answer answers[3] = {0};
	struct loop l;

	open_loop(&l, 4, false);
	for (unsigned i = 0; i < 3; i++)
		FINE(send(&l, NULL, &echo, "x", &answers[i]));
	pg_async_close(&l.pa);
	CU_ASSERT_PTR_NULL(l.pa);
	CU_ASSERT_EQUAL(l.fd, -1);
	CU_ASSERT_EQUAL(l.fire_ms, -1);
	for (unsigned i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(answers[i].calls, 1);
		CU_ASSERT_EQUAL(answers[i].rc, ES_UNAVAILABLE);
	}
}

static void
done_may_send(void)
{
	struct answer first = {0}, second = {0};
	struct loop l;

	/* inside done() the answered statement no longer counts as in flight */
	open_loop(&l, 1, false);
	first.again = &l;
	first.next = &second;
	FINE(send(&l, NULL, &echo, "first", &first));
	TURN_UNTIL(&l, second.calls == 1);
	CU_ASSERT_STRING_EQUAL(first.text, "first");
	CU_ASSERT_STRING_EQUAL(second.text, "second");
	pg_async_close(&l.pa);
}

/* Sends and receives more bytes than the buffers of the socket hold. */
static void
sends_more_than_the_socket_buffers_hold(void)
{
	enum { N = 40 };
	struct answer answers[N] = {0};
	char *big = arena_alloc(f.arena, 200001);
	struct loop l;

	memset(big, 'x', 200000);
	open_loop(&l, N, false);
	for (unsigned i = 0; i < N; i++)
		FINE(send(&l, NULL, &echo, big, &answers[i]));
	TURN_UNTIL(&l, pg_async_in_flight(l.pa) == 0);
	CU_ASSERT_EQUAL(answers[N - 1].rc, ES_OK);
	CU_ASSERT_EQUAL(strlen(answers[N - 1].text), sizeof(answers[0].text) - 1);
	CU_ASSERT_EQUAL(l.want, PG_WANT_READ);
	pg_async_close(&l.pa);
}

static void
waits_for_a_server_that_is_away(void)
{
	const struct pg_settings settings = {
	    .url = "host=/nonexistent user=u dbname=d", .application_name = "t"};
	struct loop l = {.fd = -1, .fire_ms = -1};
	const struct pg_async_loop how = async_loop(&l);
	struct answer none = {0};
	int64_t first_ms;

	FINE(pg_async_open(&settings, 1, &how, &l.pa, &f.err));
	CU_ASSERT_FALSE(pg_async_up(l.pa));
	CU_ASSERT_EQUAL(send(&l, NULL, &echo, "x", &none), ES_UNAVAILABLE);
	CU_ASSERT_STRING_EQUAL(f.err.sqlstate, PG_LOST);
	first_ms = l.fire_ms;
	CU_ASSERT_TRUE(first_ms > 0);
	TURN_UNTIL(
	    &l, l.fire_ms > first_ms); /* the next attempt starts the timer again */
	CU_ASSERT_EQUAL(l.downs, 0);
	CU_ASSERT_EQUAL(none.calls, 0);
	pg_async_close(&l.pa);
}

static void
refuses_a_malformed_url(void)
{
	const struct pg_settings settings = {
	    .url = "no address", .application_name = "test"};
	const struct pg_async_loop loop = {.ctx = NULL};
	struct pg_async *pa = NULL;

	REFUSED(f, pg_async_open(&settings, 1, &loop, &pa, &f.err), ES_INVALID,
	    "not a PostgreSQL connection string or URI");
	CU_ASSERT_PTR_NULL(pa);
}

static CU_TestInfo cases[] = {
    {"refuses a malformed url", refuses_a_malformed_url},
    {"answers arrive in order, each of its own tenant",
	answers_arrive_in_order_each_of_its_own_tenant},
    {"a statement does not see the tenant of an earlier one",
	a_statement_does_not_see_the_tenant_of_an_earlier_one},
    {"an error fails one statement only", an_error_fails_one_statement_only},
    {"refuses more than max_in_flight statements",
	refuses_more_than_max_in_flight_statements},
    {"connects again after the loss of its server",
	connects_again_after_the_loss_of_its_server},
    {"notices a loss while idle", notices_a_loss_while_idle},
    {"a missed deadline drops the connection", a_missed_deadline_drops_the_connection},
    {"closing fails the statements in flight", closing_ends_the_statements_in_flight},
    {"done() may send a statement", done_may_send},
    {"sends more than the socket buffers hold", sends_more_than_the_socket_buffers_hold},
    {"waits for a server that is away", waits_for_a_server_that_is_away},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("pg_async", cases, f)
