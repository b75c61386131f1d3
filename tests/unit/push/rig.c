#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "auth/token.h"
#include "conn/conn_write.h"
#include "conn/ping_wheel.h"
#include "conn/ws.h"
#include "core/check.h"
#include "door/handshake.h"
#include "door/request_head.h"
#include "worker/periodic.h"

#include "core/banned.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define TENANT "01900000-0000-7000-8000-000000000001"
#define USER   "01900000-0000-7000-8000-00000000a001"

static void
settings(struct push_conf *conf)
{
	*conf = (struct push_conf){
	    .auth = {.jwt_secret = SECRET,
		.jwt_kid = "hs1",
		.jwt_secret_old = "",
		.jwt_es256_public_key = "",
		.jwt_es256_public_key_old = "",
		.jwt_issuer = "echostream",
		.jwt_audience = "echostream",
		.jwt_leeway_s = 30,
		.token_ttl_s = 86400},
	    .common = {.queue_url = "mem:",
		.queue_redis_url = "",
		.redis_url = "redis://r"},
	    .listen = "",
	    .workers = 1,
	    .connections = 64,
	    .user_connections = 10,
	    .frame_max_bytes = 65536,
	    .trusted_proxies = "",
	    .early_bytes = 16384,
	    .early_total_bytes = 1 << 20,
	    .out_bytes = 16 << 20,
	    .sndbuf_bytes = 131072,
	    .stalled_ms = 30000,
	    .head_timeout_ms = 5000,
	    .auth_timeout_ms = 10000,
	    .send_timeout_ms = 2000,
	    .drain_ms = 1000,
	    .max_subscriptions = 500,
	    .reconnect_min_ms = 500,
	    .reconnect_max_ms = 30000,
	    .reconnect_per_s = 500,
	    .backlog = 16,
	    .accepts = 64,
	    .handshakes = 16,
	    .lookup_batch = 50,
	    .user_send = 1000,
	    .user_send_window_s = 1,
	    .body_max_chars = 10000,
	    .frame_rate = 60,
	    .subscribe_rate = 1000,
	    .read_marks_max = 1000,
	    .control_rate = 200,
	};
}

void
rig_up(struct rig *r)
{
	rig_up_with(r, NULL);
}

void
rig_up_with(struct rig *r, void (*change)(struct push_conf *conf))
{
	struct es_err err;

	memset(r, 0, sizeof(*r));
	fakes_reset();
	settings(&r->conf);
	if (change != NULL)
		change(&r->conf);
	r->arena = arena_new();
	/* Two slots, so that a test can set the metrics of another worker. */
	CHECK(metrics_open(NULL, push_metrics, PUSH_METRICS, 2, &r->metrics, &err) ==
	      ES_OK);
	worker_init(&r->worker, ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV), &r->conf,
	    r->metrics, 0);
	CHECK(worker_compose(&r->worker, &err) == ES_OK);
	CHECK(ws_open(&r->worker.conns, &err) == ES_OK);
}

void
rig_down(struct rig *r)
{
	ws_close(&r->worker.conns);
	worker_turn(&r->worker);
	CU_ASSERT_EQUAL(r->worker.conns.n, 0);
	CU_ASSERT_EQUAL(r->worker.conns.out_bytes, 0);
	CU_ASSERT_EQUAL(fakes.opened, fakes.closed);
	while (fakes_run())
		;
	worker_fini(&r->worker);
	metrics_close(&r->metrics);
	ev_loop_destroy(r->worker.env.loop);
	arena_free(&r->arena);
}

void
rig_turn(struct rig *r)
{
	for (int i = 0; i < 4; i++) {
		worker_turn(&r->worker);
		ev_run(r->worker.env.loop, EVRUN_NOWAIT);
		(void)fakes_run();
	}
	worker_turn(&r->worker);
}

void
rig_second(struct rig *r)
{
	periodic_run(&r->worker, r->worker.env.now_ms, r->worker.env.now_ms + 1000);
}

static char *
token_of(struct rig *r, const char *whose)
{
	const struct token_key key = {.kid = "hs1", .alg = TOKEN_HS256, .verify = SECRET};
	const struct token_rules rules = {&key, 1, "echostream", "echostream", 30, false};
	const struct tenant_id tenant = {TENANT};
	struct user_id user;
	const char *text;
	struct es_err err;

	CHECK(user_id_parse(whose, &user, &err) == ES_OK);
	CHECK(token_mint(&rules, &tenant, &user, clock_wall_ms() / 1000, 3600, r->arena,
		  &text, &err) == ES_OK);
	return mem_strdup(text);
}

char *
rig_token(struct rig *r)
{
	return token_of(r, USER);
}

static void
adopt(struct rig *r, struct client *c, int sndbuf, char *token)
{
	struct conn *conn = conn_new(&r->worker.conns);
	int pair[2];

	memset(c, 0, sizeof(*c));
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) ==
	      0);
	if (sndbuf > 0)
		CHECK(setsockopt(
			  pair[0], SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof(sndbuf)) == 0);
	c->fd = pair[1];
	c->ref = conn->ref;
	conn->auth.token = token;
	c->upgraded = true;
	ws_adopt(conn, pair[0], NULL, 0);
}

void
rig_client_without_token(struct rig *r, struct client *c)
{
	adopt(r, c, 0, NULL);
}

void
rig_client_as(struct rig *r, struct client *c, const char *user)
{
	adopt(r, c, 0, token_of(r, user));
}

