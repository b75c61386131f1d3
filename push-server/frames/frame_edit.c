/* edit and delete: change a message. This file checks the fields; send/send_queue.c does
 * the rest. */
#include "event/feed.h"
#include "frames/frames.h"
#include "frames/message_fields.h"
#include "send/send_queue.h"

#include "core/banned.h"

struct edit_in {
	const char *channelId;
	int64_t messageId, ifVersion; /* ifVersion 0: absent */
	const char *body;             /* edit only */
	const char *clientMessageId;
};

#define FRAME_EDIT_FIELDS \
	JSON_FIELD(struct edit_in, channelId, JSON_UUID, true, 1, 64), \
	    MESSAGE_FIELDS_MESSAGE_ID(struct edit_in, messageId), \
	    {.name = "ifVersion", \
		.kind = JSON_NUMBER_OR_STRING, \
		.offset = offsetof(struct edit_in, ifVersion), \
		.nullable = true, \
		.min = 1, \
		.max = ES_INT_MAX_EXACT}, \
	    MESSAGE_FIELDS_CLIENT_ID(struct edit_in, clientMessageId)

static const struct json_field edit_fields[] = {
    FRAME_EDIT_FIELDS,
    JSON_FIELD(struct edit_in, body, JSON_STRING, true, 0, ENVELOPE_BYTES_MAX),
};
static const struct json_field delete_fields[] = {FRAME_EDIT_FIELDS};

static enum es_code
frame_edit_add(struct frames *f, struct conn *c, enum envelope_op op,
    const struct edit_in *in, const char *id, struct es_err *err)
{
	struct channel_id channel;

	TRY(feed_parse_only_channel(in->channelId, &c->tenant, &c->user, &channel, err));
	TRY(message_fields_client_id(in->clientMessageId, err));
	if (op == OP_EDIT)
		TRY(message_fields_body(f->env->conf, in->body, err));
	return send_queue_add(f->sends, c,
	    &(struct send_new){.op = op,
		.channel = channel,
		.target = in->messageId,
		.if_version = in->ifVersion,
		.body = in->body,
		.client_id = in->clientMessageId,
		.id = id},
	    err);
}

static enum es_code
frame_edit_handle(struct frames *f, struct conn *c, const void *in, const char *id,
    struct arena *a, struct es_err *err)
{
	(void)a;
	return frame_edit_add(f, c, OP_EDIT, in, id, err);
}

static enum es_code
frame_edit_handle_delete(struct frames *f, struct conn *c, const void *in, const char *id,
    struct arena *a, struct es_err *err)
{
	(void)a;
	return frame_edit_add(f, c, OP_DELETE, in, id, err);
}

const struct frame_type frame_edit = {
    .type = "edit",
    .fields = edit_fields,
    .n_fields = ES_COUNT(edit_fields),
    .size = sizeof(struct edit_in),
    .handler = frame_edit_handle,
    .flags = FRAME_OWN_LIMIT,
};

const struct frame_type frame_delete = {
    .type = "delete",
    .fields = delete_fields,
    .n_fields = ES_COUNT(delete_fields),
    .size = sizeof(struct edit_in),
    .handler = frame_edit_handle_delete,
    .flags = FRAME_OWN_LIMIT,
};
