/* POST /channels/{channelId}/messages: 201 when the message is committed, 202 when it is
 * in the durable queue. */
#include "send/message_send.h"
#include "env/idempotency.h"
#include "guard/channel_access.h"
#include "http/http_body.h"
#include "http/json_shape.h"
#include "http/path_param.h"
#include "send/accept.h"

#include "core/banned.h"

struct input {
	const char *body, *clientMessageId;
	bool has_clientMessageId;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct input, body, JSON_STRING, true, 0, 1L << 20),
    JSON_FIELD_OPT(struct input, clientMessageId, JSON_STRING, 0, 4096),
};

/* Answers 202. The client can look up the outcome by the clientMessageId. */
static void
message_send_answer_accepted(
    const struct http_req *req, struct http_res *res, const struct accepted *a)
{
	const char *client_id = a->message.client_id;
	struct json_write w;

	http_json(res, &w, 202);
	jw_object(&w, NULL);
	jw_string(&w, "clientMessageId", client_id);
	jw_string(&w, "state", "accepted");
	jw_object_end(&w);
	http_header(res, "Location",
	    arena_printf(req->arena, "/api/v1/channels/%s/messages/by-client-id/%s",
		a->e.channel.text, client_id));
	if (a->async)
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
message_send_answer_committed(const struct http_req *req, struct http_res *res,
    const struct envelope *e, const struct outcome *o)
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
	    .version = 1,
	};

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
	http_header(res, "Idempotency-Replayed", "true");
	message_send_answer_message(req, res, 200, &first);
	return ES_OK;
}

static enum es_code
message_send_refuse(const struct outcome *o, struct es_err *err)
{
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

static enum es_code
message_send_check(struct api *api, const struct http_req *req, const struct envelope *e,
    struct es_err *err)
{
	return channel_access_check_post(api, req, &e->channel, err);
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
	struct envelope_message message;
	struct channel_id channel;
	struct input in = {0};
	const char *client_id;
	struct accepted a;

	TRY(path_param_channel(req, 0, &channel, err));
	TRY(http_body(req, fields, ES_COUNT(fields), &in, err));
	TRY(accept_check_body(api, in.body, err));
	TRY(idempotency_key(req, in.clientMessageId, &client_id, err));
	envelope_message_init(
	    &message, &req->who.actor.user, client_id, in.body, req->arena);
	TRY(accept_run(api, req, res, &channel, &message, message_send_check, &a, err));

	if (!a.known)
		message_send_answer_accepted(req, res, &a);
	else if (a.outcome.result == OUTCOME_COMMITTED)
		message_send_answer_committed(req, res, &a.e, &a.outcome);
	else if (a.outcome.result == OUTCOME_REPEAT)
		TRY(message_send_answer_repeat(api, req, res, &a.e, &a.outcome, err));
	accept_count(api, &a);
	return a.known && a.outcome.result == OUTCOME_REFUSED
	           ? message_send_refuse(&a.outcome, err)
	           : ES_OK;
}
