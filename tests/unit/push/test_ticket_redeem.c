/* Tickets that open a socket or renew its token. The test decides when Redis answers. */
#include <string.h>

#include "auth/ticket.h"
#include "cunit_main.h"
#include "rig.h"

#include "core/check.h"
#include "who/revalidate.h"

#include "core/banned.h"

#define TENANT "01900000-0000-7000-8000-000000000001"
#define USER   "01900000-0000-7000-8000-00000000a001"
#define OTHER  "01900000-0000-7000-8000-00000000a002"
#define TICKET "est_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct rig rig;
static struct client client;
static struct got got;

static const char *
claims(const char *user, int64_t ttl_s)
{
	const int64_t now_s = clock_wall_ms() / 1000;

	return arena_printf(rig.arena,
	    "{\"tenant\":\"%s\",\"user\":\"%s\",\"jti\":\"j-9\",\"iat\":%lld,"
	    "\"exp\":%lld}",
	    TENANT, user, (long long)now_s, (long long)(now_s + ttl_s));
}

static void
auth(const char *token)
{
	client_text(
	    &client, arena_printf(rig.arena,
			 "{\"type\":\"auth\",\"id\":\"a\",\"token\":\"%s\"}", token));
	rig_turn(&rig);
}

static void
up(void)
{
	rig_up(&rig);
	fakes.hold_text = true;
	rig_client_without_token(&rig, &client);
}

static void
down(void)
{
	client_close(&client);
	rig_turn(&rig);
	rig_down(&rig);
}

static void
opens_a_socket(void)
{
	char key[TICKET_KEY];

	up();
	auth(TICKET);
	ticket_key(TICKET, key);
	CU_ASSERT_EQUAL(fakes.texts, 1);
	CU_ASSERT_STRING_EQUAL(fakes.text_key, key);
	CU_ASSERT_EQUAL(
	    fakes.users, 0); /* the worker looks up no user before Redis names the user */
	/* All frames wait for hello, a second token as well. */
	client_text(&client, "{\"type\":\"ping\",\"id\":\"p\"}");
	rig_turn(&rig);
	CU_ASSERT_EQUAL(rig_conn(&rig, &client)->state, CONN_GREETING);
	CU_ASSERT_TRUE(fakes_answer_text(ES_OK, claims(USER, 600)));
	CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"hello\"", &got));
	CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"pong\"", &got));
	CU_ASSERT_STRING_EQUAL(rig_conn(&rig, &client)->user.text, USER);
	CU_ASSERT_STRING_EQUAL(rig_conn(&rig, &client)->auth.jti, "j-9");
	CU_ASSERT_EQUAL(rig_conn(&rig, &client)->auth.issued_s,
	    rig_conn(&rig, &client)->expires_s - 600);
	CU_ASSERT_EQUAL(rig.worker.conns.early_bytes, 0);
	down();
}

static void
is_refused(void)
{
	static const struct {
		const char *user;
		int64_t ttl_s;
		unsigned code;
	} rows[] = {
	    {NULL, 0, CLOSE_BAD_TOKEN}, /* a ticket that Redis does not have (any more) */
	    {USER, -1, CLOSE_TOKEN_EXPIRED},
	    {"x", 600, CLOSE_BAD_TOKEN},
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		up();
		auth(TICKET);
		CU_ASSERT_TRUE(fakes_answer_text(ES_OK,
		    rows[i].user != NULL ? claims(rows[i].user, rows[i].ttl_s) : NULL));
		CU_ASSERT_EQUAL(rig_close_code(&rig, &client), rows[i].code);
		CU_ASSERT_EQUAL(fakes.users, 0);
		down();
	}
	up(); /* the token was revoked after the ticket was made */
	fakes.principal = ES_TOKEN_REVOKED;
	auth(TICKET);
	CU_ASSERT_TRUE(fakes_answer_text(ES_OK, claims(USER, 600)));
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_REVOKED);
	down();
}

static void
waits_for_redis(void)
{
	up();
	fakes.hold_text = false; /* Redis is down */
	auth(TICKET);
	CU_ASSERT_EQUAL(rig_conn(&rig, &client)->state, CONN_GREETING);
	fakes.hold_text = true;
	rig_second(&rig);
	CU_ASSERT_EQUAL(fakes.texts, 1);
	rig_second(&rig); /* the question is already under way */
	CU_ASSERT_EQUAL(fakes.texts, 1);
	CU_ASSERT_TRUE(fakes_answer_text(ES_UNAVAILABLE, NULL));
	CU_ASSERT_EQUAL(rig_conn(&rig, &client)->state, CONN_GREETING);
	rig_second(&rig);
	CU_ASSERT_EQUAL(fakes.texts, 2);
	CU_ASSERT_TRUE(fakes_answer_text(ES_OK, claims(USER, 600)));
	CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"hello\"", &got));
	down();
}

static void
does_not_wait_for_ever(void)
{
	up();
	fakes.hold_text = false;
	auth(TICKET);
	rig_conn(&rig, &client)->auth.greeting_ms -= 20000;
	rig_second(&rig);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_AUTH_TIMEOUT);
	down();
}

/* The client closes its socket before Redis answers. */
static void
survives_a_closed_client(void)
{
	up();
	auth(TICKET);
	client_close(&client);
	rig_turn(&rig);
	CU_ASSERT_TRUE(fakes_answer_text(ES_OK, claims(USER, 600)));
	CU_ASSERT_EQUAL(fakes.users, 0);
	rig_turn(&rig);
	rig_down(&rig);
}

