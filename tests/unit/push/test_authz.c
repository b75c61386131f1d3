/* Rights to send: few statements ask for them, and they are cached only while they are
 * valid. */
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
	hub_deliver_all();
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
	CU_ASSERT_EQUAL(out.authorisations, 1); /* cached */
	out.channels[2].member[0] = false;
	worker.env.now_ms += hub_limits_default.rights_keep_ms + 1;
	CU_ASSERT_EQUAL(may(a, 2), ES_NOT_FOUND);
	out.channels[2].member[0] = true;
	CU_ASSERT_EQUAL(may(a, 2), ES_OK); /* a refusal is not cached */
	out.channels[0].archived = true;
	CU_ASSERT_EQUAL(may(a, 0), ES_CHANNEL_ARCHIVED);
	/* the removal of a subscriber also ends the right to send */
	hub_subscribe(a, 2, -1);
	hub_deliver_all();
	a->blocked = true; /* even before the reader receives the removal */
	out_commit(&out, 2, EVENT_MEMBER_LEFT, 0);
	hub_deliver_all();
	CU_ASSERT_EQUAL(may(a, 2), ES_NOT_FOUND);
	/* a right cached at an older acl version of the tenant is not used */
	CU_ASSERT_EQUAL(may(a, 1), ES_OK);
	reads = out.authorisations;
	out.acl_version = 2;
	hub_advance(hub_limits_default.rights_keep_ms - 500);
	acl_poll_soon(worker.hub);
	hub_advance(250);
	CU_ASSERT_EQUAL(may(a, 1), ES_OK);
	CU_ASSERT_EQUAL(out.authorisations, reads + 1);
	out.database_down = true;
	worker.env.now_ms += hub_limits_default.rights_keep_ms + 1;
	CU_ASSERT_EQUAL(may(a, 1), ES_UNAVAILABLE);
	hub_end();
}

/* One right more than the limit evicts the oldest one. */
static void
test_cache_limits(void)
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
	CU_ASSERT_EQUAL(may(a, 1), ES_OK); /* the younger right is still cached */
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
count_answers(void *ctx, enum es_code rc, const struct es_err *err)
{
	unsigned *n = ctx;

	(void)err;
	n[rc == ES_OK ? 0 : rc == ES_NOT_FOUND ? 1 : 2]++;
}

static void
want(const struct fake_conn *f, unsigned channel, unsigned answers[3])
{
	authz_check(
	    worker.hub, &f->conn, &out.channels[channel].id, count_answers, answers);
}

/* One statement asks for all senders of a turn; senders with the same right share a
 * question. */
static void
test_senders_gathered(void)
{
	unsigned n[3] = {0}, late[3] = {0};
	struct fake_conn *f[4];

	hub_begin(NULL);
	for (int i = 0; i < 4; i++)
		f[i] = hub_join(i);
	out.channels[2].member[1] = false;
	for (unsigned twice = 0; twice < 2; twice++)
		for (unsigned i = 0; i < 4 * 20; i++)
			want(f[i % 4], i / 4, n);
	IGNORE(hub_turn(worker.hub));
	CU_ASSERT_EQUAL(n[0] + n[1] + n[2], 0);
	/* Senders that come now wait until the statement under way is answered, and then
	 * cause a question of their own. */
	out.faults.stale = 0;
	want(f[1], 2, late);
	want(f[1], 21, late);
	want(f[2], 22, late);
	IGNORE(hub_turn(worker.hub));
	out_deliver_all(&out);
	CU_ASSERT_EQUAL(out.authorisations, 1);
	CU_ASSERT_EQUAL(out.rights, 80);
	CU_ASSERT_EQUAL(n[0], 158);
	CU_ASSERT_EQUAL(n[1], 2);
	CU_ASSERT_EQUAL(late[0] + late[1], 0);
	out.channels[2].member[1] = true;
	IGNORE(hub_turn(worker.hub));
	out_deliver_all(&out);
	CU_ASSERT_EQUAL(out.authorisations, 2);
	CU_ASSERT_EQUAL(out.rights, 83);
	CU_ASSERT_EQUAL(late[0], 3);
	/* when the database is away, all senders are refused in the same turn */
	out.database_down = true;
	worker.env.now_ms += hub_limits_default.rights_keep_ms + 1;
	for (unsigned i = 0; i < 4; i++)
		want(f[i], i, n);
	IGNORE(hub_turn(worker.hub));
	CU_ASSERT_EQUAL(n[2], 4);
	out.database_down = false;
	hub_end();
}

/* A statement has no more questions than the limit. Full statements are sent without a
 * wait. */
static void
test_senders_batch(void)
{
	struct hub_limits limits = hub_limits_default;
	unsigned n[3] = {0};
	struct fake_conn *f;

	limits.lookup_batch = 5;
	hub_begin(&limits);
	f = hub_join(0);
	for (unsigned i = 0; i < 11; i++)
		want(f, i, n);
	IGNORE(hub_turn(worker.hub));
	out_deliver_all(&out);
	CU_ASSERT_EQUAL(out.authorisations, 2);
	CU_ASSERT_EQUAL(n[0], 10);
	IGNORE(hub_turn(worker.hub));
	out_deliver_all(&out);
	CU_ASSERT_EQUAL(out.authorisations, 3);
	CU_ASSERT_EQUAL(n[0], 11);
	hub_end();
}

