/* typing: publishes to the channel's other subscribers that the user is typing, if the
 * user may send into the channel. */
#include <stdio.h>
#include <stdlib.h>

#include "conn/frame_out.h"
#include "core/check.h"
#include "event/feed.h"
#include "frames/frames.h"
#include "hub/authz.h"
#include "hub/typing.h"

#include "core/banned.h"

struct typing_in {
	const char *channelId;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct typing_in, channelId, JSON_UUID, true, 1, 64),
};

/* A typing frame that waits for the check of the user's right. */
struct notice {
	struct frames *frames;
	struct conn_ref ref;
	struct channel_id channel;
	bool has_id;
	char id[FRAME_ID_MAX * 4 + 1];
};

static void
frame_typing_on_allowed(void *ctx, enum es_code rc, const struct es_err *err)
{
	struct notice *n = ctx;
	struct conn *c = conn_get(n->frames->conns, n->ref);
	const char *id = n->has_id ? n->id : NULL;

	if (c != NULL && rc == ES_OK) {
		typing_publish(n->frames->hub, c, &n->channel);
		frame_out_ack(c, "typing", id, n->channel.text, NULL);
	} else if (c != NULL) {
		frame_out_error(c, "typing", id, n->channel.text, err);
	}
	free(n);
}

static enum es_code
frame_typing_handle(struct frames *f, struct conn *c, const void *in, const char *id,
    struct arena *a, struct es_err *err)
{
	const struct typing_in *typing = in;
	struct channel_id channel;
	struct notice *n;

	(void)a;
	TRY(feed_parse_only_channel(
	    typing->channelId, &c->tenant, &c->user, &channel, err));
	n = mem_new(1, sizeof(*n));
	n->frames = f;
	n->ref = c->ref;
	n->channel = channel;
	n->has_id = id != NULL;
	(void)snprintf(n->id, sizeof(n->id), "%s", id != NULL ? id : "");
	authz_check(f->hub, c, &n->channel, frame_typing_on_allowed, n);
	return ES_OK;
}

const struct frame_type frame_typing = {
    .type = "typing",
    .fields = fields,
    .n_fields = ES_COUNT(fields),
    .size = sizeof(struct typing_in),
    .handler = frame_typing_handle,
};
