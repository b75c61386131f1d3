/* POST /channels/{channelId}/messages: 201 when the message is committed, 202 when it is
 * in the durable queue. */
#include <string.h>

#include "core/clock.h"
#include "core/parse.h"
#include "env/api_metrics.h"
#include "env/budget.h"
#include "env/idempotency.h"
#include "guard/channel_access.h"
#include "http/http_body.h"
#include "http/json_shape.h"
#include "http/path_param.h"
#include "send/message_send.h"
#include "send/send_limits.h"
#include "send/send_submit.h"
#include "store/outcome_store.h"
#include "unicode/unicode.h"

#include "core/banned.h"

struct input {
	const char *body, *clientMessageId;
	bool has_clientMessageId;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct input, body, JSON_STRING, true, 0, 1L << 20),
    JSON_FIELD_OPT(struct input, clientMessageId, JSON_STRING, 0, 4096),
};

static enum es_code
message_send_read_input(
    struct api *api, const struct http_req *req, struct input *in, struct es_err *err)
{
	const size_t max = (size_t)api->conf->body_max_chars;
	size_t points;

	TRY(http_body(req, fields, ES_COUNT(fields), in, err));
	if (!utf8_length(in->body, strlen(in->body), &points))
		return es_fail_field(err, ES_INVALID, "body", "must be valid UTF-8");
	if (points == 0 || points > max)
		return es_fail_field(err, points == 0 ? ES_INVALID : ES_BODY_TOO_LONG,
		    "body", "must have 1 to %zu characters", max);
	if (!unicode_visible(in->body))
		return es_fail_field(
		    err, ES_INVALID, "body", "must have at least one visible character");
	return ES_OK;
}

static struct envelope
message_send_make_envelope(const struct http_req *req, const struct channel_id *channel,
    struct envelope_message *message)
{
	const struct actor *who = &req->who.actor;
	struct envelope e = {
	    .tenant = who->tenant,
	    .channel = *channel,
	    .user = who->user,
	    .display_name = who->display_name,
	    .traceparent = req->traceparent,
	    .accepted_ms = clock_wall_ms(),
	    .messages = message,
	    .n = 1,
	};

	uuid_new(e.id.text);
	return e;
}

/* Answers 202. The client can look up the outcome by the clientMessageId. */
static void
message_send_answer_accepted(struct api *api, const struct http_req *req,
    struct http_res *res, const struct envelope *e, bool as_preferred)
{
	struct json_write w;

	api_metrics_count(api->metrics, API_SEND_ACCEPTED);
	http_json(res, &w, 202);
	jw_object(&w, NULL);
	jw_string(&w, "clientMessageId", e->messages[0].client_id);
	jw_string(&w, "state", "accepted");
	jw_object_end(&w);
	http_header(res, "Location",
	    arena_printf(req->arena, "/api/v1/channels/%s/messages/by-client-id/%s",
		e->channel.text, e->messages[0].client_id));
	if (as_preferred)
		http_header(res, "Preference-Applied", "respond-async");
}

static void
message_send_answer_message(
    const struct http_req *req, struct http_res *res, int status, const struct message *m)
{
	struct json_write w;

	http_json(res, &w, status);
	jw_object(&w, NULL);
	json_shape_message(&w, m);
	jw_object_end(&w);
	http_header(res, "Location",
	    arena_printf(req->arena, "/api/v1/channels/%s/messages/%lld", m->channel.text,
		(long long)m->id));
}

static void
message_send_answer_committed(struct api *api, const struct http_req *req,
    struct http_res *res, const struct envelope *e, const struct outcome *o)
{
	const struct message m = {
	    .id = o->message_id,
	    .channel = e->channel,
	    .sender = e->user,
	    .sender_display_name =
		o->sender_name != NULL ? o->sender_name : e->display_name,
	    .body = e->messages[0].body,
	    .client_id = e->messages[0].client_id,
	    .created_ms = o->created_ms,
	};

	api_metrics_count(api->metrics, API_SEND_COMMITTED);
	message_send_answer_message(req, res, 201, &m);
}

/* Answers a repeat with the message of the first send in its current state: it may be
 * edited or deleted. */