/* Senders that send every second do not wait for their right again: one statement renews
 * all of these rights before they expire. */
static void
test_used_rights_are_renewed(void)
{
	unsigned n[3] = {0};
	struct fake_conn *f;

	hub_begin(NULL);
	f = hub_join(0);
	for (unsigned s = 0; s < 20; s++) {
		for (unsigned i = 0; i < 20; i++)
			want(f, i, n);
		IGNORE(hub_turn(worker.hub));
		/* after the first time the answer does not need the database */
		CU_ASSERT_EQUAL(n[0], s == 0 ? 0 : 20 * (s + 1));
		hub_deliver_all();
		hub_advance(1000);
	}
	CU_ASSERT_TRUE(out.authorisations <= 1 + 20 / 2);
	/* the renewal finds that a right in use has ended */
	CU_ASSERT_EQUAL(may(f, 3), ES_OK);
	out.channels[3].banned[0] = true;
	hub_advance(hub_limits_default.rights_keep_ms / 2 + 500);
	CU_ASSERT_EQUAL(may(f, 3), ES_NOT_FOUND);
	/* rights that nobody uses are not renewed */
	hub_advance(hub_limits_default.rights_keep_ms);
	out.authorisations = 0;
	hub_advance(3 * hub_limits_default.rights_keep_ms);
	CU_ASSERT_EQUAL(out.authorisations, 0);
	hub_end();
}

/* A removal from a channel drops the cached rights to this channel and to no other. */
static void
test_removal_drops_cached_rights(void)
{
	struct fake_conn *a, *b;
	unsigned reads;

	hub_begin(NULL);
	a = hub_join(0);
	b = hub_join(1);
	hub_subscribe(hub_join(2), 2, -1); /* the worker subscribes to the topic */
	hub_deliver_all();
	for (unsigned i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(may(a, i), ES_OK);
		CU_ASSERT_EQUAL(may(b, i), ES_OK);
	}
	out_commit(&out, 2, EVENT_MEMBER_LEFT, 1);
	hub_deliver_all();
	reads = out.rights;
	for (unsigned i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(may(a, i), ES_OK);
		CU_ASSERT_EQUAL(may(b, i), ES_OK);
	}
	CU_ASSERT_EQUAL(out.rights, reads);
	CU_ASSERT_EQUAL(may(a, 2), ES_OK);
	CU_ASSERT_EQUAL(may(b, 2), ES_NOT_FOUND);
	CU_ASSERT_EQUAL(out.rights, reads + 2);
	hub_end();
}

static void
archive(const struct fake_conn *f, bool archived)
{
	out_commit(&out, 0, archived ? EVENT_CHANNEL_ARCHIVED : EVENT_CHANNEL_UPDATED, 0);
	out.channels[0].archived = archived;
	if (!archived)
		return;
	hub_deliver_all();
	CU_ASSERT_EQUAL(may(f, 0), ES_CHANNEL_ARCHIVED);
}

/* The event of an unarchiving is lost. A hole reveals that, or the comparison of heads,
 * or the reset after a restore. */
static void
test_end_of_archive_is_lost(void)
{
	struct fake_conn *a;

	hub_begin(NULL);
	a = hub_join(0);
	hub_subscribe(a, 0, -1);
	hub_deliver_all();
	for (unsigned i = 0; i < 3; i++) {
		archive(a, true);
		out.faults.lose = 100;
		archive(a, false);
		out.faults.lose = 0;
		if (i == 0)
			hub_publish(0, 1);
		if (i == 2)
			out_restore(&out, 0, 1);
		hub_advance(31000);
		CU_ASSERT_EQUAL(may(a, 0), ES_OK);
	}
	hub_end();
}

/* The database answers from a snapshot in which the channel is archived. The event of the
 * unarchiving arrives before the answer. */
static void
test_archive_ends_during_the_question(void)
{
	struct fake_conn *a;
	struct out_job *jobs;

	hub_begin(NULL);
	a = hub_join(0);
	hub_subscribe(a, 0, -1);
	hub_deliver_all();
	archive(a, true);
	out.faults.stale = 100;
	hub_subscribe(hub_join(1), 0, -1);
	IGNORE(hub_turn(worker.hub)); /* the database reads its snapshot now */
	archive(a, false);
	jobs = out.jobs;
	out.jobs = NULL; /* the event arrives before the answer */
	out_deliver_all(&out);
	out.jobs = jobs;
	hub_deliver_all();
	CU_ASSERT_EQUAL(may(a, 0), ES_OK);
	hub_end();
}

static CU_TestInfo cases[] = {
    {"a right to send is cached only while it is valid", test_authz},
    {"one statement asks for all senders of a turn", test_senders_gathered},
    {"a statement has a limited number of senders", test_senders_batch},
    {"rights in use are renewed before they expire", test_used_rights_are_renewed},
    {"a removal drops the cached rights of its channel",
	test_removal_drops_cached_rights},
    {"the cache of rights is limited in number and time", test_cache_limits},
    {"the event of an unarchiving is lost", test_end_of_archive_is_lost},
    {"a channel is unarchived while the question is under way",
	test_archive_ends_during_the_question},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/authz", cases)
