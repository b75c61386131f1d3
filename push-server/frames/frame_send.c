/* send: one message into a channel. This file checks the fields; send/send_queue.c does
 * the rest. */
#include "event/feed.h"
#include "frames/frames.h"
#include "frames/message_fields.h"
#include "send/send_queue.h"
#include "trace/trace_context.h"

#include "core/banned.h"

/* A traceparent has 55 bytes in version 00; later versions may append fields. */
#define TRACEPARENT_MAX 255

struct send_in {
	const char *channelId;
	const char *body;
	const char *clientMessageId;
	const char *traceparent;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct send_in, channelId, JSON_UUID, true, 1, 64),
    JSON_FIELD(struct send_in, body, JSON_STRING, true, 0, ENVELOPE_BYTES_MAX),
    MESSAGE_FIELDS_CLIENT_ID(struct send_in, clientMessageId),
    {.name = "traceparent",
	.kind = JSON_STRING,
	.offset = offsetof(struct send_in, traceparent),
	.nullable = true,
	.min = 0,
	.max = TRACEPARENT_MAX},
};

static enum es_code
frame_send_handle(struct frames *f, struct conn *c, const void *in, const char *id,
    struct arena *a, struct es_err *err)
{
	const struct send_in *send = in;
	struct trace_context caller = {.sampled = TRACE_UNDECIDED};
	struct channel_id channel;

	(void)a;
	TRY(feed_parse_only_channel(
	    send->channelId, &c->tenant, &c->user, &channel, err));
	TRY(message_fields_client_id(send->clientMessageId, err));
	TRY(message_fields_body(f->env->conf, send->body, err));
	/* A traceparent that is not valid counts as none (W3C Trace Context 2.2.2). */
	if (f->env->trace != NULL)
		IGNORE(trace_context_parse(send->traceparent, &caller));
	return send_queue_add(f->sends, c,
	    &(struct send_new){.channel = channel,
		.body = send->body,
		.client_id = send->clientMessageId,
		.id = id,
		.traceparent = caller.sampled == TRACE_SAMPLED ? send->traceparent : NULL,
		.untraced = caller.sampled == TRACE_NOT_SAMPLED},
	    err);
}

const struct frame_type frame_send = {
    .type = "send",
    .fields = fields,
    .n_fields = ES_COUNT(fields),
    .size = sizeof(struct send_in),
    .handler = frame_send_handle,
    .flags = FRAME_OWN_LIMIT,
};
