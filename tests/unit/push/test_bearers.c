/* Sockets with tokens of tenants' own issuers: from the token to the user. */
#include <string.h>

#include "cunit_main.h"

#include "core/check.h"
#include "rig.h"
#include "unit/auth/fake_issuers.h"
#include "who/bearers.h"
#include "who/who_state.h"

#include "core/banned.h"

static struct rig rig;
static struct client clients[2];
static struct got got;
static struct fake_key key;

static void
up(void)
{
	rig_up(&rig);
	fake_issuers_up();
	fakes.answer = fake_issuers_answer;
	key = (struct fake_key){.iss = "app", .kid = "k1"};
	fake_issuers.keys = &key;
	fake_issuers.n_keys = 1;
}

static void
down(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		client_close(&clients[i]);
	rig_turn(&rig);
	rig_down(&rig);
	fake_issuers_down();
}

static void
auth(struct client *c, const char *iss, const char *kid)
{
	client_text(c,
	    arena_printf(rig.arena, "{\"type\":\"auth\",\"id\":\"a\",\"token\":\"%s\"}",
		fake_issuers_token(rig.arena, iss, kid)));
	rig_turn(&rig);
}

static void
connect_as(struct client *c, const char *iss, const char *kid)
{
	rig_client_without_token(&rig, c);
	auth(c, iss, kid);
}

static void
opens_a_socket(void)
{
	const struct conn *c;

	up();
	connect_as(&clients[0], "app", "k1");
	CU_ASSERT_TRUE(rig_expect(&rig, &clients[0], "\"hello\"", &got));
	c = rig_conn(&rig, &clients[0]);
	CU_ASSERT_STRING_EQUAL(c->user.text, FAKE_SUBJECT);
	CU_ASSERT_STRING_EQUAL(c->tenant.text, FAKE_TENANT);
	CU_ASSERT_PTR_NOT_NULL(c->auth.key);
	CU_ASSERT_EQUAL(fake_issuers.key_reads, 1);
	CU_ASSERT_EQUAL(fake_issuers.provisions, 0);
	CU_ASSERT_EQUAL(rig.worker.conns.early_bytes, 0);
	down(1);
}

static void
is_refused(void)
{
	static const struct {
		const char *iss, *kid, *user, *role;
		bool key_deleted;
		unsigned code;
	} rows[] = {
	    {"nobody", "k1", FAKE_SUBJECT, "member", false, CLOSE_BAD_TOKEN},
	    {"app", "k2", FAKE_SUBJECT, "member", false, CLOSE_BAD_TOKEN},
	    {"app", "k1", NULL, NULL, false, CLOSE_BAD_TOKEN},
	    {"app", "k1", FAKE_SUBJECT, "owner", false, CLOSE_BAD_TOKEN},
	    {"app", "k1", FAKE_SUBJECT, "member", true, CLOSE_REVOKED},
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		up();
		fake_issuers.user = rows[i].user;
		fake_issuers.role = rows[i].role;
		fake_issuers.key_deleted = rows[i].key_deleted;
		connect_as(&clients[0], rows[i].iss, rows[i].kid);
		CU_ASSERT_EQUAL(rig_close_code(&rig, &clients[0]), rows[i].code);
		CU_ASSERT_EQUAL(fakes.users, 0);
		down(1);
	}
}

static void
an_unknown_user_is_created(void)
{
	up();
	key.provision = true;
	fake_issuers.user = NULL;
	connect_as(&clients[0], "app", "k1");
	CU_ASSERT_TRUE(rig_expect(&rig, &clients[0], "\"hello\"", &got));
	CU_ASSERT_EQUAL(fake_issuers.provisions, 1);
	connect_as(&clients[1], "app", "k1");
	CU_ASSERT_TRUE(rig_expect(&rig, &clients[1], "\"hello\"", &got));
	CU_ASSERT_EQUAL(fake_issuers.provisions, 1);
	down(2);
}

static void
no_user_is_created_for_a_deleted_key(void)
{
	up();
	key.provision = true;
	fake_issuers.user = NULL;
	fake_issuers.key_deleted = true;
	connect_as(&clients[0], "app", "k1");
	CU_ASSERT_EQUAL(rig_close_code(&rig, &clients[0]), CLOSE_REVOKED);
	CU_ASSERT_EQUAL(fake_issuers.provisions, 0);
	down(1);
}