static enum es_code
message_send_answer_repeat(struct api *api, const struct http_req *req,
    struct http_res *res, const struct envelope *e, const struct outcome *o,
    struct es_err *err)
{
	struct message first;

	TRY(message_store_get(api->pg, &req->who.actor, &e->channel, o->message_id,
	    req->arena, &first, err));
	api_metrics_count(api->metrics, API_SEND_REPEAT);
	http_header(res, "Idempotency-Replayed", "true");
	message_send_answer_message(req, res, 200, &first);
	return ES_OK;
}

static enum es_code
message_send_answer_refused(struct api *api, const struct outcome *o, struct es_err *err)
{
	api_metrics_count(api->metrics, API_SEND_REFUSED);
	if (o->code == ES_KEY_REUSED)
		return es_fail_field(err, o->code, "clientMessageId",
		    "was used before for a message with another body");
	if (o->code == ES_NOT_FOUND)
		return es_fail(err, o->code, STORE_NO_CHANNEL);
	if (o->code == ES_CHANNEL_ARCHIVED)
		return es_fail(err, o->code, "the channel is archived");
	return es_fail(err, o->code == ES_OK ? ES_INTERNAL : o->code,
	    "the message was refused: %s",
	    o->code == ES_INVALID ? MESSAGE_NOT_STORABLE : es_code_title(o->code));
}

/* Checks that the caller may post in the channel. A message that may not be posted is
 * charged, too, and above a limit the client learns of the limit first. *known: the same
 * message was sent before, and *out is its outcome. A repeat is answered even when the
 * channel was archived or restricted to admins in the meantime. */
static enum es_code
message_send_check_access(struct api *api, const struct http_req *req,
    const struct envelope *e, struct send_charge *charge, bool *known,
    struct outcome *out, struct es_err *err)
{
	const enum es_code rc = channel_access_check_post(api, req, &e->channel, err);
	struct es_err limited;

	*known = false;
	if (rc != ES_OK && send_limits_charge(charge, &limited) != ES_OK) {
		*err = limited;
		return err->code;
	}
	if ((rc != ES_CHANNEL_ARCHIVED && rc != ES_FORBIDDEN) || e->messages[0].minted)
		return rc;
	TRY(outcome_store_get(api->pg, e, req->arena, out, known, err));
	if (*known && out->result == OUTCOME_COMMITTED)
		out->result = OUTCOME_REPEAT;
	else if (!*known || out->code != ES_KEY_REUSED)
		return rc; /* err holds the reason */
	return ES_OK;
}

enum es_code
message_send_ahead(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct channel_id channel;

	(void)res;
	TRY(path_param_channel(req, 0, &channel, err));
	return channel_access_check_post(api, req, &channel, err);
}

enum es_code
message_send(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const bool async = http_prefers_async(req->headers.prefer);
	struct envelope_message message;
	struct send_charge charge;
	struct channel_id channel;
	struct outcome outcome;
	struct input in = {0};
	const char *client_id;
	struct envelope e;
	bool known;

	TRY(path_param_channel(req, 0, &channel, err));
	TRY(message_send_read_input(api, req, &in, err));
	TRY(idempotency_key(req, in.clientMessageId, &client_id, err));
	budget_for_send(api);
	TRY(send_limits_begin(api, req, res, &charge, err));
	envelope_message_init(
	    &message, &req->who.actor.user, client_id, in.body, req->arena);
	e = message_send_make_envelope(req, &channel, &message);
	TRY(message_send_check_access(api, req, &e, &charge, &known, &outcome, err));
	if (!known)
		TRY(send_submit(api, &e, send_limits_guard(&charge), !async, req->arena,
		    &known, &outcome, err));

	if (!known)
		message_send_answer_accepted(api, req, res, &e, async);
	else if (outcome.result == OUTCOME_COMMITTED)
		message_send_answer_committed(api, req, res, &e, &outcome);
	else if (outcome.result == OUTCOME_REPEAT)
		return message_send_answer_repeat(api, req, res, &e, &outcome, err);
	else
		return message_send_answer_refused(api, &outcome, err);
	return ES_OK;
}
