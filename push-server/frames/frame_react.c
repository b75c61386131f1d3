/* react and unreact: add a reaction to a message, or take it back. This file checks the
 * fields; send/send_queue.c does the rest. */
#include "event/feed.h"
#include "frames/frames.h"
#include "frames/message_fields.h"
#include "send/send_queue.h"
#include "unicode/emoji.h"

#include "core/banned.h"

struct react_in {
	const char *channelId, *emoji;
	int64_t messageId;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct react_in, channelId, JSON_UUID, true, 1, 64),
    MESSAGE_FIELDS_MESSAGE_ID(struct react_in, messageId),
    JSON_FIELD(struct react_in, emoji, JSON_STRING, true, 1, EMOJI_MAX),
};

static enum es_code
frame_react_add(struct frames *f, struct conn *c, enum envelope_op op,
    const struct react_in *in, const char *id, struct es_err *err)
{
	struct channel_id channel;

	TRY(feed_parse_only_channel(in->channelId, &c->tenant, &c->user, &channel, err));
	if (!emoji_valid(in->emoji))
		return es_fail_field(err, ES_INVALID, "emoji", EMOJI_RULE);
	return send_queue_add(f->sends, c,
	    &(struct send_new){.op = op,
		.channel = channel,
		.target = in->messageId,
		.emoji = in->emoji,
		.id = id},
	    err);
}

static enum es_code
frame_react_handle(struct frames *f, struct conn *c, const void *in, const char *id,
    struct arena *a, struct es_err *err)
{
	(void)a;
	return frame_react_add(f, c, OP_REACT, in, id, err);
}

static enum es_code
frame_react_handle_unreact(struct frames *f, struct conn *c, const void *in,
    const char *id, struct arena *a, struct es_err *err)
{
	(void)a;
	return frame_react_add(f, c, OP_UNREACT, in, id, err);
}

const struct frame_type frame_react = {
    .type = "react",
    .fields = fields,
    .n_fields = ES_COUNT(fields),
    .size = sizeof(struct react_in),
    .handler = frame_react_handle,
    .flags = FRAME_OWN_LIMIT,
};

const struct frame_type frame_unreact = {
    .type = "unreact",
    .fields = fields,
    .n_fields = ES_COUNT(fields),
    .size = sizeof(struct react_in),
    .handler = frame_react_handle_unreact,
    .flags = FRAME_OWN_LIMIT,
};
