/* Subscribing to channels that the worker does not hold: the worker asks for the right
 * first, and keeps nothing of a channel that no reader may enter. */
#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"
#include "hub/subscribe.h"
#include "hub/subscription.h"
#include "hub_rig.h"

#include "core/banned.h"

static unsigned
topics(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < ES_COUNT(out.topics); i++)
		n += strstr(out.topics[i], ":c:") != NULL;
	return n;
}

/* The connection for topics is lost, so Redis confirms nothing; the database answers all
 * questions. */
static void
first_answers(void)
{
	out_cut(&out);
	hub_settle();
}

static void
confirmations(void)
{
	out_restored(&out);
	hub_settle();
}

static void
nothing_is_made_for_unknown_ids(void)
{
	struct fake_conn *a;
	char id[ES_UUID_TEXT];

	hub_begin(NULL);
	a = hub_join(0);
	for (unsigned i = 0; i < 500; i++) {
		(void)snprintf(
		    id, sizeof(id), "01900000-0000-7000-8000-00000dead%03u", i);
		CU_ASSERT_EQUAL(hub_subscribe_to(a, id, -1, NULL), ES_OK);
	}
	CU_ASSERT_EQUAL(hub_subscribe_to(a, out.channels[0].id.text, -1, NULL),
	    ES_TOO_MANY_SUBSCRIPTIONS); /* applicants count as subscriptions */
	CU_ASSERT_EQUAL(worker.hub->channels.n, 0);
	CU_ASSERT_EQUAL(topics(), 0);
	hub_settle();
	CU_ASSERT_EQUAL(out.authorisations, 1);
	CU_ASSERT_EQUAL(hub_count(a, "\"code\":\"not_found\""), 500);
	CU_ASSERT_EQUAL(out.refused, 500);
	CU_ASSERT_EQUAL(worker.hub->channels.n, 0);
	CU_ASSERT_EQUAL(topics(), 0);
	CU_ASSERT_EQUAL(worker.hub->applicants.n, 0);
	CU_ASSERT_EQUAL(a->conn.hub->n_applicants, 0);
	hub_end();
}

/* An event is committed after the first answer and published before Redis has subscribed
 * the worker. */
static void
an_event_between_the_questions_is_not_lost(void)
{
	struct fake_conn *a, *b;

	hub_begin(NULL);
	a = hub_join(0);
	b = hub_join(1);
	hub_say(0, 3);
	hub_subscribe(a, 0, 3);
	hub_subscribe(b, 0, -1);
	first_answers();
	CU_ASSERT_EQUAL(out.rights, 2); /* the second question is not sent yet */
	CU_ASSERT_EQUAL(worker.hub->channels.n, 1);
	CU_ASSERT_EQUAL(hub_count(a, "\"type\""), 0);
	hub_say(0, 1);
	confirmations();
	CU_ASSERT_EQUAL(out.rights, 4);
	CU_ASSERT_TRUE(hub_heard(a, "\"seq\":4,\"replayed\":1}"));
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 1);
	CU_ASSERT_TRUE(hub_heard(b, "\"seq\":4,\"replayed\":0}"));
	hub_say(0, 1);
	hub_settle();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 2);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"message\""), 1);
	CU_ASSERT_EQUAL(topics(), 1);
	hub_end();
}

/* The first answer lets the user in, and the user is removed before the second
 * question. */
static void
a_channel_that_nobody_entered_is_not_kept(void)
{
	struct fake_conn *a;

	hub_begin(NULL);
	a = hub_join(0);
	hub_subscribe(a, 2, -1);
	first_answers();
	CU_ASSERT_EQUAL(worker.hub->channels.n, 1);
	out.channels[2].member[0] = false;
	confirmations();
	CU_ASSERT_EQUAL(hub_count(a, "\"code\":\"not_found\""), 1);
	CU_ASSERT_EQUAL(worker.hub->channels.n, 0);
	CU_ASSERT_EQUAL(topics(), 0);
	/* the same when the only reader unsubscribes before the confirmation */
	hub_subscribe(a, 0, -1);
	first_answers();
	CU_ASSERT_EQUAL(worker.hub->channels.n, 1);
	subscribe_end(worker.hub, &a->conn, &out.channels[0].id);
	confirmations();
	CU_ASSERT_EQUAL(worker.hub->channels.n, 0);
	CU_ASSERT_EQUAL(topics(), 0);
	hub_end();
}

