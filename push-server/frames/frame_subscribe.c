/* subscribe: the events of a channel, from now on or after a given sequence number. */
#include "core/check.h"
#include "event/feed.h"
#include "frames/flood.h"
#include "frames/frames.h"
#include "hub/subscribe.h"

#include "core/banned.h"

#define EPOCH_MAX 64

struct subscribe_in {
	const char *channelId;
	int64_t after;
	bool has_after;
	const char *epoch;
	bool has_epoch;
	int64_t last;
	bool has_last;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct subscribe_in, channelId, JSON_UUID, true, 1, 64),
    JSON_FIELD_OPT(
	struct subscribe_in, after, JSON_NUMBER_OR_STRING, 0, ES_INT_MAX_EXACT),
    JSON_FIELD_OPT(struct subscribe_in, epoch, JSON_STRING, 1, EPOCH_MAX),
    JSON_FIELD_OPT(struct subscribe_in, last, JSON_INT, 1, SUBSCRIBE_LAST_MAX),
};

static enum es_code
frame_subscribe_handle(struct frames *f, struct conn *c, const void *in, const char *id,
    struct arena *a, struct es_err *err)
{
	const struct subscribe_in *sub = in;
	struct subscribe_request req = {.op = "subscribe",
	    .id = id,
	    .has_after = sub->has_after,
	    .after = sub->after,
	    .epoch = sub->epoch,
	    .newest = sub->has_last ? sub->last : 0};

	(void)a;
	TRY(flood_count_subscribe(c, err));
	if (sub->has_last && sub->has_after)
		return es_fail_field(
		    err, ES_INVALID, "last", "cannot be given together with `after`");
	TRY(feed_parse_channel(sub->channelId, &c->tenant, &c->user, &req.channel, err));
	return subscribe_begin(f->hub, c, &req, err);
}

const struct frame_type frame_subscribe = {
    .type = "subscribe",
    .fields = fields,
    .n_fields = ES_COUNT(fields),
    .size = sizeof(struct subscribe_in),
    .handler = frame_subscribe_handle,
};
