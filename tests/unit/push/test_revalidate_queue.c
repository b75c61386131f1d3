/* 10,000 connections of one tenant whose users are looked up again, in simulated time:
 * connections without sockets, a database that takes 50 ms for each statement. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"

#include "conn/conn_reap.h"
#include "core/check.h"
#include "rig.h"
#include "who/revalidate.h"
#include "who/who.h"

#include "core/banned.h"

#define MANY      10000
#define BATCH     1000
#define STEP_MS   10
#define ANSWER_MS 50
#define CHURN_MS  500 /* between two changes of rights in the tenant */
#define OF_A_USER 4   /* connections of each user */
#define OTHERS    10  /* connections of another tenant */
#define TENANT    "01900000-0000-7000-8000-0000000000%02u"
#define USER      "01900000-0000-7000-8000-0000000%05u"
#define VICTIM    (MANY / OF_A_USER - 1) /* the user of the last connections */

static struct rig rig;
static struct who *who;
static struct conn_ref refs[MANY], others[OTHERS];
static struct tenant_id tenant;
static struct user_id victim;
static char victim_text[ES_UUID_TEXT];
static unsigned gone_calls; /* calls of user_gone */
static bool gone_of_others;

static void
on_user_gone(void *ctx, const struct tenant_id *of, const struct user_id *user)
{
	(void)ctx;
	gone_calls++;
	gone_of_others |=
	    strcmp(of->text, tenant.text) != 0 ||
	    (fakes.unknown_user != NULL && strcmp(user->text, fakes.unknown_user) != 0);
}

static struct conn_ref
add(unsigned of, unsigned user)
{
	struct conn *c = conn_new(&rig.worker.conns);

	(void)snprintf(c->tenant.text, sizeof(c->tenant.text), TENANT, of);
	(void)snprintf(c->user.text, sizeof(c->user.text), USER, user);
	c->auth.jti = mem_strdup("j");
	conn_set_state(c, CONN_GREETING);
	conn_set_state(c, CONN_OPEN);
	return c->ref;
}

static void
room_for_many(struct push_conf *conf)
{
	conf->connections = MANY + OTHERS;
	conf->lookup_batch = BATCH;
}

static void
up(void)
{
	rig_up_with(&rig, room_for_many);
	who = rig.worker.who;
	who->events.user_gone = on_user_gone;
	rig.worker.env.now_ms = 1000000;
	gone_calls = 0;
	gone_of_others = false;
	(void)snprintf(tenant.text, sizeof(tenant.text), TENANT, 1U);
	(void)snprintf(victim.text, sizeof(victim.text), USER, (unsigned)VICTIM);
	memcpy(victim_text, victim.text, sizeof(victim_text));
	for (unsigned i = 0; i < MANY; i++)
		refs[i] = add(1, i / OF_A_USER);
	for (unsigned i = 0; i < OTHERS; i++)
		others[i] = add(2, i);
}

static unsigned
open_of(const struct conn_ref of[], unsigned n)
{
	unsigned open = 0;

	for (unsigned i = 0; i < n; i++)
		open += conn_get(&rig.worker.conns, of[i]) != NULL;
	return open;
}

static unsigned
open_of_victim(void)
{
	return open_of(&refs[MANY - OF_A_USER], OF_A_USER);
}

/* A turn of the loop, STEP_MS later. */
static void
step(void)
{
	rig.worker.env.now_ms += STEP_MS;
	if (rig.worker.env.now_ms % ANSWER_MS == 0)
		(void)fakes_run();
	who_turn(who);
}

static void
down(void)
{
	struct list *all = &rig.worker.conns.all;

	fakes.pg_down = false;
	for (int i = 0; i < 500; i++) /* until the queue is empty */
		step();
	CU_ASSERT_TRUE(list_empty(&who->queue) && list_empty(&who->first));
	CU_ASSERT_EQUAL(who->n_checking, 0);
	for (struct list *l = all->next; l != all; l = l->next)
		conn_on_lost(LIST_ITEM(l, struct conn, io.all));
	conn_reap(&rig.worker.conns);
	rig_down(&rig);
}

