/* The rate limit of subscribes. Above the rate the worker refuses subscribes; far above
 * it, the worker closes the connection. */
#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"
#include "frames/flood.h"
#include "frames/frames.h"
#include "hub/subscription.h"
#include "hub_rig.h"

#include "core/banned.h"

static struct push_conf conf;

static struct fake_conn *
begin(int64_t rate)
{
	struct fake_conn *f;

	hub_begin(NULL);
	conf.subscribe_rate = rate;
	worker.env.conf = &conf;
	f = hub_join(0);
	return f;
}

/* Handles a frame as frames.c does. */
static struct es_err err;

static enum es_code
frame(struct fake_conn *f, const struct frame_type *type, const char *json)
{
	struct frames frames = {
	    .env = &worker.env, .conns = &worker.conns, .hub = worker.hub};
	struct arena *a = arena_new();
	void *in = arena_alloc(a, type->size);
	enum es_code rc = json_bind(json, strlen(json), type->fields, type->n_fields,
	    JSON_IGNORE_UNKNOWN, a, in, &err);

	CHECK(rc == ES_OK);
	rc = type->handler(&frames, &f->conn, in, "f", a, &err);
	if (rc == ES_RATE_LIMITED) {
		CU_ASSERT_TRUE(err.retry_after_ms > 0);
		CU_ASSERT_TRUE(err.retry_after_ms <= FLOOD_WINDOW_MS);
	}
	arena_free(&a);
	return rc;
}

/* Handles a sync of the first n channels of the fake database. */
static enum es_code
sync_of(struct fake_conn *f, unsigned n)
{
	char json[OUT_CHANNELS * 60 + 40];
	size_t len = 0;

	len += (size_t)snprintf(json, sizeof(json), "{\"channels\":[");
	for (unsigned i = 0; i < n; i++)
		len += (size_t)snprintf(json + len, sizeof(json) - len,
		    "%s{\"channelId\":\"%s\"}", i > 0 ? "," : "",
		    out.channels[i].id.text);
	(void)snprintf(json + len, sizeof(json) - len, "]}");
	return frame(f, &frame_sync, json);
}

static enum es_code
subscribe_to(struct fake_conn *f, const char *id)
{
	char json[80];

	(void)snprintf(json, sizeof(json), "{\"channelId\":\"%s\"}", id);
	return frame(f, &frame_subscribe, json);
}

static void
every_entry_of_a_sync_counts(void)
{
	struct fake_conn *f = begin(10);

	CU_ASSERT_EQUAL(sync_of(f, 9), ES_OK);
	CU_ASSERT_EQUAL(subscribe_to(f, out.channels[9].id.text), ES_OK);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(f, "\"replayed\":0}}"), 10);
	/* one more is refused: alone, in a sync, and for a channel that is subscribed
	 * already */
	CU_ASSERT_EQUAL(subscribe_to(f, out.channels[10].id.text), ES_RATE_LIMITED);
	CU_ASSERT_EQUAL(subscribe_to(f, out.channels[0].id.text), ES_RATE_LIMITED);
	CU_ASSERT_EQUAL(sync_of(f, 1), ES_OK);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(f, "\"replayed\":0}}"), 10);
	CU_ASSERT_EQUAL(hub_count(f, "\"code\":\"rate_limited\""), 1);
	CU_ASSERT_EQUAL(hub_count(f, "\"retryAfterMs\":10000"), 1);
	CU_ASSERT_EQUAL(hub_count(f, out.channels[0].id.text), 4);
	CU_ASSERT_EQUAL(f->conn.hub->n_subscriptions, 10);
	worker.env.now_ms += FLOOD_WINDOW_MS - 1;
	CU_ASSERT_EQUAL(subscribe_to(f, out.channels[10].id.text), ES_RATE_LIMITED);
	worker.env.now_ms += 1;
	CU_ASSERT_EQUAL(subscribe_to(f, out.channels[10].id.text), ES_OK);
	hub_deliver_all();
	CU_ASSERT_EQUAL(f->conn.hub->n_subscriptions, 11);
	hub_end();
}

