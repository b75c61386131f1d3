/* Delivery under random faults. Each subscriber receives the channel's history after its
 * cursor, in order and without repeats, or a gap for the events that are left out. It
 * receives nothing after its removal. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client_model.h"
#include "core/check.h"
#include "cunit_main.h"
#include "hub/subscribe.h"
#include "hub/subscription.h"

#include "core/banned.h"

#define CHANNELS 6  /* channels that clients use; one is private */
#define CLIENTS  16 /* maximum number of clients at a time */

static struct fake_worker worker;
static struct client clients[FAKE_CONNS];
static unsigned n_clients; /* random; with few clients, channels lose all readers */
static bool hasty;         /* random: many unsubscribes, lost connections, late answers */
/* Numbers of subscribes. repeated: to a channel that the client has subscribed to
 * already. cold: to a channel that the worker does not hold. cold_cut: the cold ones
 * while Redis is disconnected. */
static unsigned repeated, cold, cold_cut;

static void
client_subscribe_unknown(struct fake_conn *f)
{
	struct subscribe_request req = {.op = "subscribe", .id = "1"};
	struct es_err err;

	CHECK(channel_id_parse(MODEL_UNKNOWN_CHANNEL, &req.channel, &err) == ES_OK);
	CHECK(subscribe_begin(worker.hub, &f->conn, &req, &err) == ES_OK);
	if (channel_find(worker.hub, &f->conn.tenant, &req.channel) != NULL)
		model_fault(
		    "a channel is created for an unknown id", MODEL_UNKNOWN_CHANNEL, 0);
}

static void
client_open(void)
{
	const int user = (int)out_random(&out, OUT_USERS);
	struct fake_conn *f =
	    fake_conn_open(&worker, OUT_TENANT, out.users[user].text, "X", model_receive);
	struct client *cl = &clients[f - fake_conns];

	memset(cl, 0, sizeof(*cl));
	cl->user = user;
	f->model = cl;
	f->room = out_chance(&out, 30) ? 300 : 4096;
}

static bool
subscribed(const struct fake_conn *f, unsigned c)
{
	struct channel *ch =
	    channel_find(worker.hub, &f->conn.tenant, &out.channels[c].id);

	return ch != NULL && sub_find(worker.hub, &f->conn, ch) != NULL;
}

/* A random `after`: mostly one of the last events, often the head, which the worker may
 * not know yet, and sometimes a number above the head. */
static int64_t
some_after(int64_t head)
{
	const int64_t after = head - (int64_t)out_random(&out, 2 * LIMIT);

	if (out_chance(&out, 5))
		return head + 1 + (int64_t)out_random(&out, 3);
	if (out_chance(&out, 25))
		return head;
	return after < 0 ? 0 : after;
}

/* Subscribes to a random channel, even if the client is subscribed already or an earlier
 * request has no answer yet. */
static void
client_subscribe(struct fake_conn *f)
{
	static unsigned last_id;
	struct client *cl = f->model;
	const unsigned c = out_random(&out, CHANNELS);
	struct model_channel *known = &cl->channels[c];
	const int64_t head = out.channels[c].head;
	struct subscribe_request req = {.channel = out.channels[c].id,
	    .op = "subscribe",
	    .has_after = out_chance(&out, 70)};
	char id[16] = "";
	struct es_err err;

	if (known->joined && known->n == 0 && !subscribed(f, c))
		model_fault("a subscription ended in silence", id, known->at);
	if (known->n == MODEL_REQUESTS)
		return;
	if (req.has_after) {
		req.after = some_after(head);
		req.epoch = out_chance(&out, 5)    ? "another"
		            : out_chance(&out, 30) ? out.epoch
		                                   : NULL;
	}
	(void)snprintf(id, sizeof(id), "%u", ++last_id);
	req.id = id;
	repeated += known->joined;
	model_subscribe(known, last_id, req.has_after ? req.after : -1,
	    req.after > head || (req.epoch != NULL && req.epoch != out.epoch));
	if (channel_find(worker.hub, &f->conn.tenant, &req.channel) == NULL) {
		cold++;
		cold_cut += out.topics_down;
	}
	CHECK(subscribe_begin(worker.hub, &f->conn, &req, &err) == ES_OK);
}

static void
client_unsubscribe(struct fake_conn *f)
{
	struct client *cl = f->model;
	const unsigned c = out_random(&out, CHANNELS);

	subscribe_end(worker.hub, &f->conn, &out.channels[c].id);
	cl->channels[c] = (struct model_channel){0};
}

