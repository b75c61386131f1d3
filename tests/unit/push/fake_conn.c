#include "fake_conn.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn/conn_write.h"
#include "conn/frame_out.h"
#include "core/check.h"
#include "crypto/keyed_hash.h"
#include "event/feed.h"
#include "hub/hub_state.h"
#include "presence/presence.h"

#include "core/banned.h"

struct fake_conn fake_conns[FAKE_CONNS];
static uint32_t generations[FAKE_CONNS];
static struct metric table[PUSH_METRICS];
static const double edges[] = {0.1, 1};

static struct fake_conn *
fake_of(const struct conn *c)
{
	return &fake_conns[c->ref.slot];
}

void
fake_worker_init(struct fake_worker *w)
{
	struct es_err err;

	keyed_hash_draw();
	memset(w, 0, sizeof(*w));
	w->conns.env = &w->env;
	memset(fake_conns, 0, sizeof(fake_conns));
	w->env.now_ms = 1000000;
	w->env.wake_ms = INT64_MAX;
	uuid_new(w->env.id.text);
	for (unsigned i = 0; i < PUSH_METRICS; i++)
		table[i] = (struct metric){METRIC_COUNTER, "test", NULL, "test", NULL, 0};
	table[PM_DELIVERY] = (struct metric){
	    METRIC_HISTOGRAM, "test", NULL, "test", edges, ES_COUNT(edges)};
	CHECK(metrics_open(NULL, table, PUSH_METRICS, 1, &w->env.metrics, &err) == ES_OK);
	metrics_use_slot(w->env.metrics, 0);
}

void
fake_worker_fini(struct fake_worker *w)
{
	metrics_close(&w->env.metrics);
}

struct fake_conn *
fake_conn_open(struct fake_worker *w, const char *tenant, const char *user,
    const char *name, void (*receive)(struct fake_conn *f, const char *json))
{
	struct fake_conn *f = NULL;
	uint32_t i;

	for (i = 0; i < FAKE_CONNS && f == NULL; i++)
		if (!fake_conns[i].used)
			f = &fake_conns[i];
	CHECK(f != NULL);
	memset(f, 0, sizeof(*f));
	f->used = true;
	f->room = CONN_WRITE_MAX;
	f->lossy_room = 1000;
	f->receive = receive;
	f->worker = w;
	f->conn.conns = &w->conns;
	f->conn.ref.slot = (uint32_t)(f - fake_conns);
	f->conn.ref.generation = ++generations[f->conn.ref.slot];
	f->conn.state = CONN_OPEN;
	(void)snprintf(f->conn.tenant.text, ES_UUID_TEXT, "%s", tenant);
	(void)snprintf(f->conn.user.text, ES_UUID_TEXT, "%s", user);
	f->conn.display_name = mem_strdup(name);
	f->conn.acl_version = 1;
	f->conn.last_frame_ms = w->env.now_ms;
	if (w->hub != NULL)
		hub_conn_open(w->hub, &f->conn);
	if (w->presence != NULL)
		presence_conn_open(w->presence, &f->conn);
	return f;
}

void
fake_conn_break(struct fake_conn *f)
{
	f->conn.state = CONN_CLOSING;
}

void
fake_conn_closed(struct fake_conn *f)
{
	f->conn.state = CONN_GONE;
	if (f->conn.presence != NULL)
		presence_conn_closed(f->worker->presence, &f->conn);
	if (f->conn.hub != NULL)
		hub_conn_closed(f->worker->hub, &f->conn);
	free(f->conn.display_name);
	f->used = false;
}

void
fake_conn_unblock(struct fake_conn *f)
{
	f->blocked = false;
	if (f->wants_writable && f->conn.state == CONN_OPEN) {
		f->wants_writable = false;
		hub_conn_writable(f->worker->hub, &f->conn);
	}
}

struct conn *
conn_get(struct conns *t, struct conn_ref ref)
{
	struct fake_conn *f = &fake_conns[ref.slot];

	(void)t;
	return f->used && f->conn.ref.generation == ref.generation &&
	               f->conn.state == CONN_OPEN
	           ? &f->conn
	           : NULL;
}

