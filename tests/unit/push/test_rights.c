/* Who may hear and send, and from when on not any more. */
#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"
#include "hub/acl.h"
#include "hub/authz.h"
#include "hub/subscribe.h"
#include "hub/subscription.h"
#include "hub_rig.h"

#include "core/banned.h"

static enum es_code authz_rc;
static unsigned authz_answers;

/* A removal that was committed after the right was read, and heard before the answer. */
static void
test_removed_meanwhile(void)
{
	struct fake_conn *warm, *b;

	hub_begin(NULL);
	warm = hub_join(0);
	hub_subscribe(warm, 2, -1);
	hub_settle();
	b = hub_join(1);
	out.faults.stale = 100;
	hub_subscribe(b, 2, -1);
	IGNORE(hub_turn(worker.hub)); /* asked, and answered in the snapshot of now */
	hub_say(2, 1);
	out_commit(&out, 2, EVENT_MEMBER_LEFT, 1);
	hub_say(2, 3);
	out.faults.stale = 0;
	for (unsigned i = 0; i < 50 && worker.hub->channels.n > 0; i++) {
		struct out_job *jobs = out.jobs;

		out.jobs = NULL; /* the answer is slower than the topic */
		IGNORE(out_step(&out));
		out.jobs = jobs;
	}
	hub_settle();
	CU_ASSERT_EQUAL(hub_count(warm, "\"type\":\"message\""), 4);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"ack\""), 1);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"message\""), 1);
	CU_ASSERT_EQUAL(hub_count(b, "member_left"), 1);
	CU_ASSERT_EQUAL(b->conn.hub->n_subscriptions, 0);
	hub_end();
}

static void
test_removed(void)
{
	struct fake_conn *a, *b;

	hub_begin(NULL);
	a = hub_join(0);
	b = hub_join(1);
	hub_subscribe(a, 2, -1);
	hub_subscribe(b, 2, -1);
	hub_subscribe(b, 0, -1);
	hub_settle();
	b->blocked = true; /* also when it reads later */
	hub_say(2, 2);
	out_commit(&out, 2, EVENT_MEMBER_LEFT, 1);
	hub_say(2, 2);
	out_commit(&out, 0, EVENT_MEMBER_LEFT, 1); /* public: goes on hearing */
	hub_say(0, 1);
	hub_settle();
	fake_conn_unblock(b);
	hub_settle();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 4);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"message\""), 3);
	CU_ASSERT_EQUAL(hub_count(b, "member_left"), 2);
	CU_ASSERT_EQUAL(b->conn.hub->n_subscriptions, 1);
	hub_end();
}

/* Removed and taken in again while it reads slowly: what it asked for holds. */
static void
test_back_again(void)
{
	struct fake_conn *b;

	hub_begin(NULL);
	b = hub_join(1);
	hub_subscribe(b, 2, -1);
	hub_settle();
	b->blocked = true;
	out_commit(&out, 2, EVENT_MEMBER_LEFT, 1);
	hub_say(2, 1);
	out_commit(&out, 2, EVENT_MEMBER_JOINED, 1);
	hub_settle();
	hub_subscribe(b, 2, -1); /* before it has read of its removal */
	hub_settle();
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"ack\""), 1);
	fake_conn_unblock(b);
	hub_settle();
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"ack\""), 2);
	hub_say(2, 1);
	hub_settle();
	CU_ASSERT_EQUAL(hub_count(b, "member_left"), 1);
	CU_ASSERT_EQUAL(hub_count(b, "member_joined"), 1);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"message\""), 2);
	hub_end();
}

/* As above, but its removal is among what it skips. */
static void
test_back_again_far_behind(void)
{
	struct hub_limits limits = hub_limits_default;
	struct fake_conn *b;

	limits.log_channel_bytes = 4096;
	limits.replay_limit = 50;
	hub_begin(&limits);
	b = hub_join(1);
	hub_subscribe(b, 2, -1);
	hub_settle();
	b->blocked = true;
	out_commit(&out, 2, EVENT_MEMBER_LEFT, 1);
	out_commit(&out, 2, EVENT_MEMBER_JOINED, 1);
	hub_settle();
	hub_subscribe(b, 2, -1);
	hub_say(2, 100);
	hub_settle();
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"ack\""), 1);
	fake_conn_unblock(b);
	hub_settle();
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"gap\""), 1);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"ack\""), 2);
	hub_end();
}

