#include "conn/frame_out.h"

#include "conn/conn_write.h"
#include "conn/ping_wheel.h"
#include "conn/reconnect_advice.h"
#include "event/feed.h"
#include "json/json_write.h"

#include "core/banned.h"

/* A frame while it is built. */
struct frame_out {
	struct arena *arena;
	struct text text;
	struct json_write json;
};

static void
frame_out_begin(struct frame_out *f, const char *type)
{
	f->arena = arena_new();
	text_init(&f->text, f->arena, CONN_FRAME_MAX - FRAME_HEADER_MAX);
	jw_init(&f->json, &f->text);
	jw_object(&f->json, NULL);
	jw_string(&f->json, "type", type);
}

static void
frame_out_end(struct frame_out *f, struct conn *c)
{
	jw_object_end(&f->json);
	if (f->text.overflow)
		log_error("frame too long", CONN_LOG(c));
	else
		conn_queue_frame(c, f->text.data, f->text.len);
	arena_free(&f->arena);
}

static void
frame_out_optional(struct frame_out *f, const char *key, const char *value)
{
	if (value != NULL)
		jw_string(&f->json, key, value);
}

void
frame_out_ack(struct conn *c, const char *op, const char *id, const char *channel,
    const char *payload)
{
	struct frame_out f;

	if (id == NULL)
		return;
	frame_out_begin(&f, "ack");
	jw_string(&f.json, "op", op);
	jw_string(&f.json, "id", id);
	frame_out_optional(&f, "channelId", channel);
	if (payload != NULL)
		jw_raw(&f.json, "payload", payload);
	frame_out_end(&f, c);
}

void
frame_out_error(struct conn *c, const char *op, const char *id, const char *channel,
    const struct es_err *err)
{
	struct frame_out f;

	frame_out_begin(&f, "error");
	frame_out_optional(&f, "op", op);
	frame_out_optional(&f, "id", id);
	frame_out_optional(&f, "channelId", channel);
	jw_object(&f.json, "payload");
	jw_string(&f.json, "code", es_code_name(err->code));
	jw_string(&f.json, "title", es_code_title(err->code));
	jw_string(&f.json, "detail", err->text);
	if (err->field[0] != '\0')
		jw_string(&f.json, "field", err->field);
	jw_bool(&f.json, "retryable", es_code_retryable(err->code));
	if (err->retry_after_ms > 0)
		jw_int(&f.json, "retryAfterMs", err->retry_after_ms);
	jw_object_end(&f.json);
	frame_out_end(&f, c);
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
	struct frame_out f;

	frame_out_begin(&f, "unsubscribed");
	jw_string(&f.json, "channelId", feed_channel_name(channel, &c->tenant, &c->user));
	jw_object(&f.json, "payload");
	jw_string(&f.json, "code", code);
	jw_object_end(&f.json);
	frame_out_end(&f, c);
}

static void
frame_out_limits(struct frame_out *f, const struct conn *c, const struct push_conf *conf)
{
	jw_object(&f->json, "limits");
	jw_int(&f->json, "maxFrameBytes", (int64_t)push_conf_message_max(conf));
	jw_int(&f->json, "maxBodyChars", conf->body_max_chars);
	jw_int(&f->json, "maxSubscriptions", conf->max_subscriptions);
	jw_object(&f->json, "userSend");
	if (c->user_quota < 0)
		jw_null(&f->json, "quota");
	else
		jw_int(&f->json, "quota", c->user_quota);
	jw_int(&f->json, "windowMs", c->user_window_ms);
	jw_object_end(&f->json);
	jw_object(&f->json, "frames");
	jw_int(&f->json, "quota", conf->frame_rate);
	jw_int(&f->json, "windowMs", 10000);
	jw_object_end(&f->json);
	jw_object(&f->json, "subscribes");
	jw_int(&f->json, "quota", conf->subscribe_rate);
	jw_int(&f->json, "windowMs", 10000);
	jw_object_end(&f->json);
	jw_object_end(&f->json);
}

void
frame_out_hello(struct conn *c)
{
	const struct loop_env *env = c->conns->env;
	char now[ES_TIME_TEXT];
	struct frame_out f;

	clock_format(clock_wall_ms(), now);
	frame_out_begin(&f, "hello");
	jw_object(&f.json, "payload");
	jw_int(&f.json, "v", 1);
	jw_string(&f.json, "connectionId", c->id.text);
	jw_string(&f.json, "epoch", env->epoch);
	jw_string(&f.json, "serverTime", now);
	jw_string(&f.json, "userId", c->user.text);
	jw_string(&f.json, "tenantId", c->tenant.text);
	jw_int(&f.json, "pingIntervalMs", PING_INTERVAL_MS);
	jw_int(&f.json, "pongTimeoutMs", PONG_TIMEOUT_MS);
	frame_out_limits(&f, c, env->conf);
	jw_object(&f.json, "reconnect");
	jw_int(&f.json, "minMs", reconnect_advice_spread_ms(c->conns));
	jw_int(&f.json, "maxMs", env->conf->reconnect_max_ms);
	jw_string(&f.json, "jitter", "full");
	jw_object_end(&f.json);
	jw_object_end(&f.json);
	frame_out_end(&f, c);
}

void
frame_out_pong(struct conn *c, const char *id)
{
	char now[ES_TIME_TEXT];
	struct frame_out f;

	clock_format(clock_wall_ms(), now);
	frame_out_begin(&f, "pong");
	frame_out_optional(&f, "id", id);
	jw_object(&f.json, "payload");
	jw_string(&f.json, "serverTime", now);
	jw_object_end(&f.json);
	frame_out_end(&f, c);
}

void
frame_out_token_expiring(struct conn *c, int64_t expires_s)
{
	char at[ES_TIME_TEXT];
	struct frame_out f;

	clock_format(expires_s * 1000, at);
	frame_out_begin(&f, "token_expiring");
	jw_object(&f.json, "payload");
	jw_string(&f.json, "expiresAt", at);
	jw_object_end(&f.json);
	frame_out_end(&f, c);
}

void
frame_out_reconnect(
    struct conn *c, int64_t after_ms, int64_t within_ms, const char *reason)
{
	struct frame_out f;

	frame_out_begin(&f, "reconnect");
	jw_object(&f.json, "payload");
	jw_int(&f.json, "afterMs", after_ms);
	jw_int(&f.json, "withinMs", within_ms);
	jw_string(&f.json, "reason", reason);
	jw_object_end(&f.json);
	frame_out_end(&f, c);
}