static void
the_client_changes_its_mind(void)
{
	struct fake_conn *a, *b;

	hub_begin(NULL);
	a = hub_join(0);
	b = hub_join(1);
	/* a second subscribe waits for the same answer */
	hub_subscribe(a, 0, -1);
	hub_subscribe(a, 0, -1);
	IGNORE(hub_turn(worker.hub)); /* the question is sent */
	hub_subscribe(a, 0, -1);
	CU_ASSERT_EQUAL(a->conn.hub->n_applicants, 1);
	hub_settle();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"ack\""), 3);
	CU_ASSERT_EQUAL(out.rights, 2);
	/* unsubscribe, before and after the question was sent */
	hub_subscribe(a, 1, -1);
	subscribe_end(worker.hub, &a->conn, &out.channels[1].id);
	hub_subscribe(a, 3, -1);
	IGNORE(hub_turn(worker.hub));
	subscribe_end(worker.hub, &a->conn, &out.channels[3].id);
	hub_settle();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\""), 3);
	CU_ASSERT_EQUAL(worker.hub->channels.n, 1);
	/* unsubscribe and subscribe again: the answer to the old question is dropped */
	hub_subscribe(a, 3, -1);
	IGNORE(hub_turn(worker.hub));
	subscribe_end(worker.hub, &a->conn, &out.channels[3].id);
	hub_subscribe(a, 3, -1);
	out_drain(&out);
	CU_ASSERT_EQUAL(worker.hub->channels.n, 1);
	hub_settle();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"ack\""), 4);
	/* the connection closes with one question waiting and one under way */
	hub_subscribe(b, 4, -1);
	IGNORE(hub_turn(worker.hub));
	hub_subscribe(b, 5, -1);
	fake_conn_closed(b);
	hub_settle();
	CU_ASSERT_EQUAL(worker.hub->channels.n, 2);
	CU_ASSERT_EQUAL(worker.hub->applicants.n, 0);
	CU_ASSERT_EQUAL(worker.hub->n_to_ask, 0);
	hub_end();
}

/* Two applicants for one channel: the second answer finds the channel that the first
 * answer has made. */
static void
two_apply_for_one_channel(void)
{
	struct fake_conn *a, *b;

	hub_begin(NULL);
	a = hub_join(0);
	b = hub_join(1);
	out.channels[2].member[1] = false;
	hub_subscribe(a, 2, -1);
	hub_subscribe(b, 2, -1);
	hub_settle();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"ack\""), 1);
	CU_ASSERT_EQUAL(hub_count(b, "\"code\":\"not_found\""), 1);
	CU_ASSERT_EQUAL(topics(), 1);
	hub_end();
}

/* Two readers come one after the other: each is refused at its own deadline, whatever it
 * waits for. */
static void
each_has_its_own_deadline(void)
{
	struct fake_conn *f[3];

	hub_begin(NULL);
	for (int i = 0; i < 3; i++)
		f[i] = hub_join(i);
	out_cut(&out);
	hub_subscribe(f[0], 0, -1);
	hub_pass(4000);
	hub_subscribe(f[1], 0, -1); /* held, but its topic is not confirmed */
	hub_pass(1250);
	CU_ASSERT_EQUAL(hub_count(f[0], "\"code\":\"unavailable\""), 1);
	CU_ASSERT_EQUAL(hub_count(f[1], "\"type\""), 0);
	hub_pass(3500);
	CU_ASSERT_EQUAL(hub_count(f[1], "\"type\""), 0);
	hub_pass(500);
	CU_ASSERT_EQUAL(hub_count(f[1], "\"code\":\"unavailable\""), 1);
	CU_ASSERT_EQUAL(worker.hub->channels.n, 0);
	/* the same when the database gives no answer at all */
	IGNORE(hub_turn(worker.hub));
	hub_subscribe(f[2], 1, -1);
	IGNORE(hub_turn(worker.hub));
	worker.env.now_ms += hub_limits_default.join_timeout_ms;
	hub_tick(worker.hub);
	CU_ASSERT_EQUAL(hub_count(f[2], "\"type\""), 0);
	worker.env.now_ms++;
	hub_tick(worker.hub);
	CU_ASSERT_EQUAL(hub_count(f[2], "\"code\":\"unavailable\""), 1);
	out_restored(&out);
	hub_settle();
	CU_ASSERT_EQUAL(hub_count(f[2], "\"type\""), 1);
	CU_ASSERT_EQUAL(worker.hub->channels.n, 0);
	hub_end();
}

static CU_TestInfo cases[] = {
    {"nothing is made for unknown ids", nothing_is_made_for_unknown_ids},
    {"an event between the questions is not lost",
	an_event_between_the_questions_is_not_lost},
    {"a channel that no reader entered is not kept",
	a_channel_that_nobody_entered_is_not_kept},
    {"the client changes its mind", the_client_changes_its_mind},
    {"two apply for one channel", two_apply_for_one_channel},
    {"each has its own deadline", each_has_its_own_deadline},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/applicant", cases)