void
rig_client(struct rig *r, struct client *c, int sndbuf)
{
	struct got got;

	adopt(r, c, sndbuf, rig_token(r));
	if (fakes.principal == ES_OK && !fakes.pg_down && !fakes.hold_eval)
		CU_ASSERT_TRUE(rig_expect(r, c, "\"type\":\"hello\"", &got));
}

struct conn *
rig_conn(struct rig *r, const struct client *c)
{
	return conn_get(&r->worker.conns, c->ref);
}

bool
client_read(struct client *c, size_t max)
{
	const size_t room = sizeof(c->data) - 1 - c->len;
	const ssize_t n = recv(c->fd, c->data + c->len, max < room ? max : room, 0);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		c->ended = true;
	if (n > 0)
		c->len += (size_t)n;
	c->data[c->len] = '\0';
	return !c->ended;
}

static void
drop(struct client *c, size_t n)
{
	memmove(c->data, c->data + n, c->len - n);
	c->len -= n;
	c->data[c->len] = '\0';
}

static bool
upgraded(struct client *c)
{
	const char *end;

	if (c->upgraded)
		return true;
	end = memmem(c->data, c->len, "\r\n\r\n", 4);
	if (end == NULL)
		return false;
	CU_ASSERT_EQUAL(strncmp(c->data, "HTTP/1.1 101 ", 13), 0);
	c->upgraded = true;
	drop(c, (size_t)(end - c->data) + 4);
	return true;
}

void
client_next(struct client *c, struct got *out)
{
	const unsigned char *p = (const unsigned char *)c->data;
	size_t head = 2, len;

	out->opcode = -1;
	if (!upgraded(c) || c->len < 2)
		return;
	len = p[1];
	if (len == 126) {
		head = 4;
		if (c->len < head)
			return;
		len = (size_t)p[2] << 8 | p[3];
		CU_ASSERT_TRUE(len >= 126); /* the shortest form */
	} else if (len == 127) {
		head = 10;
		if (c->len < head)
			return;
		len = (size_t)p[6] << 24 | (size_t)p[7] << 16 | (size_t)p[8] << 8 | p[9];
		CU_ASSERT_TRUE(len >= 65536);
	}
	CU_ASSERT_EQUAL_FATAL(p[0] & 0xf0, 0x80); /* FIN is set, no reserved bit */
	CU_ASSERT_TRUE_FATAL((p[1] & 0x80) == 0); /* not masked */
	if (c->len < head + len)
		return;
	CU_ASSERT_TRUE_FATAL(len < sizeof(out->text));
	out->opcode = p[0] & 0x0f;
	CU_ASSERT_TRUE_FATAL(out->opcode == 1 || out->opcode == 8 || out->opcode == 9 ||
			     out->opcode == 10);
	CU_ASSERT_TRUE(out->opcode == 1 || len <= 125);
	memcpy(out->text, p + head, len);
	out->text[len] = '\0';
	out->len = len;
	out->close_code =
	    out->opcode == 8 && len >= 2 ? (unsigned)(p[head] << 8 | p[head + 1]) : 0;
	drop(c, head + len);
}

void
client_send(struct client *c, int opcode, bool fin, const char *data, size_t len)
{
	static const unsigned char mask[4] = {1, 2, 3, 4};
	unsigned char *frame = mem_new(1, len + 14);
	size_t n = 0;

	frame[n++] = (unsigned char)((fin ? 0x80 : 0) | opcode);
	if (len < 126) {
		frame[n++] = (unsigned char)(0x80 | len);
	} else if (len < 65536) {
		frame[n++] = 0x80 | 126;
		frame[n++] = (unsigned char)(len >> 8);
		frame[n++] = (unsigned char)len;
	} else {
		frame[n++] = 0x80 | 127;
		for (int i = 7; i >= 0; i--)
			frame[n++] = (unsigned char)(len >> (8 * i));
	}
	memcpy(frame + n, mask, 4);
	n += 4;
	for (size_t i = 0; i < len; i++)
		frame[n++] = (unsigned char)data[i] ^ mask[i % 4];
	CU_ASSERT_EQUAL(send(c->fd, frame, n, MSG_NOSIGNAL), (ssize_t)n);
	mem_free(frame);
}

void
client_text(struct client *c, const char *json)
{
	client_send(c, 1, true, json, strlen(json));
}

void
client_close(struct client *c)
{
	(void)close(c->fd);
	c->fd = -1;
}

#define PATIENCE_MS 5000

bool
rig_expect(struct rig *r, struct client *c, const char *piece, struct got *out)
{
	const int64_t until = clock_mono_ms() + PATIENCE_MS;

	while (clock_mono_ms() < until) {
		rig_turn(r);
		(void)client_read(c, sizeof(c->data));
		for (client_next(c, out); out->opcode >= 0; client_next(c, out))
			if (out->opcode == 1 && strstr(out->text, piece) != NULL)
				return true;
		if (c->ended)
			return false;
	}
	return false;
}

unsigned
rig_close_code(struct rig *r, struct client *c)
{
	const int64_t until = clock_mono_ms() + PATIENCE_MS;
	struct got got;

	while (clock_mono_ms() < until) {
		rig_turn(r);
		(void)client_read(c, sizeof(c->data));
		for (client_next(c, &got); got.opcode >= 0; client_next(c, &got))
			if (got.opcode == 8)
				return got.close_code;
		if (c->ended)
			return 0;
	}
	return 0;
}
