/* Any text as a frame of an authenticated client. The worker answers only with whole
 * frames of valid JSON, and continues. Hub, database and queue are fakes. */
#include <stdint.h>
#include <string.h>

#include "conn/conn_write.h"
#include "conn/ws.h"
#include "core/check.h"
#include "fakes.h"
#include "frames/frames.h"
#include "send/send_outcomes.h"
#include "worker/worker.h"
#include "json/json_check.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The fake socket: accepts and checks all bytes. */

bool
ws_write(struct lws *wsi, const char *bytes, size_t len)
{
	const unsigned char *p = (const unsigned char *)bytes;
	size_t at = 0;

	(void)wsi;
	while (at < len) {
		struct json_check check;
		size_t head = p[at + 1] == 126 ? 4 : 2, n = p[at + 1];

		CHECK(p[at] == 0x81 && p[at + 1] < 127);
		if (head == 4)
			n = (size_t)p[at + 2] << 8 | p[at + 3];
		CHECK(at + head + n <= len);
		CHECK(json_check(bytes + at + head, n, &check));
		at += head + n;
	}
	return true;
}

int
ws_fd(struct lws *wsi)
{
	(void)wsi;
	return -1; /* never called, because this socket has no partial write */
}

bool
ws_partial(struct lws *wsi)
{
	(void)wsi;
	return false;
}

void
ws_pause_reading(struct lws *wsi, bool pause)
{
	(void)wsi, (void)pause;
}

void
ws_want_writable(struct lws *wsi)
{
	(void)wsi;
}

void
ws_cut(struct lws *wsi)
{
	(void)wsi;
}

enum es_code
ws_open(struct conns *conns, struct es_err *err)
{
	(void)conns;
	return es_fail(err, ES_INTERNAL, "not here");
}

void
ws_close(struct conns *conns)
{
	(void)conns;
}

void
ws_adopt(struct conn *c, int fd, char *first, size_t len)
{
	(void)c, (void)fd, (void)first, (void)len;
}

static struct worker worker;
static struct metrics *metrics;
static struct push_conf conf = {
    .common = {.queue_url = "redis:", .queue_redis_url = "", .redis_url = "redis://r"},
    .auth = {.jwt_secret = "0123456789abcdef0123456789abcdef",
	.jwt_kid = "hs1",
	.jwt_secret_old = "",
	.jwt_es256_public_key = "",
	.jwt_es256_public_key_old = "",
	.jwt_issuer = "echostream",
	.jwt_audience = "echostream",
	.jwt_leeway_s = 30,
	.token_ttl_s = 86400},
    .trusted_proxies = "",
    .workers = 1,
    .connections = 4,
    .frame_max_bytes = 65536,
    .out_bytes = 1 << 20,
    .send_timeout_ms = 2000,
    .user_send = 0,
    .user_send_window_s = 1,
    .body_max_chars = 100,
};

static void
set_up(void)
{
	struct es_err err;

	fakes_reset();
	CHECK(metrics_open(NULL, push_metrics, PUSH_METRICS, 1, &metrics, &err) == ES_OK);
	worker_init(&worker, ev_loop_new(EVFLAG_NOENV), &conf, metrics, 0);
	CHECK(worker_compose(&worker, &err) == ES_OK);
}

static struct conn *
greeted(void)
{
	struct conn *c = conn_new(&worker.conns);

	CHECK(c != NULL);
	conn_set_state(c, CONN_GREETING);
	memcpy(c->tenant.text, "01900000-0000-7000-8000-000000000001", ES_UUID_TEXT);
	memcpy(c->user.text, "01900000-0000-7000-8000-00000000a001", ES_UUID_TEXT);
	c->display_name = mem_strdup("Alice");
	conn_set_state(c, CONN_OPEN);
	return c;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conn *c;

	if (worker.env.loop == NULL)
		set_up();
	c = greeted();
	frames_receive(&worker.frames, c, (const char *)data, size);
	for (int i = 0; i < 4; i++) {
		worker_turn(&worker);
		(void)fakes_run();
	}
	CHECK(c->state == CONN_OPEN);
	conn_on_lost(c);
	worker_turn(&worker);
	CHECK(worker.conns.n == 0);
	/* The sends time out after the client has left, so nobody receives their
	 * outcomes. */
	worker.env.now_ms += conf.send_timeout_ms;
	send_outcomes_tick(worker.outcomes);
	return 0;
}