static void
on_authz(void *ctx, enum es_code rc, const struct es_err *err)
{
	(void)ctx;
	CU_ASSERT_EQUAL(err->code, rc);
	authz_rc = rc;
	authz_answers++;
}

static enum es_code
may(const struct fake_conn *f, unsigned channel)
{
	authz_answers = 0;
	authz_check(worker.hub, &f->conn, &out.channels[channel].id, on_authz, NULL);
	CU_ASSERT_EQUAL(authz_answers, 0);
	hub_settle();
	CU_ASSERT_EQUAL(authz_answers, 1);
	return authz_rc;
}

static void
test_authz(void)
{
	struct fake_conn *a;
	unsigned reads;

	hub_begin(NULL);
	a = hub_join(0);
	CU_ASSERT_EQUAL(may(a, 2), ES_OK);
	CU_ASSERT_EQUAL(out.authorisations, 1);
	CU_ASSERT_EQUAL(may(a, 2), ES_OK);
	CU_ASSERT_EQUAL(out.authorisations, 1); /* remembered */
	out.channels[2].member[0] = false;
	worker.env.now_ms += hub_limits_default.rights_keep_ms + 1;
	CU_ASSERT_EQUAL(may(a, 2), ES_NOT_FOUND);
	out.channels[2].member[0] = true;
	CU_ASSERT_EQUAL(may(a, 2), ES_OK); /* a no is not remembered */
	out.channels[0].archived = true;
	CU_ASSERT_EQUAL(may(a, 0), ES_CHANNEL_ARCHIVED);
	/* a subscriber's right goes with its removal at once */
	hub_subscribe(a, 2, -1);
	hub_settle();
	a->blocked = true; /* also while it has not heard of it */
	out_commit(&out, 2, EVENT_MEMBER_LEFT, 0);
	hub_settle();
	CU_ASSERT_EQUAL(may(a, 2), ES_NOT_FOUND);
	/* a yes from before the tenant's rights have moved is none */
	CU_ASSERT_EQUAL(may(a, 1), ES_OK);
	reads = out.authorisations;
	out.acl_version = 2;
	hub_pass(hub_limits_default.rights_keep_ms - 500);
	acl_poll_soon(worker.hub);
	hub_pass(250);
	CU_ASSERT_EQUAL(may(a, 1), ES_OK);
	CU_ASSERT_EQUAL(out.authorisations, reads + 1);
	out.down = true;
	worker.env.now_ms += hub_limits_default.rights_keep_ms + 1;
	CU_ASSERT_EQUAL(may(a, 1), ES_UNAVAILABLE);
	hub_end();
}

