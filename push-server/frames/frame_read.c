/* read: move the user's read mark in a channel forward. */
#include "event/feed.h"
#include "frames/frames.h"
#include "send/read_marks.h"

#include "core/banned.h"

struct read_in {
	const char *channelId;
	int64_t messageId;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct read_in, channelId, JSON_UUID, true, 1, 64),
    JSON_FIELD(
	struct read_in, messageId, JSON_NUMBER_OR_STRING, true, 0, ES_INT_MAX_EXACT),
};

static enum es_code
frame_read_handle(struct frames *f, struct conn *c, const void *in, const char *id,
    struct arena *a, struct es_err *err)
{
	const struct read_in *read = in;
	struct channel_id channel;

	(void)a;
	TRY(feed_parse_only_channel(
	    read->channelId, &c->tenant, &c->user, &channel, err));
	return read_marks_add(f->marks, c, &channel, read->messageId, id, err);
}

const struct frame_type frame_read = {
    .type = "read",
    .fields = fields,
    .n_fields = ES_COUNT(fields),
    .size = sizeof(struct read_in),
    .handler = frame_read_handle,
};
