/* send: one message into a channel. This file checks the fields; send/send_queue.c does
 * the rest. */
#include <string.h>

#include "core/parse.h"
#include "event/envelope.h"
#include "frames/frames.h"
#include "send/send_queue.h"
#include "trace/trace_context.h"
#include "unicode/unicode.h"

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
    {.name = "clientMessageId",
	.kind = JSON_STRING,
	.offset = offsetof(struct send_in, clientMessageId),
	.nullable = true,
	.min = 1,
	.max = CLIENT_ID_MAX},
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
	size_t points;

	(void)a;
	TRY(channel_id_parse(send->channelId, &channel, err));
	if (send->clientMessageId != NULL && !client_id_valid(send->clientMessageId))
		return es_fail_field(err, ES_INVALID, "clientMessageId",
		    "must be 1 to %d characters of A-Z a-z 0-9 . _ : -, but not . or ..",
		    CLIENT_ID_MAX);
	if (!utf8_length(send->body, strlen(send->body), &points))
		return es_fail_field(err, ES_INVALID, "body", "must be valid UTF-8");
	if (points == 0 || (int64_t)points > f->env->conf->body_max_chars)
		return es_fail_field(err, points == 0 ? ES_INVALID : ES_BODY_TOO_LONG,
		    "body", "must have 1 to %lld characters",
		    (long long)f->env->conf->body_max_chars);
	if (!unicode_visible(send->body))
		return es_fail_field(
		    err, ES_INVALID, "body", "must have at least one visible character");
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