/* One more than the limit drives the oldest out. */
static void
test_remembered_rights(void)
{
	struct hub_limits limits = hub_limits_default;
	struct fake_conn *a;

	limits.rights_max = 2;
	limits.rights_keep_ms = 1000;
	hub_begin(&limits);
	a = hub_join(0);
	for (unsigned i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(may(a, i), ES_OK);
	CU_ASSERT_EQUAL(may(a, 0), ES_OK);
	CU_ASSERT_EQUAL(out.authorisations, 2);
	CU_ASSERT_EQUAL(may(a, 2), ES_OK);
	CU_ASSERT_EQUAL(may(a, 1), ES_OK); /* was the younger one */
	CU_ASSERT_EQUAL(out.authorisations, 3);
	CU_ASSERT_EQUAL(may(a, 0), ES_OK);
	CU_ASSERT_EQUAL(out.authorisations, 4);
	worker.env.now_ms += 1000;
	CU_ASSERT_EQUAL(may(a, 0), ES_OK);
	CU_ASSERT_EQUAL(out.authorisations, 4);
	worker.env.now_ms++;
	CU_ASSERT_EQUAL(may(a, 0), ES_OK);
	CU_ASSERT_EQUAL(out.authorisations, 5);
	hub_end();
}

static void
archive(const struct fake_conn *f, bool archived)
{
	out_commit(&out, 0, archived ? EVENT_CHANNEL_ARCHIVED : EVENT_CHANNEL_UPDATED, 0);
	out.channels[0].archived = archived;
	if (!archived)
		return;
	hub_settle();
	CU_ASSERT_EQUAL(may(f, 0), ES_CHANNEL_ARCHIVED);
}

/* The end of an archive is lost, and found by a hole, by the head, or restored away. */
static void
test_unarchived_unheard(void)
{
	struct fake_conn *a;

	hub_begin(NULL);
	a = hub_join(0);
	hub_subscribe(a, 0, -1);
	hub_settle();
	for (unsigned i = 0; i < 3; i++) {
		archive(a, true);
		out.faults.lose = 100;
		archive(a, false);
		out.faults.lose = 0;
		if (i == 0)
			hub_say(0, 1);
		if (i == 2)
			out_restore(&out, 0, 1);
		hub_pass(31000);
		CU_ASSERT_EQUAL(may(a, 0), ES_OK);
	}
	hub_end();
}

/* The database answers as of before the end of an archive that was heard meanwhile. */
static void
test_unarchived_meanwhile(void)
{
	struct fake_conn *a;
	struct out_job *jobs;

	hub_begin(NULL);
	a = hub_join(0);
	hub_subscribe(a, 0, -1);
	hub_settle();
	archive(a, true);
	out.faults.stale = 100;
	hub_subscribe(hub_join(1), 0, -1);
	IGNORE(hub_turn(worker.hub)); /* asked, and answered in the snapshot of now */
	archive(a, false);
	jobs = out.jobs;
	out.jobs = NULL; /* the answer is slower than the topic */
	out_drain(&out);
	out.jobs = jobs;
	hub_settle();
	CU_ASSERT_EQUAL(may(a, 0), ES_OK);
	hub_end();
}

/* Whoever asks in one turn is one question, but no more of them than the limit. */
static void
test_gathered(void)
{
	struct hub_limits limits = hub_limits_default;
	struct fake_conn *f[3];

	limits.lookups.batch = 5;
	hub_begin(&limits);
	for (int i = 0; i < 3; i++)
		f[i] = hub_join(i);
	out.channels[2].member[1] = false;
	hub_subscribe(f[0], 0, -1); /* opens the channels' topics */
	hub_subscribe(f[0], 2, -1);
	hub_settle();
	CU_ASSERT_EQUAL(out.rights, 4); /* each is asked before and after its topic */
	out.authorisations = out.rights = 0;
	for (int i = 1; i < 3; i++) {
		hub_subscribe(f[i], 0, -1);
		hub_subscribe(f[i], 2, -1);
	}
	hub_settle();
	CU_ASSERT_EQUAL(out.authorisations, 1);
	CU_ASSERT_EQUAL(out.rights, 4);
	CU_ASSERT_EQUAL(hub_count(f[1], "\"type\":\"ack\""), 1);
	CU_ASSERT_EQUAL(hub_count(f[1], "not_found"), 1);
	CU_ASSERT_EQUAL(hub_count(f[2], "\"type\":\"ack\""), 2);

	out.authorisations = out.rights = 0;
	for (int i = 0; i < 6; i++)
		hub_subscribe(hub_join(i % 3), 0, -1);
	hub_settle();
	CU_ASSERT_EQUAL(out.authorisations, 1); /* the last one waits: it is a storm */
	hub_pass(500);
	CU_ASSERT_EQUAL(out.authorisations, 2);
	CU_ASSERT_EQUAL(out.rights, 6);
	hub_end();
}

/* A reader that is gone when its answer comes, among others. */
static void
test_gone_among_others(void)
{
	struct fake_conn *a, *b;

	hub_begin(NULL);
	hub_subscribe(hub_join(0), 0, -1);
	hub_settle();
	a = hub_join(1);
	b = hub_join(2);
	hub_subscribe(a, 0, -1);
	hub_subscribe(b, 0, -1);
	IGNORE(hub_turn(worker.hub)); /* asked */
	fake_conn_break(a);
	fake_conn_closed(a);
	hub_settle();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"ack\""), 0);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"ack\""), 1);
	hub_end();
}

static CU_TestInfo cases[] = {
    {"removed between the question and the answer", test_removed_meanwhile},
    {"nothing of a private channel after one's removal", test_removed},
    {"removed and back before it has read of either", test_back_again},
    {"removed and back, and then far behind", test_back_again_far_behind},
    {"who may send is remembered only as long as it is true", test_authz},
    {"so many rights are remembered for so long", test_remembered_rights},
    {"an archive's end that was not heard", test_unarchived_unheard},
    {"an archive's end between the question and the answer", test_unarchived_meanwhile},
    {"readers of one turn are one question", test_gathered},
    {"a reader that has gone among others", test_gone_among_others},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/rights", cases)