static void
client_action(struct fake_conn *f)
{
	if (f->conn.state != CONN_OPEN) {
		if (out_chance(&out, 30))
			fake_conn_closed(f);
		return;
	}
	if (out_chance(&out, 3))
		client_subscribe_unknown(f);
	if (hasty && out_chance(&out, 50))
		client_unsubscribe(f);
	switch (out_random(&out, 12)) {
	case 0:
	case 1:
	case 2:
		client_subscribe(f);
		break;
	case 3:
		if (out_chance(&out, 30))
			client_unsubscribe(f);
		break;
	case 4:
		f->blocked = out_chance(&out, 50);
		f->refuse = !f->blocked;
		break;
	case 5:
		if (out_chance(&out, 10))
			fake_conn_break(f);
		break;
	default:
		fake_conn_unblock(f);
		break;
	}
}

static void
edit_or_delete_one(unsigned c, int user)
{
	const struct out_channel *ch = &out.channels[c];
	const int64_t back = out_random(&out, out_chance(&out, 50) ? 6 : 2 * LIMIT);
	const int64_t id = ch->head > back ? ch->head - back : 1;

	if (ch->events[id].kind == EVENT_MESSAGE && !ch->events[id].deleted)
		out_change(
		    &out, c, EVENT_MESSAGE_UPDATED + out_random(&out, 2), user, id);
}

static void
publish_in_one(void)
{
	const unsigned c = out_random(&out, CHANNELS);
	unsigned n = out_chance(&out, 3) ? 2 * LIMIT : 1 + out_random(&out, 4);

	for (; n > 0; n--) {
		const int user = (int)out_random(&out, OUT_USERS);

		if (c == OUT_PRIVATE && out_chance(&out, 5))
			out_commit(&out, c,
			    out.channels[c].member[user] ? EVENT_MEMBER_LEFT
							 : EVENT_MEMBER_JOINED,
			    user);
		else if (out_chance(&out, 10) && out.channels[c].head > 0)
			edit_or_delete_one(c, user);
		else
			out_commit(&out, c, EVENT_MESSAGE, user);
	}
}

/* Publishes, mostly in several channels together, so that connections are behind in all
 * of them. */
static void
publish_some(void)
{
	unsigned channels = 1 + out_random(&out, CHANNELS);

	while (channels-- > 0)
		publish_in_one();
}

static void
turn(void)
{
	while (hub_turn(worker.hub))
		;
}

static void
pass(int64_t ms)
{
	worker.env.now_ms += ms;
	hub_tick(worker.hub);
}

static void
one_step(void)
{
	static int64_t second_ms;
	struct fake_conn *f = &fake_conns[out_random(&out, n_clients)];

	if (!f->used)
		client_open();
	else
		client_action(f);
	if (out_chance(&out, 40))
		publish_some();
	for (unsigned n = out_random(&out, hasty ? 4 : 6); n > 0; n--)
		IGNORE(out_deliver_one(&out));
	if (out_chance(&out, 70))
		IGNORE(hub_turn(worker.hub));
	if (out_chance(&out, 20))
		pass(50);
	if (worker.env.now_ms - second_ms >= 1000) {
		second_ms = worker.env.now_ms;
		hub_each_second(worker.hub);
	}
	if (out_chance(&out, 1) && (hasty || out_chance(&out, 50)))
		out_disconnect(&out);
	if (out.topics_down && out_chance(&out, hasty ? 3 : 10))
		out_reconnect(&out);
	if (out_chance(&out, 1))
		out.database_down = !out.database_down;
	if (out.database_down && out_chance(&out, 10))
		out.database_down = false;
}

/* Ends all faults, and lets half a minute pass, in which the worker must find every lost
 * event. */
static void
settle(void)
{
	memset(&out.faults, 0, sizeof(out.faults));
	out.database_down = false;
	if (out.topics_down)
		out_reconnect(&out);
	for (unsigned s = 0; s < 33; s++) {
		for (unsigned i = 0; i < FAKE_CONNS; i++)
			if (fake_conns[i].used && fake_conns[i].conn.state == CONN_OPEN)
				fake_conn_unblock(&fake_conns[i]);
		for (unsigned t = 0; t < 4; t++) {
			pass(250);
			out_deliver_all(&out);
			turn();
			out_deliver_all(&out);
			turn();
		}
		hub_each_second(worker.hub);
	}
}

