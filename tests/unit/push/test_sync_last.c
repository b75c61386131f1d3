/* The last ack of a sync, and `last` in subscribe and sync. */
#include <stdio.h>
#include <string.h>

#include "conn/conn_write.h"
#include "core/check.h"
#include "cunit_main.h"
#include "frames/frames.h"
#include "hub/subscription.h"
#include "hub/sync_answer.h"
#include "hub_rig.h"

#include "core/banned.h"

/* the first two channels of the fake database */
#define CH0  "01900000-0000-7000-8000-00000000c000"
#define CH1  "01900000-0000-7000-8000-00000000c001"
#define DONE "\"op\":\"sync\",\"id\":\"f\",\"channelId\":\"\""

static struct push_conf conf;
static struct es_err err;

/* The whole text of the last ack of a sync; hub_rig.h keeps the first bytes only. */
static char done[CONN_FRAME_MAX];
static void (*record)(struct fake_conn *f, const char *json);

static void
receive(struct fake_conn *f, const char *json)
{
	if (strstr(json, DONE) != NULL) {
		CHECK(strlen(json) < sizeof(done));
		memcpy(done, json, strlen(json) + 1);
	}
	record(f, json);
}

static struct fake_conn *
begin(void)
{
	struct fake_conn *f;

	hub_begin(NULL);
	conf.subscribe_rate = 1000;
	worker.env.conf = &conf;
	f = hub_join(0);
	record = f->receive;
	f->receive = receive;
	return f;
}

/* Handles a frame as frames.c does. */
static enum es_code
frame_of(
    struct fake_conn *f, const struct frame_type *type, const char *id, const char *json)
{
	struct frames frames = {
	    .env = &worker.env, .conns = &worker.conns, .hub = worker.hub};
	struct arena *a = arena_new();
	void *in = arena_alloc(a, type->size);
	enum es_code rc = json_bind(json, strlen(json), type->fields, type->n_fields,
	    JSON_IGNORE_UNKNOWN, a, in, &err);
	if (rc == ES_OK)
		rc = type->handler(&frames, &f->conn, in, id, a, &err);
	arena_free(&a);
	return rc;
}

static void
the_last_ack_has_all_results(void)
{
	struct fake_conn *f = begin();

	hub_publish(0, 5);
	CU_ASSERT_EQUAL(frame_of(f, &frame_sync, "f",
			    "{\"channels\":[{\"channelId\":\"" CH0 "\",\"after\":3},"
			    "{\"channelId\":\"" CH1 "\"},{\"channelId\":"
			    "\"01900000-0000-7000-8000-00000000dddd\"}]}"),
	    ES_OK);
	CU_ASSERT_EQUAL(hub_count(f, DONE), 0);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(f, "\"op\":\"sync\""), 4); /* 2 acks, 1 error */
	CU_ASSERT_EQUAL(hub_count(f, DONE), 1);
	CU_ASSERT_TRUE(hub_position(f, DONE) > hub_position(f, "\"code\":\"not_found\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(done, "\"seq\":5,\"replayed\":2}"));
	CU_ASSERT_PTR_NOT_NULL(strstr(done, "\"seq\":0,\"replayed\":0}"));
	CU_ASSERT_PTR_NOT_NULL(strstr(done, "00000000dddd\",\"error\":{\"code\":"
					    "\"not_found\",\"retryable\":false}}]"));
	hub_end();
}

static void
without_an_id_there_is_no_ack(void)
{
	struct fake_conn *f = begin();

	CU_ASSERT_EQUAL(frame_of(f, &frame_sync, NULL,
			    "{\"channels\":[{\"channelId\":\"" CH0 "\"}]}"),
	    ES_OK);
	CU_ASSERT_EQUAL(frame_of(f, &frame_sync, "f", "{\"channels\":[]}"), ES_OK);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(f, "\"channels\":[]"), 1);
	CU_ASSERT_EQUAL(hub_count(f, "\"channels\":"), 1);
	hub_end();
}

/* An unsubscribe takes a request away: its result is `gone`, and the ack still comes. */
static void
an_unsubscribe_answers_the_sync(void)
{
	struct fake_conn *f = begin();

	CU_ASSERT_EQUAL(frame_of(f, &frame_sync, "f",
			    "{\"channels\":[{\"channelId\":\"" CH0 "\"},"
			    "{\"channelId\":\"" CH1 "\"}]}"),
	    ES_OK);
	subscribe_end(worker.hub, &f->conn, &out.channels[1].id);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(f, DONE), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(done, "\"error\":{\"code\":\"gone\""));
	/* the connection ends before the answers come */
	CU_ASSERT_EQUAL(frame_of(f, &frame_sync, "f",
			    "{\"channels\":[{\"channelId\":\"" CH0 "\"},"
			    "{\"channelId\":\"" CH1 "\",\"after\":9}]}"),
	    ES_OK);
	hub_end();
}

