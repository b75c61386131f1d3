/* The worker looks up the users of open sockets again, and no frame of a client delays
 * that. test_revalidate_queue.c tests many connections. */
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"

#include "core/check.h"
#include "one_client.h"
#include "who/revalidate.h"
#include "who/user_lookups.h"

#include "core/banned.h"

static struct tenant_id
tenant(void)
{
	return rig_conn(&rig, &client)->tenant;
}

static void
send_auth(const char *id)
{
	char *token = rig_token(&rig), json[2000];

	(void)snprintf(json, sizeof(json),
	    "{\"type\":\"auth\",\"id\":\"%s\",\"token\":\"%s\"}", id, token);
	client_text(&client, json);
	mem_free(token);
}

static void
closes_a_user_without_the_right_to_connect(void)
{
	struct tenant_id t;

	one_client_up();
	t = tenant();
	revalidate_tenant(rig.worker.who, &t);
	rig_turn(&rig);
	rig_turn(&rig);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	fakes.principal = ES_TOKEN_REVOKED;
	rig.worker.who->queue_ms = 0; /* REVALIDATE_EVERY_MS pass */
	revalidate_tenant(rig.worker.who, &t);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_REVOKED);
	one_client_down();
}

/* An answer that refuses the user closes the connection, also when an auth frame caused
 * the look-up. Otherwise a client could stay connected by sending auth frames. */
static void
a_fresh_token_does_not_keep_a_user_that_is_gone(void)
{
	static const struct {
		enum es_code rc;
		unsigned code;
	} cases[] = {
	    {ES_TOKEN_REVOKED, CLOSE_REVOKED},
	    {ES_TENANT_SUSPENDED, CLOSE_SUSPENDED},
	    {ES_UNAUTHENTICATED, CLOSE_BAD_TOKEN},
	};

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		one_client_up();
		send_auth("fine");
		CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"id\":\"fine\"", &got));
		fakes.principal = cases[i].rc;
		send_auth("gone");
		CU_ASSERT_EQUAL(rig_close_code(&rig, &client), cases[i].code);
		one_client_down();
	}
}

/* The database is away, so there is no answer about the user and no reason to close. */
static void
a_fresh_token_without_an_answer_is_an_error(void)
{
	one_client_up();
	fakes.pg_down = true;
	send_auth("later");
	CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"unavailable\"", &got));
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	one_client_down();
}

/* A look-up for a fresh token is under way. The look-up after a change of rights does not
 * wait for it, and a refusal in either answer closes the connection. */
static void
a_look_up_under_way_does_not_block_another(void)
{
	struct tenant_id t;

	one_client_up();
	t = tenant();
	CU_ASSERT_EQUAL(fakes.users, 1);
	fakes.hold = true;
	send_auth("slow");
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.users, 2);
	revalidate_tenant(rig.worker.who, &t);
	rig_turn(&rig);
	CU_ASSERT_TRUE(rig_conn(&rig, &client)->auth.checking);
	send_auth("second"); /* refused: one auth frame at a time */
	CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"busy\"", &got));
	fakes.hold = false;
	fakes.principal = ES_TOKEN_REVOKED;
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_REVOKED);
	one_client_down();
}

/* A client sends an auth frame after each answer. */
static void
fresh_tokens_do_not_delay_a_revalidation(void)
{
	struct tenant_id t;

	one_client_up();
	t = tenant();
	for (int i = 0; i < 3; i++) {
		fakes.hold = true;
		send_auth("loop");
		rig_turn(&rig);
		revalidate_tenant(rig.worker.who, &t);
		rig.worker.who->queue_ms = 0;
		rig_turn(&rig);
		CU_ASSERT_TRUE(rig_conn(&rig, &client)->auth.checking);
		fakes.hold = false;
		CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"id\":\"loop\"", &got));
	}
	fakes.principal = ES_TOKEN_REVOKED;
	revalidate_tenant(rig.worker.who, &t);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_REVOKED);
	one_client_down();
}

/* Rights change while a look-up is under way. Its answer may be older than the change, so
 * the worker looks the user up once more. */
static void
looks_up_again_after_a_change_during_the_look_up(void)
{
	struct tenant_id t;

	one_client_up();
	t = tenant();
	fakes.hold = true;
	revalidate_tenant(rig.worker.who, &t);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.lookups, 2);
	revalidate_tenant(rig.worker.who, &t);
	revalidate_tenant(rig.worker.who, &t);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.lookups, 2);
	fakes.hold = false;
	rig_turn(&rig);
	rig.worker.who->queue_ms = 0; /* REVALIDATE_EVERY_MS pass */
	rig_turn(&rig);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.lookups, 3); /* one look-up for both changes */
	one_client_down();
}

/* The refusal concerns a token that the connection no longer uses. */
static void
an_answer_about_an_old_token_causes_another_look_up(void)
{
	struct tenant_id t;
	struct conn *c;

	one_client_up();
	t = tenant();
	c = rig_conn(&rig, &client);
	fakes.hold = true;
	revalidate_tenant(rig.worker.who, &t);
	rig_turn(&rig);
	c->auth.issued_s++; /* the token is now a fresh one */
	fakes.hold = false;
	fakes.principal = ES_TOKEN_REVOKED;
	fakes.token_only = true;
	CU_ASSERT_TRUE(fakes_run());
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	fakes.principal = ES_OK;
	rig.worker.who->queue_ms = 0; /* REVALIDATE_EVERY_MS pass */
	rig_turn(&rig);
	rig_turn(&rig);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	CU_ASSERT_EQUAL(fakes.lookups, 3);
	one_client_down();
}

/* The worker calls the hub once. The first answer is no change of the role, although the
 * role was unknown before. */
static void
reports_that_a_member_has_become_a_guest(void)
{
	struct tenant_id t;

	one_client_up();
	t = tenant();
	for (unsigned i = 0; i < 3; i++) {
		fakes.guest = i > 0;
		rig.worker.who->queue_ms = 0; /* REVALIDATE_EVERY_MS pass */
		revalidate_tenant(rig.worker.who, &t);
		rig_turn(&rig);
		rig_turn(&rig);
		CU_ASSERT_EQUAL(fakes.lookups, i + 2);
		CU_ASSERT_EQUAL(fakes.rights_checks, i > 0);
	}
	one_client_down();
}

static CU_TestInfo cases[] = {
    {"closes a user without the right to connect",
	closes_a_user_without_the_right_to_connect},
    {"a fresh token does not keep a user that is gone",
	a_fresh_token_does_not_keep_a_user_that_is_gone},
    {"a fresh token without an answer is an error",
	a_fresh_token_without_an_answer_is_an_error},
    {"a look-up under way does not block another",
	a_look_up_under_way_does_not_block_another},
    {"fresh tokens do not delay a revalidation",
	fresh_tokens_do_not_delay_a_revalidation},
    {"looks up again after a change during the look-up",
	looks_up_again_after_a_change_during_the_look_up},
    {"an answer about an old token leads to another look-up",
	an_answer_about_an_old_token_causes_another_look_up},
    {"reports that a member has become a guest",
	reports_that_a_member_has_become_a_guest},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/revalidate", cases)
