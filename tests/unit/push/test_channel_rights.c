/* Changes that end a right other than the end of a membership: a ban, a channel that
 * becomes private, a posting policy. */
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"
#include "hub/authz.h"
#include "hub/subscribe.h"
#include "hub/subscription.h"
#include "hub_rig.h"

#include "core/banned.h"

#define OPEN 0 /* a public channel */

static struct fake_conn *member, *other;

/* User 0 stays a member of the public channel, user 1 only reads it. */
static void
begin(const struct hub_limits *limits)
{
	hub_begin(limits);
	out.channels[OPEN].member[1] = false;
	member = hub_join(0);
	other = hub_join(1);
	hub_subscribe(member, OPEN, -1);
	hub_subscribe(other, OPEN, -1);
	hub_deliver_all();
}

static void
other_is_refused(unsigned heard)
{
	CU_ASSERT_EQUAL(hub_count(other, "\"type\":\"message\""), heard);
	CU_ASSERT_TRUE(hub_received(other, "not_found"));
	CU_ASSERT_EQUAL(other->conn.hub->n_subscriptions, 0);
	CU_ASSERT_EQUAL(member->conn.hub->n_subscriptions, 1);
}

static void
test_becomes_private(void)
{
	begin(NULL);
	hub_publish(OPEN, 1);
	hub_deliver_all();
	out_set_private(&out, OPEN, true);
	hub_publish(OPEN, 2);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(member, "\"type\":\"message\""), 3);
	CU_ASSERT_EQUAL(hub_count(member, "\"isPrivate\":true"), 1);
	CU_ASSERT_EQUAL(hub_count(other, "isPrivate"), 0);
	other_is_refused(1);
	/* From now on the end of a membership ends the subscription. */
	out_commit(&out, OPEN, EVENT_MEMBER_LEFT, 0);
	hub_publish(OPEN, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(member, "\"type\":\"message\""), 3);
	CU_ASSERT_EQUAL(member->conn.hub->n_subscriptions, 0);
	hub_end();
}

static void
test_becomes_public(void)
{
	struct fake_conn *b;

	begin(NULL);
	out_set_private(&out, OPEN, true);
	out_set_private(&out, OPEN, false);
	hub_deliver_all();
	b = hub_join(1);
	hub_subscribe(b, OPEN, -1);
	hub_deliver_all();
	out_commit(&out, OPEN, EVENT_MEMBER_LEFT, 0); /* may still read */
	hub_publish(OPEN, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(member, "\"type\":\"message\""), 1);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"message\""), 1);
	hub_end();
}

/* The database reads the right before the change; its answer arrives after the event. */
static void
test_becomes_private_during_the_question(void)
{
	struct fake_conn *late;

	begin(NULL);
	late = hub_join(1);
	out.faults.stale = 100;
	hub_subscribe(late, OPEN, -1);
	IGNORE(hub_turn(worker.hub)); /* the database reads its snapshot now */
	out_set_private(&out, OPEN, true);
	hub_publish(OPEN, 1);
	out.faults.stale = 0;
	for (unsigned i = 0; i < 50; i++) {
		struct out_job *jobs = out.jobs;

		out.jobs = NULL; /* the events arrive before the answer */
		IGNORE(out_deliver_one(&out));
		out.jobs = jobs;
	}
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(late, "\"type\":\"message\""), 0);
	CU_ASSERT_EQUAL(late->conn.hub->n_subscriptions, 0);
	other_is_refused(0);
	hub_end();
}

/* Redis loses the event of the change; the page that heals the hole contains it. */
static void
test_the_change_is_lost(void)
{
	begin(NULL);
	out.faults.lose = 100;
	out_set_private(&out, OPEN, true);
	hub_publish(OPEN, 1);
	out.faults.lose = 0;
	hub_publish(OPEN, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(member, "\"type\":\"message\""), 2);
	other_is_refused(0);
	hub_end();
}

/* The hole is larger than a replay, so that a gap skips it with the event of the
 * change. */