/* A sync exceeds the rate. Its entries within the rate take effect. */
static void
a_sync_is_handled_up_to_the_rate(void)
{
	struct fake_conn *f = begin(10);

	CU_ASSERT_EQUAL(sync_of(f, 15), ES_OK);
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(f, "\"replayed\":0}}"), 10);
	CU_ASSERT_EQUAL(hub_count(f, "\"code\":\"rate_limited\""), 5);
	CU_ASSERT_EQUAL(f->conn.state, CONN_OPEN);
	hub_end();
}

static void
a_flood_is_closed(void)
{
	struct fake_conn *f = begin(2);

	for (unsigned i = 0; i < 20; i++)
		(void)subscribe_to(f, out.channels[0].id.text);
	CU_ASSERT_EQUAL(f->conn.state, CONN_OPEN);
	CU_ASSERT_EQUAL(sync_of(f, 20), ES_OK);
	CU_ASSERT_EQUAL(f->conn.state, CONN_CLOSING);
	hub_end();
	/* above the rate in three windows, one after the other */
	f = begin(2);
	for (unsigned i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(f->conn.state, CONN_OPEN);
		CU_ASSERT_EQUAL(sync_of(f, 3), ES_OK);
		worker.env.now_ms += FLOOD_WINDOW_MS;
	}
	CU_ASSERT_EQUAL(f->conn.state, CONN_CLOSING);
	hub_end();
}

/* A sync that names a channel twice is refused as a whole. */
static void
a_channel_twice_is_refused(void)
{
	struct fake_conn *f = begin(1000);
	const char *const one = out.channels[0].id.text, *const two =
							     out.channels[10].id.text;
	char json[400];

	(void)snprintf(json, sizeof(json),
	    "{\"channels\":[{\"channelId\":\"%s\"},{\"channelId\":\"%s\"},"
	    "{\"channelId\":\"%s\",\"after\":1},{\"channelId\":\"%s\"}]}",
	    one, two, two, one);
	CU_ASSERT_EQUAL(frame(f, &frame_sync, json), ES_INVALID);
	CU_ASSERT_STRING_EQUAL(err.field, "channels[2].channelId");
	CU_ASSERT_STRING_EQUAL(err.text, "repeats the channel of channels[1]");
	hub_deliver_all();
	CU_ASSERT_EQUAL(hub_count(f, "\"type\""), 0);
	CU_ASSERT_EQUAL(f->conn.hub->n_subscriptions + f->conn.hub->n_applicants, 0);
	hub_end();
}

static void
no_limit(void)
{
	struct fake_conn *f = begin(0);

	for (unsigned i = 0; i < 200; i++)
		CU_ASSERT_EQUAL(subscribe_to(f, out.channels[0].id.text), ES_OK);
	CU_ASSERT_EQUAL(f->conn.state, CONN_OPEN);
	hub_end();
}

/* 1,000 subscribes in a window may be answered not_found; the next one closes the
 * connection. */
static void
refused_subscribes_are_a_flood_too(void)
{
	struct fake_conn *f = begin(0);

	out.on_refused = flood_count_refused;
	for (unsigned i = 0; i < 1001; i++) {
		CU_ASSERT_EQUAL(f->conn.state, CONN_OPEN);
		CU_ASSERT_EQUAL(
		    subscribe_to(f, "01900000-0000-7000-8000-00000000dead"), ES_OK);
		hub_deliver_all();
		worker.env.now_ms += 5; /* so slowly that questions are not delayed */
	}
	CU_ASSERT_EQUAL(f->conn.state, CONN_CLOSING);
	hub_end();
}

static CU_TestInfo cases[] = {
    {"every entry of a sync counts", every_entry_of_a_sync_counts},
    {"a sync takes effect up to the rate", a_sync_is_handled_up_to_the_rate},
    {"a flood closes the connection", a_flood_is_closed},
    {"a channel twice in a sync is refused", a_channel_twice_is_refused},
    {"a rate of 0 is no limit", no_limit},
    {"too many refused subscribes are a flood, too", refused_subscribes_are_a_flood_too},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/subscribe_rate", cases)