static void
judge_end(void)
{
	for (unsigned i = 0; i < FAKE_CONNS; i++) {
		const struct fake_conn *f = &fake_conns[i];
		const struct client *cl = &clients[i];

		if (!f->used || f->conn.state != CONN_OPEN)
			continue;
		for (unsigned c = 0; c < CHANNELS; c++) {
			const struct out_channel *ch = &out.channels[c];
			const bool may = !ch->is_private || ch->member[cl->user];

			if (cl->channels[c].n > 0)
				model_fault("never answered", ch->id.text, 0);
			if (cl->channels[c].joined && may &&
			    cl->channels[c].at < ch->head &&
			    (!ch->is_private ||
				cl->channels[c].at > ch->removed[cl->user]))
				model_fault("the last events are missing", ch->id.text,
				    cl->channels[c].at);
		}
	}
}

static void
close_all(void)
{
	for (unsigned i = 0; i < FAKE_CONNS; i++)
		if (fake_conns[i].used)
			fake_conn_closed(&fake_conns[i]);
	out_deliver_all(&out);
	hub_free(&worker.hub);
	out_fini(&out);
	fake_worker_fini(&worker);
}

/* The limits depend on the seed, so that turns and logs of many sizes are tested. */
static struct hub_limits
small_limits(unsigned seed)
{
	struct hub_limits limits = hub_limits_default;

	limits.log_channel_bytes = 4096;
	limits.log_bytes = seed % 2 == 0 ? 9000 : 30000;
	limits.page_bytes = 40000;
	limits.replay_limit = LIMIT;
	limits.replay_budget = 1000000;
	limits.turn_writes = 1 + seed % 5;
	limits.turn_wakes = 1 + seed * 7 % 40;
	limits.linger_ms = seed % 3 * 1000;
	return limits;
}

static void
begin(unsigned seed, const struct hub_limits *limits)
{
	const struct hub_io io = out_io(&out);

	fake_worker_init(&worker);
	out_init(&out, &worker, seed);
	worker.hub = hub_new(&worker.env, &worker.conns, limits, &io);
	hub_on_topics_state(worker.hub, true);
}

static void
test_random(void)
{
	const char *runs = getenv("DELIVER_SEEDS");
	const unsigned n = runs != NULL ? (unsigned)strtoul(runs, NULL, 10) : 12;
	unsigned reads = 0;

	model_events = model_gaps = model_resets = model_mixed = repeated = cold =
	    cold_cut = 0;
	for (unsigned seed = 1; seed <= n; seed++) {
		const struct hub_limits limits = small_limits(seed);

		model_faults = 0;
		hasty = seed % 2 == 0;
		n_clients = hasty ? 3 + seed / 2 % 3 : CLIENTS;
		begin(seed, &limits);
		out.faults = (struct out_faults){.lose = seed % 3 * 4,
		    .repeat = 5,
		    .delay = 4,
		    .refuse = 5,
		    .fail = 5,
		    .stale = 50};
		for (unsigned i = 0; i < 1500 && model_faults == 0; i++)
			one_step();
		if (model_faults == 0) {
			settle();
			judge_end();
		}
		reads += out.page_reads;
		if (model_faults != 0)
			(void)fprintf(stderr, "seed %u: %s\n", seed, model_first_fault);
		CU_ASSERT_EQUAL(model_faults, 0);
		close_all();
		if (model_faults != 0)
			return;
	}
	/* every path was taken often enough */
	CU_ASSERT_TRUE(model_events > n * 500);
	CU_ASSERT_TRUE(model_gaps > n);
	CU_ASSERT_TRUE(reads > n);
	CU_ASSERT_TRUE(
	    model_deleted > n * 20 && model_tombstones > n * 20 && model_ended > n);
	CU_ASSERT_TRUE(model_mixed > n * 50);
	CU_ASSERT_TRUE(cold > n * 20);
	CU_ASSERT_TRUE(cold_cut > n);
	CU_ASSERT_TRUE(repeated > n * 100);
	CU_ASSERT_TRUE(model_resets > n * 5);
	printf("%u events (%u behind one of another channel), %u gaps, %u resets, "
	       "%u pages, %u subscribes again, %u cold ones, %u of them without topics ",
	    model_events, model_mixed, model_gaps, model_resets, reads, repeated, cold,
	    cold_cut);
}

static CU_TestInfo cases[] = {
    {"random faults: the history in order, or a gap", test_random},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/deliver", cases)
