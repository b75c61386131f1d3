#include "send/message_change.h"

#include <stdio.h>
#include <string.h>

#include "core/parse.h"
#include "env/idempotency.h"
#include "event/envelope.h"
#include "http/http_body.h"
#include "http/if_match.h"
#include "http/json_shape.h"
#include "http/path_param.h"
#include "send/accept.h"
#include "store/message_change_store.h"
#include "unicode/emoji.h"

#include "core/banned.h"

/* An upgrade takes minutes. Ask again soon enough that no user sees the end late. */
#define UPGRADE_RETRY_MS 10000

struct edit_input {
	const char *body;
};

static const struct json_field edit_fields[] = {
    JSON_FIELD(struct edit_input, body, JSON_STRING, true, 0, 1L << 20),
};

static enum es_code
message_change_check(struct api *api, const struct http_req *req,
    const struct envelope *e, struct es_err *err)
{
	return message_change_store_check(
	    api->pg, &e->tenant, &e->channel, &e->user, &e->messages[0], req->arena, err);
}

/* Reads the ids of the path and, for an edit or a delete, the header If-Match. */
static enum es_code
message_change_read(const struct http_req *req, enum envelope_op op,
    struct channel_id *channel, struct envelope_message *out, struct es_err *err)
{
	*out = (struct envelope_message){.op = op};
	TRY(path_param_channel(req, 0, channel, err));
	TRY(path_param_message(req, 1, &out->target, err));
	if (op == OP_EDIT || op == OP_DELETE)
		TRY(if_match_version(req, &out->if_version, err));
	return ES_OK;
}

static enum es_code
message_change_ahead(
    struct api *api, const struct http_req *req, enum envelope_op op, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	struct envelope_message message;
	struct channel_id channel;

	TRY(message_change_read(req, op, &channel, &message, err));
	return message_change_store_check(
	    api->pg, &who->tenant, &channel, &who->user, &message, req->arena, err);
}

enum es_code
message_edit_ahead(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	(void)res;
	return message_change_ahead(api, req, OP_EDIT, err);
}

enum es_code
message_delete_ahead(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	(void)res;
	return message_change_ahead(api, req, OP_DELETE, err);
}

enum es_code
reaction_ahead(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	(void)res;
	return message_change_ahead(
	    api, req, strcmp(req->method, "PUT") == 0 ? OP_REACT : OP_UNREACT, err);
}

/* A repeat with the same key gets the outcome. A reaction has no key, because a repeat of
 * it changes nothing. */
static void
message_change_answer_accepted(
    const struct http_req *req, struct http_res *res, const struct accepted *a)
{
	const struct envelope_message *m = &a->message;
	struct json_write w;

	http_json(res, &w, 202);
	jw_object(&w, NULL);
	jw_int(&w, "messageId", m->target);
	if (m->emoji == NULL)
		jw_string(&w, "idempotencyKey", m->client_id);
	jw_string(&w, "state", "accepted");
	jw_object_end(&w);
	http_header(res, "Location",
	    arena_printf(req->arena, "/api/v1/channels/%s/messages/%lld",
		a->e.channel.text, (long long)m->target));
	if (a->async)
		http_header(res, "Preference-Applied", "respond-async");
}

static enum es_code
message_change_answer_message(struct api *api, const struct http_req *req,
    struct http_res *res, const struct accepted *a, struct es_err *err)
{
	struct message message;
	struct json_write w;

	TRY(message_store_get(api->pg, &req->who.actor, &a->e.channel, a->message.target,
	    req->arena, &message, err));
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	json_shape_message(&w, &message);
	jw_object_end(&w);
	if_match_set_etag(req, res, &message);
	return ES_OK;
}

/* Seals and accepts the change, and writes the answer. */
static enum es_code
message_change_run(struct api *api, const struct http_req *req, struct http_res *res,
    const struct channel_id *channel, struct envelope_message *message, const char *key,
    struct es_err *err)
{
	struct accepted a;
	enum es_code rc;

	envelope_message_seal(message, &req->who.actor.user, key, req->arena);
	rc = accept_run(api, req, res, channel, message, message_change_check, &a, err);
	if (rc == ES_UNAVAILABLE && strcmp(err->text, MESSAGE_CHANGE_UPGRADING) == 0) {
		res->detail = MESSAGE_CHANGE_UPGRADING;
		err->retry_after_ms = UPGRADE_RETRY_MS;
	}
	if (rc != ES_OK)
		return rc;
	accept_count(api, &a);
	if (!a.known) {
		message_change_answer_accepted(req, res, &a);
		return ES_OK;
	}
	if (a.outcome.result == OUTCOME_REFUSED && a.outcome.code == ES_KEY_REUSED)
		return es_fail_field(err, ES_KEY_REUSED, ":Idempotency-Key",
		    "was used before for another change");
	if (a.outcome.result == OUTCOME_REFUSED)
		return message_change_store_refuse(a.outcome.code, err);
	if (message->op == OP_EDIT)
		TRY(message_change_answer_message(api, req, res, &a, err));
	else
		res->status = 204;
	if (a.outcome.result == OUTCOME_REPEAT && message->emoji == NULL)
		http_header(res, "Idempotency-Replayed", "true");
	return ES_OK;
}

/* PATCH /channels/{channelId}/messages/{messageId} */
enum es_code
message_edit(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct envelope_message message;
	struct edit_input in = {0};
	struct channel_id channel;
	const char *key;

	TRY(message_change_read(req, OP_EDIT, &channel, &message, err));
	TRY(http_body(req, edit_fields, ES_COUNT(edit_fields), &in, err));
	TRY(accept_check_body(api, in.body, err));
	TRY(idempotency_key(req, NULL, &key, err));
	message.body = in.body;
	return message_change_run(api, req, res, &channel, &message, key, err);
}

/* DELETE /channels/{channelId}/messages/{messageId} */
enum es_code
message_delete(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct envelope_message message;
	struct channel_id channel;
	const char *key;

	TRY(message_change_read(req, OP_DELETE, &channel, &message, err));
	TRY(idempotency_key(req, NULL, &key, err));
	return message_change_run(api, req, res, &channel, &message, key, err);
}

static enum es_code
message_change_reaction(struct api *api, const struct http_req *req, enum envelope_op op,
    struct http_res *res, struct es_err *err)
{
	struct envelope_message message;
	struct channel_id channel;

	TRY(message_change_read(req, op, &channel, &message, err));
	if (!emoji_valid(req->params[2]))
		return es_fail_field(err, ES_INVALID, "?emoji", EMOJI_RULE);
	message.emoji = req->params[2];
	return message_change_run(api, req, res, &channel, &message, NULL, err);
}

/* PUT /channels/{channelId}/messages/{messageId}/reactions/{emoji} */
enum es_code
reaction_put(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	return message_change_reaction(api, req, OP_REACT, res, err);
}

/* DELETE /channels/{channelId}/messages/{messageId}/reactions/{emoji} */
enum es_code
reaction_delete(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	return message_change_reaction(api, req, OP_UNREACT, res, err);
}