/* Returns the time in ms until the worker has closed the victim's sockets, while the
 * tenant's rights change again and again and the hints name no user. */
static int64_t
until_victim_is_closed(int64_t max_ms)
{
	const int64_t start_ms = rig.worker.env.now_ms;

	while (open_of_victim() > 0 && rig.worker.env.now_ms < start_ms + max_ms) {
		if ((rig.worker.env.now_ms - start_ms) % CHURN_MS == 0)
			revalidate_tenant(who, &tenant);
		step();
	}
	return rig.worker.env.now_ms - start_ms;
}

static void
churn(int64_t for_ms)
{
	for (int64_t i = 0; i < for_ms; i += STEP_MS) {
		if (i % CHURN_MS == 0)
			revalidate_tenant(who, &tenant);
		step();
	}
}

static void
closes_the_last_in_the_queue_within_a_second(void)
{
	unsigned statements;
	int64_t took_ms;

	up();
	churn(2000);
	statements = fakes.lookups;
	fakes.unknown_user = victim_text; /* deactivated, and the hint is lost */
	took_ms = until_victim_is_closed(10000);
	CU_ASSERT_TRUE(took_ms <= 1000);
	CU_ASSERT_TRUE(fakes.lookups - statements <= 2 * MANY / BATCH);
	CU_ASSERT_EQUAL(gone_calls, OF_A_USER);
	CU_ASSERT_EQUAL(open_of(refs, MANY), MANY - OF_A_USER);
	down();
}

static void
closes_a_named_user_at_once(void)
{
	up();
	churn(2000);
	fakes.unknown_user = victim_text;
	revalidate_tenant(who, &tenant);
	revalidate_user(who, &tenant, &victim);
	CU_ASSERT_TRUE(until_victim_is_closed(10000) <= 2L * ANSWER_MS);
	down();
}

/* The look-up of the victim under way has read the state before the change. The worker
 * sends the next look-up at that answer, ahead of the queue. */
static void
closes_a_user_named_during_its_look_up(void)
{
	up();
	revalidate_tenant(who, &tenant);
	revalidate_user(who, &tenant, &victim);
	step();
	CU_ASSERT_TRUE(conn_get(&rig.worker.conns, refs[MANY - 1])->auth.checking);
	revalidate_user(who, &tenant, &victim);
	step(); /* the victim is marked, and the answer that accepts it is due */
	(void)fakes_run();
	CU_ASSERT_EQUAL(open_of_victim(), OF_A_USER);
	fakes.unknown_user = victim_text;
	CU_ASSERT_TRUE(until_victim_is_closed(10000) <= 2L * ANSWER_MS);
	down();
}

/* Rights change in each turn, while the queue takes 500 ms. */
static void
keeps_the_order_of_the_queue(void)
{
	unsigned steps = 0;

	up();
	fakes.unknown_user = victim_text;
	for (; open_of_victim() > 0 && steps < 1000; steps++) {
		revalidate_tenant(who, &tenant);
		step();
	}
	CU_ASSERT_TRUE(steps * STEP_MS <= 1000);
	down();
}

/* The worker looks up one socket; the refusal closes all sockets of that user. */
static void
closes_all_sockets_of_a_user_that_is_gone(void)
{
	up();
	fakes.unknown_user = victim_text;
	revalidate_conn(who, conn_get(&rig.worker.conns, refs[MANY - 1]));
	step();
	CU_ASSERT_EQUAL(fakes.users, 1);
	(void)fakes_run();
	CU_ASSERT_EQUAL(open_of_victim(), OF_A_USER - 1);
	step();
	CU_ASSERT_EQUAL(open_of_victim(), 0);
	CU_ASSERT_EQUAL(fakes.users, 1);
	CU_ASSERT_EQUAL(gone_calls, OF_A_USER);
	CU_ASSERT_FALSE(gone_of_others);
	CU_ASSERT_EQUAL(open_of(refs, MANY), MANY - OF_A_USER);
	CU_ASSERT_EQUAL(who->marks.table.n, 0);
	down();
}

