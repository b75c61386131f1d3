/* A worker that drains: each client receives a time at which to reconnect. */
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"

#include "door/accept.h"
#include "door/listen.h"
#include "rig.h"
#include "worker/drain.h"

#include "core/banned.h"

#define CLIENTS 5

static struct rig rig;
static struct client clients[CLIENTS];

static void
drain_up(struct push_listen *listen)
{
	rig_up(&rig);
	*listen = (struct push_listen){.n = 0};
	rig.worker.accept = accept_new(&rig.worker.env, rig.worker.handshake, listen, 0);
	for (int i = 0; i < CLIENTS; i++)
		rig_client(&rig, &clients[i], 0);
	drain_begin(&rig.worker);
	drain_begin(&rig.worker); /* a second signal changes nothing */
}

static void
drain_down(void)
{
	drain_free(&rig.worker.drain);
	accept_free(&rig.worker.accept);
	rig_down(&rig);
}

static void
sends_a_reconnect_time_then_closes(void)
{
	static struct got got;
	struct push_listen listen;
	long last_ms = -1;

	drain_up(&listen);
	CU_ASSERT_TRUE(rig.worker.env.draining);
	for (int i = 0; i < CLIENTS; i++) {
		const char *after;

		CU_ASSERT_TRUE_FATAL(
		    rig_expect(&rig, &clients[i], "\"type\":\"reconnect\"", &got));
		CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "\"reason\":\"drain\""));
		after = strstr(got.text, "\"afterMs\":");
		CU_ASSERT_PTR_NOT_NULL(after);
		if (after == NULL)
			break;
		/* each client gets a later time than the one before */
		CU_ASSERT_TRUE(strtol(after + 10, NULL, 10) > last_ms);
		last_ms = strtol(after + 10, NULL, 10);
	}
	for (int i = 0; i < CLIENTS; i++) {
		CU_ASSERT_EQUAL(rig_close_code(&rig, &clients[i]), CLOSE_DRAIN);
		client_close(&clients[i]);
	}
	ev_run(rig.worker.env.loop, 0); /* returns when no client is left */
	drain_down();
}

static void
close_all_clients(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop, (void)timer, (void)events;
	for (int i = 0; i < CLIENTS; i++)
		client_close(&clients[i]);
}

/* Does the work that worker_run.c does before each wait of the loop. */
static void
on_prepare(struct ev_loop *loop, ev_prepare *before, int events)
{
	(void)loop, (void)before, (void)events;
	worker_turn(&rig.worker);
}

static void
runs_until_no_client_is_left(void)
{
	struct push_listen listen;
	ev_prepare before;
	ev_timer timer;
	const int64_t start_ms = clock_mono_ms();

	drain_up(&listen);
	ev_timer_init(&timer, close_all_clients, 0.5, 0);
	ev_timer_start(rig.worker.env.loop, &timer);
	ev_prepare_init(&before, on_prepare);
	ev_prepare_start(rig.worker.env.loop, &before);
	ev_run(rig.worker.env.loop, 0);
	CU_ASSERT_FALSE(ev_is_active(&timer));
	CU_ASSERT_EQUAL(rig.worker.conns.n, 0);
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms < 3000);
	ev_timer_stop(rig.worker.env.loop, &timer);
	ev_prepare_stop(rig.worker.env.loop, &before);
	drain_down();
}

static void
does_not_wait_for_ever(void)
{
	struct push_listen listen;
	const int64_t start_ms = clock_mono_ms();

	drain_up(&listen);
	/* No client reads, answers or closes. */
	while (rig.worker.conns.n > 0 && clock_mono_ms() - start_ms < 10000) {
		ev_run(rig.worker.env.loop, EVRUN_ONCE);
		rig_second(&rig);
		worker_turn(&rig.worker);
	}
	CU_ASSERT_EQUAL(rig.worker.conns.n, 0);
	for (int i = 0; i < CLIENTS; i++)
		client_close(&clients[i]);
	drain_down();
}

/* hello advises over which time to spread reconnects. The time grows with the number of
 * clients, up to a limit. */
static void
advises_a_time_for_reconnects(void)
{
	static struct client first, second;
	struct got got;

	rig_up(&rig);
	rig_client_as(&rig, &first, "01900000-0000-7000-8000-00000000a002");
	CU_ASSERT_TRUE(rig_expect(&rig, &first, "\"type\":\"hello\"", &got));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(got.text, "{\"minMs\":502,\"maxMs\":30000,\"jitter\":\"full\"}"));
	rig.conf.reconnect_per_s = 1;
	rig.conf.reconnect_max_ms = 2499;
	rig_client_as(&rig, &second, "01900000-0000-7000-8000-00000000a002");
	CU_ASSERT_TRUE(rig_expect(&rig, &second, "\"type\":\"hello\"", &got));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, "{\"minMs\":2499,\"maxMs\":2499,"));
	client_close(&first);
	client_close(&second);
	rig_turn(&rig);
	rig_down(&rig);
}

static CU_TestInfo cases[] = {
    {"sends a time to reconnect, then closes", sends_a_reconnect_time_then_closes},
    {"runs until no client is left", runs_until_no_client_is_left},
    {"stops although clients neither read nor close", does_not_wait_for_ever},
    {"advises a time over which to spread reconnects", advises_a_time_for_reconnects},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/drain", cases)