static void
two_tokens_share_the_statements(void)
{
	up();
	fakes.hold = true;
	connect_as(&clients[0], "app", "k1");
	connect_as(&clients[1], "app", "k1");
	CU_ASSERT_EQUAL(fake_issuers.key_reads, 1);
	CU_ASSERT_EQUAL(fake_issuers.subject_lookups, 0);
	fakes.hold = false;
	CU_ASSERT_TRUE(fakes_run()); /* delivers the keys */
	fakes.hold = true;
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fake_issuers.subject_lookups, 1);
	CU_ASSERT_EQUAL(fake_issuers.subjects, 2);
	fakes.hold = false;
	for (unsigned i = 0; i < 2; i++)
		CU_ASSERT_TRUE(rig_expect(&rig, &clients[i], "\"hello\"", &got));
	CU_ASSERT_EQUAL(fake_issuers.key_reads, 1);
	down(2);
}

/* The clients close their sockets before the database answers. */
static void
survives_a_closed_client(void)
{
	up();
	fakes.hold = true;
	connect_as(&clients[0], "app", "k1");
	connect_as(&clients[1], "app", "k1");
	client_close(&clients[0]);
	rig_turn(&rig);
	fakes.hold = false;
	CU_ASSERT_TRUE(fakes_run());
	fakes.hold = true;
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fake_issuers.subjects, 1);
	client_close(&clients[1]);
	rig_turn(&rig);
	fakes.hold = false;
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.users, 0);
	down(0);
}

static void
waits_for_the_database(void)
{
	up();
	fakes.pg_down = true;
	connect_as(&clients[0], "app", "k1");
	rig_second(&rig);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(rig_conn(&rig, &clients[0])->state, CONN_GREETING);
	fakes.pg_down = false;
	rig_second(&rig);
	CU_ASSERT_TRUE(rig_expect(&rig, &clients[0], "\"hello\"", &got));
	down(1);
}

/* Moves the clock by ms, and makes a turn of the bearers. Other turns use the machine's
 * clock. */
static void
pass(int64_t ms)
{
	rig.worker.env.now_ms += ms;
	bearers_turn(rig.worker.who->bearers);
}

/* The database is away for longer than a token may wait. The client receives the error
 * while the database is still away, and may try again. If keys_are_known, the database
 * goes away after the keys are read and before the look-up of the user. */
static void
fail_until_the_time_out(bool keys_are_known)
{
	up();
	rig_client(&rig, &clients[0], 0);
	fakes.hold = keys_are_known;
	fakes.pg_down = !keys_are_known;
	auth(&clients[0], "app", "k1");
	auth(&clients[0], "app", "k1");
	CU_ASSERT_TRUE(rig_expect(&rig, &clients[0], "\"busy\"", &got));
	fakes.hold = false;
	if (keys_are_known)
		CU_ASSERT_TRUE(fakes_run());
	fakes.pg_down = true;
	pass(rig.conf.auth_timeout_ms); /* one more try, which fails */
	pass(1);                        /* the token has waited for too long */
	CU_ASSERT_TRUE(rig_expect(&rig, &clients[0], "\"unavailable\"", &got));
	CU_ASSERT_EQUAL(rig_conn(&rig, &clients[0])->state, CONN_OPEN);
	fakes.pg_down = false;
	pass(2 * rig.conf.auth_timeout_ms); /* later than the next try */
	auth(&clients[0], "app", "k1");
	pass(2 * rig.conf.auth_timeout_ms);
	CU_ASSERT_TRUE(rig_expect(&rig, &clients[0], "\"ack\"", &got));
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &clients[0])->auth.key);
	down(1);
}

static void
a_fresh_token_does_not_wait_for_ever(void)
{
	fail_until_the_time_out(false);
	fail_until_the_time_out(true);
}

static CU_TestInfo cases[] = {
    {"a good token opens a socket", opens_a_socket},
    {"a bad token is refused", is_refused},
    {"an unknown user is created", an_unknown_user_is_created},
    {"no user is created for a deleted key", no_user_is_created_for_a_deleted_key},
    {"two tokens share the statements", two_tokens_share_the_statements},
    {"a client closes before the database answers", survives_a_closed_client},
    {"a token waits for the database", waits_for_the_database},
    {"a fresh token does not wait for ever", a_fresh_token_does_not_wait_for_ever},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/bearers", cases)
