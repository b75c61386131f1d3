/* Limits on the bytes that a worker holds for clients before hello, per socket and in
 * sum. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"

#include "core/check.h"
#include "rig.h"

#include "core/banned.h"

static struct rig rig;
static struct client client, other;
static char bytes[70000];

static void
up(void)
{
	rig_up(&rig);
	memset(bytes, ' ', sizeof(bytes));
	rig_client_without_token(&rig, &client);
	rig_turn(&rig);
}

static void
down(void)
{
	client_close(&client);
	rig_turn(&rig);
	rig_down(&rig);
	CU_ASSERT_EQUAL(rig.worker.conns.early_bytes, 0);
}

/* Turns the loop until the worker holds this many bytes, because libwebsockets reads in
 * small pieces. */
static void
wait_until_held(int64_t want)
{
	for (int i = 0; i < 1000 && rig.worker.conns.early_bytes != want; i++)
		rig_turn(&rig);
	CU_ASSERT_EQUAL(rig.worker.conns.early_bytes, want);
}

/* Sends a frame of len bytes, which the worker keeps until hello. */
static void
send_early(struct client *to, size_t len)
{
	static const char ping[] = "{\"type\":\"ping\"}";

	CHECK(len >= sizeof(ping) - 1 && len < sizeof(bytes));
	memset(bytes, ' ', len);
	memcpy(bytes, ping, sizeof(ping) - 1);
	client_send(to, 1, true, bytes, len);
	/* 4 bytes hold the length of the frame */
	wait_until_held(rig.worker.conns.early_bytes + (int64_t)len + 4);
}

static void
bounds_one_frame(void)
{
	up();
	send_early(&client, 16384 - 4);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	down();
	up();
	client_send(&client, 1, true, bytes, 16385);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_TOO_BIG);
	down();
}

static void
bounds_fragments(void)
{
	up();
	client_send(&client, 1, false, bytes, 10000);
	wait_until_held(10000);
	client_send(&client, 0, false, bytes, 6384);
	wait_until_held(16384);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	client_send(&client, 0, false, bytes, 1);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_TOO_BIG);
	down();
}

static void
bounds_waiting_frames_together(void)
{
	up();
	send_early(&client, 8188);
	send_early(&client, 8188);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	client_send(&client, 1, true, "{\"type\":\"ping\"}", 15);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &client), CLOSE_PROTOCOL);
	down();
}

static void
bounds_the_sum(void)
{
	up();
	rig.conf.early_total_bytes = 20000;
	send_early(&client, 12000);
	rig_client_without_token(&rig, &other);
	rig_turn(&rig);
	send_early(&other, 7000);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &other));
	client_send(&other, 1, true, bytes, 20000 - 12004 - 7004 + 1);
	CU_ASSERT_EQUAL(rig_close_code(&rig, &other), CLOSE_OVERLOADED);
	client_close(&other);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(rig.worker.conns.early_bytes, 12004);
	CU_ASSERT_PTR_NOT_NULL(rig_conn(&rig, &client));
	down();
}

/* hello ends the limit: the worker handles the frames that waited, and accepts frames of
 * the usual length. */
static void
ends_with_hello(void)
{
	static struct got got;
	char frame[4000], *token;

	up();
	client_text(&client, "{\"type\":\"ping\",\"id\":\"before\"}");
	rig_turn(&rig);
	CU_ASSERT_TRUE(rig.worker.conns.early_bytes > 0);
	token = rig_token(&rig);
	(void)snprintf(
	    frame, sizeof(frame), "{\"type\":\"auth\",\"token\":\"%s\"}", token);
	mem_free(token);
	client_text(&client, frame);
	CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"type\":\"hello\"", &got));
	CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"id\":\"before\"", &got));
	CU_ASSERT_EQUAL(rig.worker.conns.early_bytes, 0);
	memset(bytes, ' ', 60000);
	memcpy(bytes, "{\"type\":\"ping\",\"id\":\"big\"}", 26);
	client_send(&client, 1, false, bytes, 40000);
	rig_turn(&rig);
	client_send(&client, 0, true, bytes + 40000, 20000);
	CU_ASSERT_TRUE(rig_expect(&rig, &client, "\"id\":\"big\"", &got));
	CU_ASSERT_EQUAL(rig.worker.conns.early_bytes, 0);
	down();
}

static CU_TestInfo cases[] = {
    {"limits the bytes of one frame", bounds_one_frame},
    {"limits the bytes of a message in fragments", bounds_fragments},
    {"limits the bytes of all waiting frames of a socket",
	bounds_waiting_frames_together},
    {"limits the bytes of all sockets together", bounds_the_sum},
    {"the limits end with hello", ends_with_hello},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/early_bytes", cases)
