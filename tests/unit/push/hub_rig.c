#include "hub_rig.h"

#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"
#include "hub/subscribe.h"
#include "hub/subscription.h"

#include "core/banned.h"

#define HEARD 4096

/* All frames that a client has received, one line each. */
struct tape {
	char lines[HEARD][200];
	unsigned n;
};

struct outside out;
struct fake_worker worker;

static struct tape tapes[FAKE_CONNS];

static void
record(struct fake_conn *f, const char *json)
{
	struct tape *tape = f->model;

	CHECK(tape->n < HEARD);
	(void)snprintf(tape->lines[tape->n++], sizeof(tape->lines[0]), "%s", json);
}

struct fake_conn *
hub_join(int user)
{
	struct fake_conn *f =
	    fake_conn_open(&worker, OUT_TENANT, out.users[user].text, "X", record);

	f->model = &tapes[f - fake_conns];
	tapes[f - fake_conns].n = 0;
	return f;
}

/* The number of lines that contain the text. */
unsigned
hub_count(const struct fake_conn *f, const char *text)
{
	const struct tape *tape = f->model;
	unsigned n = 0;

	for (unsigned i = 0; i < tape->n; i++)
		n += strstr(tape->lines[i], text) != NULL;
	return n;
}

unsigned
hub_position(const struct fake_conn *f, const char *text)
{
	const struct tape *tape = f->model;
	unsigned i = 0;

	while (i < tape->n && strstr(tape->lines[i], text) == NULL)
		i++;
	return i;
}

bool
hub_received(const struct fake_conn *f, const char *text)
{
	return hub_count(f, text) > 0;
}

void
hub_deliver_all(void)
{
	for (unsigned i = 0; i < 20; i++) {
		out_deliver_all(&out);
		while (hub_turn(worker.hub))
			;
	}
}

void
hub_advance(int64_t ms)
{
	for (; ms > 0; ms -= 250) {
		worker.env.now_ms += 250;
		hub_tick(worker.hub);
		if (worker.env.now_ms % 1000 == 0)
			hub_each_second(worker.hub);
		hub_deliver_all();
	}
}

enum es_code
hub_subscribe_to(
    struct fake_conn *f, const char *channel, int64_t after, const char *epoch)
{
	struct subscribe_request req = {.op = "subscribe",
	    .id = "s",
	    .has_after = after >= 0,
	    .after = after,
	    .epoch = epoch};
	struct es_err err;

	CHECK(channel_id_parse(channel, &req.channel, &err) == ES_OK);
	return subscribe_begin(worker.hub, &f->conn, &req, &err);
}

void
hub_subscribe(struct fake_conn *f, unsigned channel, int64_t after)
{
	CU_ASSERT_EQUAL(
	    hub_subscribe_to(f, out.channels[channel].id.text, after, NULL), ES_OK);
}

void
hub_publish(unsigned channel, unsigned n)
{
	for (; n > 0; n--)
		out_commit(&out, channel, EVENT_MESSAGE, 0);
}

void
hub_begin(const struct hub_limits *limits)
{
	const struct hub_io io = out_io(&out);

	fake_worker_init(&worker);
	out_init(&out, &worker, 1);
	worker.hub = hub_new(&worker.env, &worker.conns,
	    limits != NULL ? limits : &hub_limits_default, &io);
	hub_on_topics_state(worker.hub, true);
}

void
hub_end(void)
{
	for (unsigned i = 0; i < FAKE_CONNS; i++)
		if (fake_conns[i].used)
			fake_conn_closed(&fake_conns[i]);
	out_deliver_all(&out);
	hub_free(&worker.hub);
	out_fini(&out);
	fake_worker_fini(&worker);
}