/* The largest ack fits one frame: 500 results, the longest of each kind. */
static void
the_largest_ack_fits(void)
{
	static const char *names[SYNC_MAX];
	struct fake_conn *f = begin();
	struct sync_answer *s;
	enum es_code longest = ES_OK;

	for (int code = ES_OK; code <= ES_OUTCOME_UNKNOWN; code++)
		if (strlen(es_code_name((enum es_code)code)) >
		    strlen(es_code_name(longest)))
			longest = (enum es_code)code;
	for (size_t i = 0; i < SYNC_MAX; i++)
		names[i] = out.channels[0].id.text;
	for (int failed = 0; failed < 2; failed++) {
		s = sync_answer_new(&f->conn, "f", names, SYNC_MAX);
		for (size_t i = 0; i < SYNC_MAX; i++) {
			if (i == SYNC_MAX - 1) /* all results but one are of old epochs */
				worker.env.epoch[0] = (char)('y' + failed);
			if (failed)
				sync_answer_failed(s, i, longest);
			else
				sync_answer_ok(s, i, 9007199254740991, 100000);
		}
		CU_ASSERT_TRUE(
		    strlen(done) < CONN_FRAME_MAX - FRAME_HEADER_MAX - 6 * FRAME_ID_MAX);
		CU_ASSERT_EQUAL(strstr(done, "\"reset\":true}") != NULL, !failed);
	}
	CU_ASSERT_EQUAL(hub_count(f, DONE), 2);
	hub_end();
}

static void
last_replays_the_newest(void)
{
	struct fake_conn *f = begin(), *g;

	hub_publish(0, 250);
	CU_ASSERT_EQUAL(frame_of(f, &frame_subscribe, "f",
			    "{\"channelId\":\"" CH0 "\",\"last\":100}"),
	    ES_OK);
	CU_ASSERT_EQUAL(frame_of(f, &frame_sync, "f",
			    "{\"channels\":[{\"channelId\":\"" CH1 "\",\"last\":5}]}"),
	    ES_OK);
	hub_deliver_all();
	hub_publish(0, 1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(f, "\"seq\":250,\"replayed\":100}"), 1);
	CU_ASSERT_EQUAL(hub_count(f, "\"type\":\"message\""), 101);
	CU_ASSERT_EQUAL(hub_count(f, "\"seq\":151,"), 1);
	CU_ASSERT_EQUAL(hub_count(f, "\"seq\":150,"), 0);
	CU_ASSERT_EQUAL(hub_count(f, "\"gap\""), 0);
	/* fewer events than asked for, and again on a live subscription */
	g = hub_join(2);
	hub_publish(1, 3);
	hub_subscribe(g, 1, -1);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(g, "\"type\":\"message\""), 0);
	CU_ASSERT_EQUAL(
	    frame_of(g, &frame_subscribe, "f", "{\"channelId\":\"" CH1 "\",\"last\":5}"),
	    ES_OK);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(g, "\"seq\":3,\"replayed\":3}"), 1);
	CU_ASSERT_EQUAL(hub_count(g, "\"type\":\"message\""), 3);
	hub_end();
}

static void
last_is_checked(void)
{
	struct fake_conn *f = begin();

	CU_ASSERT_EQUAL(frame_of(f, &frame_subscribe, "f",
			    "{\"channelId\":\"" CH0 "\",\"last\":101}"),
	    ES_INVALID);
	CU_ASSERT_EQUAL(
	    frame_of(f, &frame_subscribe, "f", "{\"channelId\":\"" CH0 "\",\"last\":0}"),
	    ES_INVALID);
	CU_ASSERT_EQUAL(frame_of(f, &frame_subscribe, "f",
			    "{\"channelId\":\"" CH0 "\",\"last\":1,\"after\":0}"),
	    ES_INVALID);
	CU_ASSERT_STRING_EQUAL(err.field, "last");
	CU_ASSERT_EQUAL(frame_of(f, &frame_sync, "f",
			    "{\"channels\":[{\"channelId\":\"" CH0 "\",\"last\":101}]}"),
	    ES_INVALID);
	CU_ASSERT_EQUAL(frame_of(f, &frame_sync, "f",
			    "{\"channels\":[{\"channelId\":\"" CH0 "\",\"last\":1,"
			    "\"after\":\"1\"}]}"),
	    ES_INVALID);
	CU_ASSERT_STRING_EQUAL(err.field, "channels[0].last");
	CU_ASSERT_EQUAL(f->conn.hub->n_applicants, 0);
	hub_end();
}

static CU_TestInfo cases[] = {
    {"the last ack of a sync has all results", the_last_ack_has_all_results},
    {"without an id there is no ack", without_an_id_there_is_no_ack},
    {"an unsubscribe answers the sync", an_unsubscribe_answers_the_sync},
    {"the largest ack fits one frame", the_largest_ack_fits},
    {"last replays the newest events, then live ones", last_replays_the_newest},
    {"last is refused above its limit, and with after", last_is_checked},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/sync_last", cases)
