/* Heartbeats, with a clock that the test moves. */
#include <stdlib.h>

#include "cunit_main.h"

#include "conn/conn_write.h"
#include "conn/ping_wheel.h"
#include "frame_log.h"
#include "rig.h"

#include "core/banned.h"

static unsigned visits;
static struct conn_events events;

static void
visit(void *ctx, struct conn *c)
{
	(void)ctx, (void)c;
	visits++;
}

/* Starts a worker whose wheel is at 0 ms, with one client on the wheel. */
static void
wheel_up(struct rig *r, struct client *client)
{
	rig_up(r);
	ping_wheel_free(&r->worker.conns.wheel);
	r->worker.conns.wheel = ping_wheel_new(0);
	events = *r->worker.conns.events;
	events.ping_interval = visit;
	r->worker.conns.events = &events;
	rig_client(r, client, 0);
	visits = 0;
}

static void
turn_to(struct rig *r, int64_t *now_ms, int64_t until_ms)
{
	while (*now_ms < until_ms) {
		*now_ms += PING_TICK_MS;
		ping_wheel_turn(r->worker.conns.wheel, *now_ms);
	}
	rig_turn(r);
}

static unsigned
count_pings(struct client *client)
{
	static struct got got;
	unsigned n = 0;

	(void)client_read(client, 65536);
	for (client_next(client, &got); got.opcode >= 0; client_next(client, &got))
		n += got.opcode == 9;
	return n;
}

static void
wheel_down(struct rig *r, struct client *client)
{
	client_close(client);
	rig_turn(r);
	rig_down(r);
}

static void
pings_every_25_seconds(void)
{
	static struct client client;
	struct rig rig;
	int64_t now_ms = 0;

	wheel_up(&rig, &client);
	turn_to(&rig, &now_ms, PING_INTERVAL_MS - PING_TICK_MS);
	CU_ASSERT_EQUAL(count_pings(&client), 0);
	for (int round = 1; round <= 4; round++) {
		turn_to(&rig, &now_ms, round * PING_INTERVAL_MS);
		CU_ASSERT_EQUAL(count_pings(&client), 1);
		CU_ASSERT_EQUAL(visits, (unsigned)round);
		client_send(&client, 10, true, "es", 2);
		rig_turn(&rig);
	}
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	wheel_down(&rig, &client);
}

static void
closes_10_seconds_after_a_ping_without_pong(void)
{
	static struct client client;
	struct rig rig;
	int64_t now_ms = 0;

	wheel_up(&rig, &client);
	turn_to(&rig, &now_ms, PING_INTERVAL_MS + PONG_TIMEOUT_MS - PING_TICK_MS);
	CU_ASSERT_EQUAL(count_pings(&client), 1); /* the client sends no pong */
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	turn_to(&rig, &now_ms, PING_INTERVAL_MS + PONG_TIMEOUT_MS);
	CU_ASSERT_PTR_NULL(rig_conn(&rig, &client));
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_PING_TIMEOUT);
	wheel_down(&rig, &client);
}

/* The kernel still holds bytes that the client must read before the ping. The time for
 * the pong restarts while the client takes some of these bytes, and expires when it takes
 * none. */
static void
waits_until_a_slow_reader_reaches_the_ping(void)
{
	static struct client client;
	static struct frame_log news;
	struct rig rig;
	int64_t now_ms = 0;

	wheel_up(&rig, &client);
	frame_log_fill(&news, 30, 3000);
	for (unsigned i = 0; i < news.n; i++)
		CU_ASSERT_TRUE(conn_write_frames(rig_conn(&rig, &client),
		    news.data + news.at[i], news.at[i + 1] - news.at[i]));
	CU_ASSERT_TRUE(conn_write_room(rig_conn(&rig, &client)) > 0); /* not blocked */
	for (int round = 1; round <= 4; round++) {
		turn_to(&rig, &now_ms, round * PING_INTERVAL_MS);
		CU_ASSERT_PTR_NOT_NULL_FATAL(rig_conn(&rig, &client));
		(void)client_read(&client, 8000);
		turn_to(&rig, &now_ms, round * PING_INTERVAL_MS + PONG_TIMEOUT_MS);
		CU_ASSERT_PTR_NOT_NULL_FATAL(rig_conn(&rig, &client));
		(void)client_read(&client, 8000);
	}
	turn_to(&rig, &now_ms, 5 * PING_INTERVAL_MS);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	turn_to(&rig, &now_ms, 6 * PING_INTERVAL_MS);
	CU_ASSERT_PTR_NULL(rig_conn(&rig, &client));
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_PING_TIMEOUT);
	free(news.data);
	wheel_down(&rig, &client);
}

static void
closes_no_client_after_a_long_sleep(void)
{
	static struct client client;
	struct rig rig;

	wheel_up(&rig, &client);
	ping_wheel_turn(rig.worker.conns.wheel, 40000); /* the first turn, after 40 s */
	rig_turn(&rig);
	CU_ASSERT_EQUAL(count_pings(&client), 1);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	client_send(&client, 10, true, "es", 2);
	rig_turn(&rig);
	ping_wheel_turn(rig.worker.conns.wheel, 3600000); /* the next, after an hour */
	rig_turn(&rig);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	wheel_down(&rig, &client);
}

static CU_TestInfo cases[] = {
    {"pings every 25 seconds", pings_every_25_seconds},
    {"closes 10 seconds after a ping without pong",
	closes_10_seconds_after_a_ping_without_pong},
    {"waits until a slow reader reaches the ping",
	waits_until_a_slow_reader_reaches_the_ping},
    {"closes no client after a long sleep of the machine",
	closes_no_client_after_a_long_sleep},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/ping_wheel", cases)
