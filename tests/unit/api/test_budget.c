/* A send while Redis is frozen: all its commands together wait for one time-out. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "crypto/keyed_hash.h"
#include "cunit_main.h"
#include "env/budget.h"
#include "http/listen.h"
#include "send/send_gate.h"
#include "send/send_limits.h"
#include "send/send_reply.h"
#include "send/send_submit.h"

#include "core/banned.h"

#define PATIENCE_MS 400

static struct api api;
static struct api_conf conf;
static char url[96];

/* The kernel accepts connections, but no process answers. */
static struct unix_socket
freeze(void)
{
	const struct queue_settings queue = {.url = "redis:",
	    .redis_url = url,
	    .partitions = 1,
	    .max_bytes = 1 << 20,
	    .timeout_ms = PATIENCE_MS};
	struct unix_socket s;
	struct es_err err;

	(void)snprintf(url, sizeof(url), "unix:///tmp/es-frozen.%d", (int)getpid());
	CU_ASSERT_EQUAL_FATAL(
	    unix_socket_listen(url + 7, LISTEN_BACKLOG, UNIX_SOCKET_EXCLUSIVE, &s, &err),
	    ES_OK);
	conf = (struct api_conf){.common = {.redis_url = url},
	    .send_workers = 1,
	    .send_wait_ms = 1000,
	    .user_send = 20,
	    .user_send_window_s = 10};
	api = (struct api){.conf = &conf, .redis_timeout_ms = PATIENCE_MS};
	CU_ASSERT_EQUAL_FATAL(redis_open(url, PATIENCE_MS, &api.redis, &err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(queue_open(&queue, &api.queue, &err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(send_gate_open(1, &api.gate, &err), ES_OK);
	keyed_hash_draw();
	api.limits_local = limits_local_new(16);
	return s;
}

static void
thaw(const struct unix_socket *s)
{
	listen_stop(s);
	(void)close(s->fd);
	redis_close(&api.redis);
	queue_close(&api.queue);
	send_gate_close(&api.gate);
	send_reply_free(&api.reply);
	limits_local_free(&api.limits_local);
}

/* Sends the Redis commands of message_send in the same order. Returns the time in ms. */
static int64_t
send(struct arena *a)
{
	struct http_req req = {.arena = a, .who = {.max_messages_per_second = 50}};
	struct envelope_message message = {.client_id = "k", .body = "x"};
	struct envelope e = {.messages = &message, .n = 1};
	const int64_t start_ms = clock_mono_ms();
	struct send_charge charge;
	struct outcome outcome;
	struct http_res res;
	struct es_err err;
	bool known;

	http_res_init(&res, a);
	uuid_new(e.id.text);
	budget_start(&api);
	budget_for_send(&api);
	CU_ASSERT_EQUAL(send_limits_begin(&api, &req, &res, &charge, &err), ES_OK);
	CU_ASSERT_EQUAL(send_submit(&api, &e, send_limits_guard(&charge), true, a, &known,
			    &outcome, &err),
	    ES_UNAVAILABLE);
	return clock_mono_ms() - start_ms;
}

static void
frozen(void)
{
	struct arena *a = arena_new();
	const struct unix_socket s = freeze();

	for (int i = 0; i < 3; i++) {
		const int64_t took_ms = send(a);

		CU_ASSERT_TRUE(took_ms >= PATIENCE_MS);
		CU_ASSERT_TRUE(took_ms < PATIENCE_MS * 3 / 2);
	}
	thaw(&s);
	arena_free(&a);
}

/* The queue gets the time that the limits did not use. */
static void
queue_has_the_rest(void)
{
	const struct unix_socket s = freeze();
	struct es_err err;
	int64_t start_ms;

	budget_start(&api);
	budget_for_send(&api);
	CU_ASSERT_EQUAL(redis_budget_left(api.redis), PATIENCE_MS / 2);
	budget_for_enqueue(&api);
	start_ms = clock_mono_ms();
	CU_ASSERT_EQUAL(
	    queue_send(api.queue,
		&(struct queue_msg){.body = "x", .len = 1, .group = "g", .dedupe = "d"},
		&err),
	    ES_UNAVAILABLE);
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms >= PATIENCE_MS);
	thaw(&s);
}

static CU_TestInfo cases[] = {
    {"a send to a frozen Redis takes one time-out", frozen},
    {"the queue has the time that is left", queue_has_the_rest},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/budget", cases)