static void
renews_a_live_socket(void)
{
	rig_up(&rig);
	rig_client(&rig, &client, 0);
	auth(TICKET);
	CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"unavailable\"", &got));
	fakes.hold_text = true;
	auth(TICKET);
	auth(TICKET); /* refused: one ticket at a time */
	CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"busy\"", &got));
	CU_ASSERT_TRUE(fakes_answer_text(ES_OK, claims(USER, 777)));
	CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"ack\"", &got));
	CU_ASSERT_STRING_EQUAL(rig_conn(&rig, &client)->auth.jti, "j-9");
	auth(TICKET);
	CU_ASSERT_TRUE(fakes_answer_text(ES_OK, claims(OTHER, 600)));
	CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"forbidden\"", &got));
	auth(TICKET);
	CU_ASSERT_TRUE(fakes_answer_text(ES_OK, NULL));
	CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"unauthenticated\"", &got));
	CU_ASSERT_EQUAL(rig_conn(&rig, &client)->state, CONN_OPEN);
	auth(TICKET); /* the next ticket is accepted */
	CU_ASSERT_TRUE(fakes_answer_text(ES_UNAVAILABLE, NULL));
	CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"unavailable\"", &got));
	down();
}

/* The look-up of a fresh token may read the state before the revocation of its jti. If
 * the answer arrives after the revocation, the worker looks the token up again. */
static void
a_revoked_jti_ends_its_sockets(void)
{
	const struct tenant_id tenant = {TENANT}, globex = {OTHER};
	unsigned users;

	up();
	auth(TICKET);
	CU_ASSERT_TRUE(fakes_answer_text(ES_OK, claims(USER, 600)));
	CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"hello\"", &got));
	users = fakes.users;
	revalidate_jti(rig.worker.who, &tenant, "j-8"); /* the jti of another token */
	revalidate_jti(rig.worker.who, &globex, "j-9");
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.users, users);
	fakes.token_only = true;
	fakes.principal = ES_TOKEN_REVOKED;
	revalidate_jti(rig.worker.who, &tenant, "j-9");
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_REVOKED);
	down();

	rig_up(&rig);
	rig_client(&rig, &client, 0);
	fakes.hold_text = true;
	auth(TICKET);
	fakes.hold = true;
	CU_ASSERT_TRUE(fakes_answer_text(ES_OK, claims(USER, 600)));
	worker_turn(&rig.worker); /* the look-up of j-9 is under way */
	users = fakes.users;
	revalidate_jti(rig.worker.who, &tenant, "j-9");
	worker_turn(&rig.worker);
	fakes.hold = false;
	rig_turn(&rig); /* looks up the old token, then j-9, which is in force now */
	CU_ASSERT_EQUAL(fakes.users, users + 2);
	down();
}

/* The database has returned the user, but does not answer whether the key that signed the
 * token still exists. */
static void
waits_for_the_key_of_an_issuer(void)
{
	const char *ticket;

	up();
	fakes.hold_eval = true;
	auth(TICKET);
	ticket = claims(USER, 600);
	CU_ASSERT_TRUE(fakes_answer_text(
	    ES_OK, arena_printf(rig.arena, "%.*s,\"kid\":\"app-1\",\"keyCreated\":5}",
		       (int)strlen(ticket) - 1, ticket)));
	rig_turn(&rig);
	rig_second(&rig);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.users, 1);
	CU_ASSERT_EQUAL(rig_conn(&rig, &client)->state, CONN_GREETING);
	CU_ASSERT_FALSE(
	    fakes_answer_eval()); /* Redis counts no connection before that answer */
	rig_conn(&rig, &client)->auth.greeting_ms -= 20000;
	rig_second(&rig);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_AUTH_TIMEOUT);
	down();
}

/* Redis has counted the connection after the time-out of the greeting. */
static void
a_closing_connection_is_not_opened(void)
{
	up();
	fakes.hold_eval = true;
	auth(TICKET);
	CU_ASSERT_TRUE(fakes_answer_text(ES_OK, claims(USER, 600)));
	rig_turn(&rig);
	rig_conn(&rig, &client)->auth.greeting_ms -= 20000;
	rig_second(&rig);
	CU_ASSERT_PTR_NULL(rig_conn(&rig, &client)); /* it is closing */
	CU_ASSERT_TRUE(fakes_answer_eval());
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_AUTH_TIMEOUT);
	down();
}

static void
an_api_key_gets_a_reason_that_names_tickets(void)
{
	up();
	auth("esk_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_BAD_TOKEN);
	CU_ASSERT_EQUAL(fakes.texts, 0);
	down();
}

static CU_TestInfo cases[] = {
    {"a good ticket opens a socket", opens_a_socket},
    {"a bad ticket is refused", is_refused},
    {"a ticket waits for Redis", waits_for_redis},
    {"a ticket does not wait for ever", does_not_wait_for_ever},
    {"a client closes before Redis answers", survives_a_closed_client},
    {"renews the token of an open socket", renews_a_live_socket},
    {"a revoked jti ends its sockets", a_revoked_jti_ends_its_sockets},
    {"waits for the key of an issuer", waits_for_the_key_of_an_issuer},
    {"a closing connection is not opened", a_closing_connection_is_not_opened},
    {"an API key gets a reason that names /ws/tickets",
	an_api_key_gets_a_reason_that_names_tickets},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/ticket_redeem", cases)
