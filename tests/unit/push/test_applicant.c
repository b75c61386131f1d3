/* Subscribing to channels that the worker does not hold: the worker asks for the right
 * first, and keeps no channel that no client may read. */
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

/* Loses the connection for topics, so that Redis confirms none, and lets the database
 * answer all questions. */
static void
disconnect_topics_and_answer(void)
{
	out_disconnect(&out);
	hub_deliver_all();
}

static void
confirm_topics(void)
{
	out_reconnect(&out);
	hub_deliver_all();
}

static void
unknown_ids_create_nothing(void)
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
	hub_deliver_all();
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
	hub_publish(0, 3);
	hub_subscribe(a, 0, 3);
	hub_subscribe(b, 0, -1);
	disconnect_topics_and_answer();
	CU_ASSERT_EQUAL(out.rights, 2); /* the second question is not sent yet */
	CU_ASSERT_EQUAL(worker.hub->channels.n, 1);
	CU_ASSERT_EQUAL(hub_count(a, "\"type\""), 0);
	hub_publish(0, 1);
	confirm_topics();
	CU_ASSERT_EQUAL(out.rights, 4);
	CU_ASSERT_TRUE(hub_received(a, "\"seq\":4,\"replayed\":1}"));
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 1);
	CU_ASSERT_TRUE(hub_received(b, "\"seq\":4,\"replayed\":0}"));
	hub_publish(0, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"message\""), 2);
	CU_ASSERT_EQUAL(hub_count(b, "\"type\":\"message\""), 1);
	CU_ASSERT_EQUAL(topics(), 1);
	hub_end();
}

/* The first answer confirms the right to read. Then the user is removed, before the
 * second question. */
static void
a_channel_without_a_reader_is_not_kept(void)
{
	struct fake_conn *a;

	hub_begin(NULL);
	a = hub_join(0);
	hub_subscribe(a, 2, -1);
	disconnect_topics_and_answer();
	CU_ASSERT_EQUAL(worker.hub->channels.n, 1);
	out.channels[2].member[0] = false;
	confirm_topics();
	CU_ASSERT_EQUAL(hub_count(a, "\"code\":\"not_found\""), 1);
	CU_ASSERT_EQUAL(worker.hub->channels.n, 0);
	CU_ASSERT_EQUAL(topics(), 0);
	/* the same when the only reader unsubscribes before the confirmation */
	hub_subscribe(a, 0, -1);
	disconnect_topics_and_answer();
	CU_ASSERT_EQUAL(worker.hub->channels.n, 1);
	subscribe_end(worker.hub, &a->conn, &out.channels[0].id);
	confirm_topics();
	CU_ASSERT_EQUAL(worker.hub->channels.n, 0);
	CU_ASSERT_EQUAL(topics(), 0);
	hub_end();
}

static void
unsubscribes_during_the_question(void)
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
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"ack\""), 3);
	CU_ASSERT_EQUAL(out.rights, 2);
	/* unsubscribe, before and after the question was sent */
	hub_subscribe(a, 1, -1);
	subscribe_end(worker.hub, &a->conn, &out.channels[1].id);
	hub_subscribe(a, 3, -1);
	IGNORE(hub_turn(worker.hub));
	subscribe_end(worker.hub, &a->conn, &out.channels[3].id);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\""), 3);
	CU_ASSERT_EQUAL(worker.hub->channels.n, 1);
	/* unsubscribe and subscribe again: the answer to the old question is dropped */
	hub_subscribe(a, 3, -1);
	IGNORE(hub_turn(worker.hub));
	subscribe_end(worker.hub, &a->conn, &out.channels[3].id);
	hub_subscribe(a, 3, -1);
	out_deliver_all(&out);
	CU_ASSERT_EQUAL(worker.hub->channels.n, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"ack\""), 4);
	/* the connection closes with one question waiting and one under way */
	hub_subscribe(b, 4, -1);
	IGNORE(hub_turn(worker.hub));
	hub_subscribe(b, 5, -1);
	fake_conn_closed(b);
	hub_deliver_all();
	CU_ASSERT_EQUAL(worker.hub->channels.n, 2);
	CU_ASSERT_EQUAL(worker.hub->applicants.n, 0);
	CU_ASSERT_EQUAL(worker.hub->n_to_ask, 0);
	hub_end();
}

/* Two applicants for one channel: the second answer finds the channel that the first
 * answer has made. */
static void
two_applicants_for_one_channel(void)
{
	struct fake_conn *a, *b;

	hub_begin(NULL);
	a = hub_join(0);
	b = hub_join(1);
	out.channels[2].member[1] = false;
	hub_subscribe(a, 2, -1);
	hub_subscribe(b, 2, -1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(a, "\"type\":\"ack\""), 1);
	CU_ASSERT_EQUAL(hub_count(b, "\"code\":\"not_found\""), 1);
	CU_ASSERT_EQUAL(topics(), 1);
	hub_end();
}

/* Two readers subscribe one after the other. Each is refused at its own deadline,
 * although one waits for Redis and the other for the database. */
static void
each_request_has_its_own_deadline(void)
{
	struct fake_conn *f[3];

	hub_begin(NULL);
	for (int i = 0; i < 3; i++)
		f[i] = hub_join(i);
	out_disconnect(&out);
	hub_subscribe(f[0], 0, -1);
	hub_advance(4000);
	hub_subscribe(f[1], 0, -1); /* the topic of this channel is not confirmed */
	hub_advance(1250);
	CU_ASSERT_EQUAL(hub_count(f[0], "\"code\":\"unavailable\""), 1);
	CU_ASSERT_EQUAL(hub_count(f[1], "\"type\""), 0);
	hub_advance(3500);
	CU_ASSERT_EQUAL(hub_count(f[1], "\"type\""), 0);
	hub_advance(500);
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
	out_reconnect(&out);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(f[2], "\"type\""), 1);
	CU_ASSERT_EQUAL(worker.hub->channels.n, 0);
	hub_end();
}

static CU_TestInfo cases[] = {
    {"unknown ids create neither a channel nor a topic", unknown_ids_create_nothing},
    {"an event between the questions is not lost",
	an_event_between_the_questions_is_not_lost},
    {"a channel that no reader entered is not kept",
	a_channel_without_a_reader_is_not_kept},
    {"a client unsubscribes while the question is under way",
	unsubscribes_during_the_question},
    {"two applicants share one channel", two_applicants_for_one_channel},
    {"each request has its own deadline", each_request_has_its_own_deadline},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/applicant", cases)
