/* Users of live sockets are looked up again: in line, the named one first, and nothing
 * that a client sends puts it off. */
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"

#include "core/check.h"
#include "rig.h"
#include "who/revalidate.h"
#include "who/user_lookups.h"

#include "core/banned.h"

#define USERS "01900000-0000-7000-8000-0000000%05u"

static struct rig rig;
static struct client client;
static struct got got;

static void
up(void)
{
	rig_up(&rig);
	rig_client(&rig, &client, 0);
}

static void
down(void)
{
	client_close(&client);
	rig_turn(&rig);
	rig_down(&rig);
}

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
closes_a_user_that_may_not_be_here(void)
{
	struct tenant_id t;

	up();
	t = tenant();
	revalidate_tenant(rig.worker.who, &t);
	rig_turn(&rig);
	rig_turn(&rig);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	fakes.principal = ES_TOKEN_REVOKED;
	rig.worker.who->revalidate_ms = 0;
	revalidate_tenant(rig.worker.who, &t);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_REVOKED);
	down();
}

/* An answer about the user closes, whoever asked: else each auth frame would put the end
 * off until the next. */
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

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		up();
		send_auth("fine");
		CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"id\":\"fine\"", &got));
		fakes.principal = cases[i].rc;
		send_auth("gone");
		CU_ASSERT_EQUAL(rig_close_code(&rig, &client), cases[i].code);
		down();
	}
}

/* The database is away: no answer about the user, and no reason to close. */
static void
a_fresh_token_without_an_answer_is_an_error(void)
{
	up();
	fakes.pg_down = true;
	send_auth("later");
	CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"unavailable\"", &got));
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	down();
}

/* A look-up for a fresh token is under way, for ever: the one for the rights is another.
 */
static void
a_look_up_under_way_does_not_block_another(void)
{
	struct conn *c;
	struct tenant_id t;

	up();
	t = tenant();
	c = rig_conn(&rig, &client);
	c->who.fresh_busy = true; /* and its answer never comes */
	fakes.principal = ES_TOKEN_REVOKED;
	revalidate_tenant(rig.worker.who, &t);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_REVOKED);
	down();
}

/* A change while a look-up is under way: its answer may be of before. */
static void
looks_up_once_more_after_a_change_on_the_way(void)
{
	struct tenant_id t;

	up();
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
	rig.worker.who->revalidate_ms = 0;
	rig_turn(&rig);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.lookups, 3); /* one for both changes */
	down();
}

#define CROWD 41

static struct client *crowd; /* of CROWD: a megabyte each */

/* Each of another user; the last one's user is gone. Five are looked up at a time. */
static struct tenant_id
crowd_up(void)
{
	static char gone[ES_UUID_TEXT];
	struct tenant_id t;

	crowd = calloc(CROWD, sizeof(*crowd));
	rig_up(&rig);
	for (unsigned i = 0; i < CROWD; i++) {
		(void)snprintf(gone, sizeof(gone), USERS, i);
		rig_client_as(&rig, &crowd[i], gone);
		CU_ASSERT_TRUE(rig_expect(&rig, &crowd[i], "\"type\":\"hello\"", &got));
	}
	t = rig_conn(&rig, &crowd[0])->tenant;
	rig.conf.lookup_batch = 5;
	fakes.stranger = gone;
	return t;
}

static void
crowd_down(void)
{
	for (unsigned i = 0; i < CROWD; i++)
		client_close(&crowd[i]);
	rig_turn(&rig);
	rig_down(&rig);
	free(crowd);
}

static bool
last_is_gone(void)
{
	return rig_conn(&rig, &crowd[CROWD - 1]) == NULL;
}

/* Rights change faster than the line is worked off: each connection keeps its place. */
static void
nobody_in_line_starves(void)
{
	struct tenant_id t = crowd_up();
	unsigned steps = 0;

	for (; steps < 40 && !last_is_gone(); steps++) {
		if (steps % 3 == 0)
			revalidate_tenant(rig.worker.who, &t);
		rig.worker.who->revalidate_ms = 0; /* REVALIDATE_EVERY_MS pass */
		rig_turn(&rig);
	}
	CU_ASSERT_TRUE(last_is_gone());
	CU_ASSERT_TRUE(steps <= CROWD / 5 + 2);
	crowd_down();
}

static void
the_user_named_goes_first(void)
{
	struct tenant_id t = crowd_up();
	struct user_id user = rig_conn(&rig, &crowd[CROWD - 1])->user;

	revalidate_tenant(rig.worker.who, &t);
	revalidate_user(rig.worker.who, &t, &user);
	rig_turn(&rig);
	rig_turn(&rig);
	CU_ASSERT_TRUE(last_is_gone());
	crowd_down();
}

/* The answer that refuses is of a token that is not in force any more. */
static void
an_answer_about_an_old_token_is_asked_for_again(void)
{
	struct tenant_id t;
	struct conn *c;

	up();
	t = tenant();
	c = rig_conn(&rig, &client);
	fakes.hold = true;
	revalidate_tenant(rig.worker.who, &t);
	rig_turn(&rig);
	c->who.issued_s++; /* as by a fresh token */
	fakes.hold = false;
	fakes.principal = ES_TOKEN_REVOKED;
	CU_ASSERT_TRUE(fakes_run());
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	fakes.principal = ES_OK;
	rig.worker.who->revalidate_ms = 0;
	rig_turn(&rig);
	rig_turn(&rig);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	CU_ASSERT_EQUAL(fakes.lookups, 3);
	down();
}

/* A connection that goes before the statement must not stop the line. */
static void
the_line_goes_on_when_a_connection_is_gone(void)
{
	struct tenant_id t = crowd_up();

	revalidate_tenant(rig.worker.who, &t);
	for (unsigned i = 0; i < 5; i++) {
		client_close(&crowd[i]);
		crowd[i].fd = -1;
	}
	for (unsigned steps = 0; steps < 20 && !last_is_gone(); steps++) {
		rig.worker.who->revalidate_ms = 0;
		rig_turn(&rig);
	}
	CU_ASSERT_TRUE(last_is_gone());
	CU_ASSERT_EQUAL(rig.worker.who->n_checking, 0);
	crowd_down();
}

static CU_TestInfo cases[] = {
    {"closes a user that may not be here", closes_a_user_that_may_not_be_here},
    {"a fresh token does not keep a user that is gone",
	a_fresh_token_does_not_keep_a_user_that_is_gone},
    {"a fresh token without an answer is an error",
	a_fresh_token_without_an_answer_is_an_error},
    {"a look-up under way does not block another",
	a_look_up_under_way_does_not_block_another},
    {"looks up once more after a change on the way",
	looks_up_once_more_after_a_change_on_the_way},
    {"nobody in line starves", nobody_in_line_starves},
    {"the user named goes first", the_user_named_goes_first},
    {"an answer about an old token is asked for again",
	an_answer_about_an_old_token_is_asked_for_again},
    {"the line goes on when a connection is gone",
	the_line_goes_on_when_a_connection_is_gone},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/revalidate", cases)
