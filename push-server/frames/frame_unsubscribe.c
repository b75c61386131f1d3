/* unsubscribe: no event of the channel follows the ack. The ack also comes when there was
 * no subscription, so that it does not reveal whether a channel exists. */
#include "conn/frame_out.h"
#include "core/check.h"
#include "event/feed.h"
#include "frames/frames.h"
#include "hub/subscribe.h"

#include "core/banned.h"

struct unsubscribe_in {
	const char *channelId;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct unsubscribe_in, channelId, JSON_UUID, true, 1, 64),
};

static enum es_code
frame_unsubscribe_handle(struct frames *f, struct conn *c, const void *in, const char *id,
    struct arena *a, struct es_err *err)
{
	const struct unsubscribe_in *unsub = in;
	struct channel_id channel;

	(void)a;
	TRY(feed_parse_channel(unsub->channelId, &c->tenant, &c->user, &channel, err));
	subscribe_end(f->hub, c, &channel);
	frame_out_ack(c, "unsubscribe", id,
	    feed_channel_name(&channel, &c->tenant, &c->user), NULL);
	return ES_OK;
}

const struct frame_type frame_unsubscribe = {
    .type = "unsubscribe",
    .fields = fields,
    .n_fields = ES_COUNT(fields),
    .size = sizeof(struct unsubscribe_in),
    .handler = frame_unsubscribe_handle,
};