static void
closes_all_sockets_of_a_suspended_tenant(void)
{
	up();
	fakes.principal = ES_TENANT_SUSPENDED;
	revalidate_conn(who, conn_get(&rig.worker.conns, refs[0]));
	step();
	(void)fakes_run();
	step();
	CU_ASSERT_EQUAL(open_of(refs, MANY), 0);
	CU_ASSERT_EQUAL(open_of(others, OTHERS), OTHERS);
	CU_ASSERT_EQUAL(gone_calls, MANY);
	CU_ASSERT_FALSE(gone_of_others);
	down();
}

/* A revoked token does not affect the sockets with other tokens of the user. */
static void
closes_one_socket_for_a_revoked_token(void)
{
	up();
	fakes.principal = ES_TOKEN_REVOKED;
	fakes.token_only = true;
	revalidate_conn(who, conn_get(&rig.worker.conns, refs[MANY - 1]));
	step();
	(void)fakes_run();
	step();
	CU_ASSERT_EQUAL(open_of_victim(), OF_A_USER - 1);
	CU_ASSERT_EQUAL(gone_calls, 0);
	down();
}

/* While the database is away, the worker tries once a second. Afterwards it looks the
 * victim up ahead of the queue. */
static void
tries_once_a_second_while_the_database_is_away(void)
{
	unsigned tried;

	up();
	revalidate_tenant(who, &tenant);
	revalidate_user(who, &tenant, &victim);
	step();
	fakes.pg_down = true;
	(void)fakes_run(); /* both statements are lost */
	step();
	tried = fakes.users;
	fakes.unknown_user = victim_text;
	churn(REVALIDATE_RETRY_MS - 2 * STEP_MS);
	CU_ASSERT_EQUAL(fakes.users, tried);
	fakes.pg_down = false;
	CU_ASSERT_EQUAL(open_of(refs, MANY), MANY);
	CU_ASSERT_TRUE(until_victim_is_closed(10000) <= 3L * ANSWER_MS);
	down();
}

/* Connections close while they are queued, or while their look-up is under way. */
static void
drops_connections_that_are_gone(void)
{
	up();
	revalidate_tenant(who, &tenant);
	step(); /* a full statement is under way */
	revalidate_user(who, &tenant, &victim);
	step(); /* the victim waits for the next */
	for (unsigned i = BATCH; i < MANY; i++)
		if (i % 2 == 0 || i >= MANY - OF_A_USER)
			conn_on_lost(conn_get(&rig.worker.conns, refs[i]));
	conn_reap(&rig.worker.conns);
	churn(2000);
	CU_ASSERT_EQUAL(who->n_checking, 0);
	CU_ASSERT_TRUE(list_empty(&who->queue));
	CU_ASSERT_EQUAL(gone_calls, 0);
	down();
}

static CU_TestInfo cases[] = {
    {"closes the last user in the queue within a second",
	closes_the_last_in_the_queue_within_a_second},
    {"a user that a hint names is closed first", closes_a_named_user_at_once},
    {"closes a user that a hint names during the look-up",
	closes_a_user_named_during_its_look_up},
    {"keeps the order of the queue", keeps_the_order_of_the_queue},
    {"closes all sockets of a user that is gone",
	closes_all_sockets_of_a_user_that_is_gone},
    {"closes all sockets of a suspended tenant",
	closes_all_sockets_of_a_suspended_tenant},
    {"closes one socket for a revoked token", closes_one_socket_for_a_revoked_token},
    {"tries once a second while the database is away",
	tries_once_a_second_while_the_database_is_away},
    {"drops connections that are gone", drops_connections_that_are_gone},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/revalidate_queue", cases)