static void
test_a_gap_skips_the_change(void)
{
	struct hub_limits limits = hub_limits_default;

	limits.replay_limit = 50;
	begin(&limits);
	out.faults.lose = 100;
	out_set_private(&out, OPEN, true);
	hub_publish(OPEN, 100);
	out.faults.lose = 0;
	hub_publish(OPEN, 1);
	hub_deliver_all();
	hub_publish(OPEN, 1); /* the gap covers the events before the right was read */
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(member, "\"type\":\"message\""), 1);
	CU_ASSERT_EQUAL(hub_count(member, "\"type\":\"gap\""), 1);
	other_is_refused(0);
	hub_end();
}

static void
test_banned(void)
{
	begin(NULL);
	out_commit(&out, OPEN, EVENT_MEMBER_JOINED, 1);
	hub_publish(OPEN, 1);
	out_ban(&out, OPEN, 1);
	hub_publish(OPEN, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(member, "\"type\":\"message\""), 2);
	CU_ASSERT_EQUAL(hub_count(other, "\"type\":\"message\""), 1);
	CU_ASSERT_EQUAL(hub_count(other, "\"banned\":true"), 1);
	CU_ASSERT_EQUAL(other->conn.hub->n_subscriptions, 0);
	hub_subscribe(other, OPEN, -1);
	hub_deliver_all();
	other_is_refused(1);
	hub_end();
}

static void
test_the_ban_is_lost(void)
{
	begin(NULL);
	out.faults.lose = 100;
	out_ban(&out, OPEN, 1);
	out.faults.lose = 0;
	hub_publish(OPEN, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(member, "\"type\":\"message\""), 1);
	CU_ASSERT_EQUAL(hub_count(other, "\"type\":\"message\""), 0);
	CU_ASSERT_EQUAL(hub_count(other, "\"banned\":true"), 1);
	CU_ASSERT_EQUAL(other->conn.hub->n_subscriptions, 0);
	hub_end();
}

static enum es_code right;

static void
on_right(void *ctx, enum es_code rc, const struct es_err *err)
{
	(void)ctx, (void)err;
	right = rc;
}

static enum es_code
may_send(const struct fake_conn *f)
{
	right = ES_INTERNAL;
	authz_check(worker.hub, &f->conn, &out.channels[OPEN].id, on_right, NULL);
	hub_deliver_all();
	return right;
}

static void
test_posting_policy(void)
{
	begin(NULL);
	CU_ASSERT_EQUAL(may_send(other), ES_OK);
	out_set_posting(&out, OPEN, true);
	hub_deliver_all();
	CU_ASSERT_EQUAL(may_send(member), ES_OK);
	CU_ASSERT_EQUAL(may_send(other), ES_FORBIDDEN);
	hub_publish(OPEN, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(other, "\"type\":\"message\""), 1);
	out_set_posting(&out, OPEN, false);
	hub_deliver_all();
	CU_ASSERT_EQUAL(may_send(other), ES_OK);
	hub_end();
}

/* The worker learns the policy of a channel with the right of its first reader. */
static void
test_policy_from_the_database(void)
{
	hub_begin(NULL);
	out.channels[OPEN].admins_post = true;
	other = hub_join(1);
	hub_subscribe(other, OPEN, -1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(may_send(other), ES_FORBIDDEN);
	hub_end();
}

static CU_TestInfo cases[] = {
    {"a channel becomes private", test_becomes_private},
    {"a channel becomes public", test_becomes_public},
    {"a channel becomes private while the question for the right is under way",
	test_becomes_private_during_the_question},
    {"the event of the change is lost", test_the_change_is_lost},
    {"a gap skips the event of the change", test_a_gap_skips_the_change},
    {"a ban ends the subscription", test_banned},
    {"a lost event of a ban ends the subscription, too", test_the_ban_is_lost},
    {"only admins post", test_posting_policy},
    {"the first answer of the database contains the policy",
	test_policy_from_the_database},
    CU_TEST_INFO_NULL,
};
CUNIT_MAIN("push/channel_rights", cases)