void
conn_close(struct conn *c, uint16_t code, const char *reason)
{
	(void)code;
	(void)reason;
	c->state = CONN_CLOSING;
}

static void
pass_on(struct fake_conn *f, const char *json, size_t len)
{
	char *copy = mem_new(1, len + 1);

	memcpy(copy, json, len);
	f->receive(f, copy);
	free(copy);
}

size_t
conn_write_room(const struct conn *c)
{
	const struct fake_conn *f = fake_of(c);

	return c->state == CONN_OPEN && !f->blocked ? f->room : 0;
}

bool
conn_write_frames(struct conn *c, const char *frames, size_t len)
{
	struct fake_conn *f = fake_of(c);
	const char *p = frames, *const end = frames + len;

	if (c->state != CONN_OPEN || f->blocked)
		return false;
	CHECK(len > 0 && len <= CONN_WRITE_MAX);
	if (f->refuse) {
		f->refuse = false;
		f->blocked = true;
		return false;
	}
	f->writes++;
	f->written = frames;
	f->longest = len > f->longest ? len : f->longest;
	while (p < end) { /* whole frames only */
		const size_t payload = frame_header_payload(p);
		const size_t header = frame_header_len(payload);

		CHECK(
		    (unsigned char)p[0] == 0x81 && (size_t)(end - p) >= header + payload);
		pass_on(f, p + header, payload);
		p += header + payload;
	}
	return true;
}

void
conn_want_writable(struct conn *c)
{
	fake_of(c)->wants_writable = true;
}

void
conn_queue_frame(struct conn *c, const char *json, size_t len)
{
	if (c->state == CONN_OPEN)
		pass_on(fake_of(c), json, len);
}

bool
conn_lossy_frame(struct conn *c, const char *json, size_t len)
{
	struct fake_conn *f = fake_of(c);

	if (c->state != CONN_OPEN || f->lossy_room == 0)
		return false;
	f->lossy_room--;
	pass_on(f, json, len);
	return true;
}

void
conn_lossy_clear(struct conn *c)
{
	(void)c;
}

void
frame_out_ack(struct conn *c, const char *op, const char *id, const char *channel,
    const char *payload)
{
	static char json[CONN_FRAME_MAX];

	if (id == NULL)
		id = "";
	(void)snprintf(json, sizeof(json),
	    "{\"type\":\"ack\",\"op\":\"%s\",\"id\":\"%s\",\"channelId\":\"%s\","
	    "\"payload\":%s}",
	    op, id, channel == NULL ? "" : channel, payload == NULL ? "{}" : payload);
	conn_queue_frame(c, json, strlen(json));
}

void
frame_out_error(struct conn *c, const char *op, const char *id, const char *channel,
    const struct es_err *err)
{
	char json[512];

	(void)snprintf(json, sizeof(json),
	    "{\"type\":\"error\",\"op\":\"%s\",\"id\":\"%s\",\"channelId\":\"%s\","
	    "\"code\":\"%s\",\"retryAfterMs\":%ld}",
	    op, id == NULL ? "" : id, channel == NULL ? "" : channel,
	    es_code_name(err->code), err->retry_after_ms);
	conn_queue_frame(c, json, strlen(json));
}

void
frame_out_gap(struct conn *c, const struct channel_id *channel, int64_t from_seq,
    int64_t to_seq, enum gap_reason reason)
{
	unsigned char buf[GAP_FRAME_MAX];
	const struct event_frame frame =
	    event_frame_gap(feed_channel_name(channel, &c->tenant, &c->user), from_seq,
		to_seq, reason, buf);
	size_t len;
	const char *json = event_frame_json(&frame, &len);

	conn_queue_frame(c, json, len);
}

void
frame_out_unsubscribed(struct conn *c, const struct channel_id *channel, const char *code)
{
	char json[200];

	(void)snprintf(json, sizeof(json),
	    "{\"type\":\"unsubscribed\",\"channelId\":\"%s\",\"payload\":{"
	    "\"code\":\"%s\"}}",
	    channel->text, code);
	conn_queue_frame(c, json, strlen(json));
}
