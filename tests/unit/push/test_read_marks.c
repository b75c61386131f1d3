/* Read marks: merged, written by one statement at a time, answered one by one. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"

#include "one_client.h"
#include "send/read_marks.h"
#include "store/read_mark_store.h"

#include "core/banned.h"

#define CHANNEL "01900000-0000-7000-8000-00000000c00"

static void
mark(unsigned channel, unsigned message, const char *id)
{
	char json[200];

	(void)snprintf(json, sizeof(json),
	    "{\"type\":\"read\",\"id\":\"%s\",\"channelId\":\"" CHANNEL
	    "%u\",\"messageId\":%u}",
	    id, channel, message);
	client_text(&client, json);
}

static void
merges_marks_of_a_channel(void)
{
	one_client_up();
	mark(1, 5, "a");
	mark(1, 9, "b");
	mark(1, 7, "c");
	mark(2, 3, "d");
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.mark_statements, 0);
	rig_second(&rig);
	CU_ASSERT_EQUAL(fakes.mark_statements, 1);
	CU_ASSERT_EQUAL(fakes.n_marks, 2);
	CU_ASSERT_EQUAL(fakes.marks[0], 9); /* the largest counts */
	CU_ASSERT_EQUAL(fakes.marks[1], 3);
	CU_ASSERT_TRUE(one_client_answered("\"op\":\"read\",\"id\":\"a\""));
	CU_ASSERT_TRUE(one_client_answered("\"op\":\"read\",\"id\":\"b\""));
	CU_ASSERT_TRUE(one_client_answered("\"op\":\"read\",\"id\":\"c\""));
	CU_ASSERT_TRUE(one_client_answered("\"op\":\"read\",\"id\":\"d\""));
	rig_second(&rig);
	CU_ASSERT_EQUAL(fakes.mark_statements, 1);
	one_client_down();
}

static void
has_one_statement_under_way(void)
{
	one_client_up();
	fakes.hold = true;
	mark(1, 5, "a");
	rig_turn(&rig);
	rig_second(&rig);
	mark(1, 6, "b");
	rig_turn(&rig);
	rig_second(&rig);
	CU_ASSERT_EQUAL(fakes.mark_statements, 1);
	fakes.hold = false;
	CU_ASSERT_TRUE(one_client_answered("\"id\":\"a\""));
	CU_ASSERT_TRUE(one_client_answered("\"id\":\"b\"")); /* sent without a wait */
	CU_ASSERT_EQUAL(fakes.mark_statements, 2);
	one_client_down();
}

static void
answers_refusals_and_failures(void)
{
	one_client_up();
	fakes.mark = ES_FORBIDDEN;
	mark(1, 5, "a");
	rig_turn(&rig);
	rig_second(&rig);
	CU_ASSERT_TRUE(one_client_answered("\"forbidden\""));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(got.text, "only members of the channel have a read mark"));
	fakes.mark = ES_NOT_FOUND;
	mark(1, 5, "b");
	rig_turn(&rig);
	rig_second(&rig);
	CU_ASSERT_TRUE(one_client_answered("\"not_found\""));
	fakes.pg_down = true;
	mark(1, 5, "c");
	rig_turn(&rig);
	rig_second(&rig);
	CU_ASSERT_TRUE(one_client_answered("\"unavailable\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"id\":\"c\""));
	one_client_down();
}

static void
bounds_the_waiting_marks(void)
{
	one_client_up();
	rig.conf.read_marks_max = 2;
	mark(1, 5, "a");
	mark(2, 5, "b");
	mark(3, 5, "c"); /* one above the limit */
	CU_ASSERT_TRUE(one_client_answered("\"busy\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"id\":\"c\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"retryAfterMs\":1000"));
	mark(1, 6, "d"); /* is merged into a waiting mark */
	rig_turn(&rig);
	rig_second(&rig);
	CU_ASSERT_TRUE(one_client_answered("\"id\":\"d\""));
	CU_ASSERT_EQUAL(fakes.n_marks, 2);
	mark(3, 5, "e");
	rig_turn(&rig);
	rig_second(&rig);
	CU_ASSERT_TRUE(one_client_answered("\"id\":\"e\""));
	one_client_down();
}

/* The worker has one mark more than a statement holds. It sends the next statement when
 * the first is answered. */
static void
writes_many_in_several_statements(void)
{
	const struct channel_id none = {{0}};
	struct channel_id channel = none;
	struct es_err err;

	one_client_up();
	rig.conf.read_marks_max = 10000;
	for (unsigned i = 0; i < READ_MARK_STORE_MAX + 1; i++) {
		(void)snprintf(channel.text, sizeof(channel.text),
		    "01900000-0000-7000-8000-%012u", i);
		CU_ASSERT_EQUAL(read_marks_add(rig.worker.marks, rig_conn(&rig, &client),
				    &channel, 1, NULL, &err),
		    ES_OK);
	}
	rig_second(&rig);
	CU_ASSERT_EQUAL(fakes.mark_statements, 1);
	CU_ASSERT_EQUAL(fakes.n_marks, READ_MARK_STORE_MAX);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(fakes.mark_statements, 2);
	CU_ASSERT_EQUAL(fakes.n_marks, 1);
	one_client_down();
}

/* The client closes its socket before the worker writes the mark. The worker writes the
 * mark nevertheless. */
static void
writes_the_mark_of_a_client_that_left(void)
{
	one_client_up();
	mark(1, 5, "a");
	rig_turn(&rig);
	client_close(&client);
	rig_turn(&rig);
	rig_second(&rig);
	CU_ASSERT_EQUAL(fakes.n_marks, 1);
	rig_turn(&rig);
	rig_down(&rig);
}

static CU_TestInfo cases[] = {
    {"merges the marks of a user for a channel", merges_marks_of_a_channel},
    {"has one statement under way", has_one_statement_under_way},
    {"answers refusals and failures", answers_refusals_and_failures},
    {"bounds the waiting marks", bounds_the_waiting_marks},
    {"writes many marks by several statements", writes_many_in_several_statements},
    {"writes the mark of a client that left", writes_the_mark_of_a_client_that_left},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/read_marks", cases)
