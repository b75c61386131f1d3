/* A guest receives the events of a public channel only as a member; other users need no
 * membership. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "hub/subscribe.h"
#include "hub/subscription.h"
#include "hub_rig.h"

#include "core/banned.h"

#define PUBLIC 0

static void
make_guest(struct fake_conn *f, int user)
{
	out.guest[user] = true;
	out.acl_version++;
	(void)snprintf(f->conn.role, sizeof(f->conn.role), "guest");
	f->conn.acl_version = out.acl_version;
}

static void
receives_the_channels_of_its_memberships(void)
{
	struct fake_conn *a;

	hub_begin(NULL);
	a = hub_join(1);
	make_guest(a, 1);
	out.channels[PUBLIC].member[1] = false;
	hub_subscribe(a, PUBLIC, -1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "not_found"), 1);
	CU_ASSERT_EQUAL(a->conn.hub->n_subscriptions, 0);
	out_commit(&out, PUBLIC, EVENT_MEMBER_JOINED, 1);
	hub_subscribe(a, PUBLIC, -1);
	hub_deliver_all();
	hub_publish(PUBLIC, 2);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 2);
	hub_end();
}

/* A removed guest receives no later event, also if it reads slowly. A removed member of
 * another role keeps receiving the public channel. */
static void
receives_nothing_after_its_removal(void)
{
	struct fake_conn *a, *b;

	hub_begin(NULL);
	a = hub_join(0);
	b = hub_join(1);
	make_guest(b, 1);
	out.channels[PUBLIC].member[1] = true;
	hub_subscribe(a, PUBLIC, -1);
	hub_subscribe(b, PUBLIC, -1);
	hub_deliver_all();
	b->blocked = true;
	hub_publish(PUBLIC, 2);
	out_commit(&out, PUBLIC, EVENT_MEMBER_LEFT, 1);
	out_commit(&out, PUBLIC, EVENT_MEMBER_LEFT, 0);
	hub_publish(PUBLIC, 2);
	hub_deliver_all();
	fake_conn_unblock(b);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 4);
	CU_ASSERT_EQUAL(a->conn.hub->n_subscriptions, 1);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"message\""), 2);
	CU_ASSERT_EQUAL(hub_count(b, "member_left"), 1);
	CU_ASSERT_EQUAL(b->conn.hub->n_subscriptions, 0);
	hub_end();
}

/* A user becomes a guest while connected, and keeps only the channels of which the user
 * is a member. */
static void
rights_of_a_new_guest_are_checked_again(void)
{
	struct fake_conn *b;

	hub_begin(NULL);
	b = hub_join(1);
	out.channels[PUBLIC].member[1] = false;
	out.channels[1].member[1] = true;
	hub_subscribe(b, PUBLIC, -1);
	hub_subscribe(b, 1, -1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(b->conn.hub->n_subscriptions, 2);
	make_guest(b, 1);
	subscribe_check_rights_again(&b->conn);
	hub_publish(PUBLIC, 1);
	hub_publish(1, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(b->conn.hub->n_subscriptions, 1);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"message\""), 1);
	hub_end();
}

/* The database has read the right before the user became a guest. */
static void
an_outdated_answer_is_not_used(void)
{
	struct fake_conn *first_reader, *b;

	hub_begin(NULL);
	first_reader = hub_join(0);
	hub_subscribe(first_reader, PUBLIC, -1);
	hub_deliver_all();
	b = hub_join(1);
	out.channels[PUBLIC].member[1] = false;
	out.faults.stale = 100;
	hub_subscribe(b, PUBLIC, -1);
	IGNORE(hub_turn(worker.hub)); /* the database reads its snapshot now */
	out.faults.stale = 0;
	make_guest(b, 1);
	hub_deliver_all();
	hub_publish(PUBLIC, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"message\""), 0);
	CU_ASSERT_EQUAL(hub_count(b, "not_found"), 1);
	CU_ASSERT_EQUAL(b->conn.hub->n_subscriptions, 0);
	hub_end();
}

static CU_TestInfo cases[] = {
    {"a guest receives the channels that it was added to",
	receives_the_channels_of_its_memberships},
    {"a guest receives nothing after its removal", receives_nothing_after_its_removal},
    {"the rights of a new guest are checked again",
	rights_of_a_new_guest_are_checked_again},
    {"an answer from before the change is not used", an_outdated_answer_is_not_used},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/guests", cases)
