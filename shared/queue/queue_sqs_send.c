/* Parts of requests and answers that the blocking and the non-blocking sqs driver
 * share. */
#include <stdio.h>
#include <string.h>

#include "core/parse.h"
#include "queue/queue_sqs_private.h"

#include "core/banned.h"

const char *
queue_sqs_receipt(struct arena *a, size_t queue, const char *handle)
{
	return arena_printf(a, "%zu %s", queue, handle);
}

bool
queue_sqs_receipt_parse(
    const struct sqs *s, const char *receipt, size_t *queue, const char **handle)
{
	const char *blank = strchr(receipt, ' ');
	char digits[8];
	int64_t index;

	if (blank == NULL || (size_t)(blank - receipt) >= sizeof(digits))
		return false;
	(void)snprintf(digits, sizeof(digits), "%.*s", (int)(blank - receipt), receipt);
	if (!parse_int(digits, 0, (int64_t)s->n_urls - 1, &index))
		return false;
	*queue = (size_t)index;
	*handle = blank + 1;
	return true;
}

void
queue_sqs_begin_body(
    struct sqs *s, size_t queue, struct arena *a, struct text *body, struct json_write *w)
{
	text_init(body, a, SQS_REQUEST_MAX);
	jw_init(w, body);
	jw_object(w, NULL);
	jw_string(w, "QueueUrl", s->urls[queue]);
}

/* SQS accepts UTF-8 without control characters except tab, line feed and carriage
 * return. */
static bool
queue_sqs_send_accepts_text(const struct queue_msg *msg)
{
	size_t points;

	for (size_t i = 0; i < msg->len; i++) {
		const char c = msg->body[i];

		if (c >= 0 && c < ' ' && c != '\t' && c != '\n' && c != '\r')
			return false;
	}
	return utf8_length(msg->body, msg->len, &points);
}

enum es_code
queue_sqs_sendable(const struct queue_msg *msg, struct es_err *err)
{
	if (msg->len > SQS_BODY_MAX)
		return es_fail(err, ES_TOO_LARGE, "message too large for SQS");
	if (!queue_sqs_send_accepts_text(msg))
		return es_fail(err, ES_INVALID,
		    "SQS accepts only UTF-8 without control characters in a message");
	return ES_OK;
}

enum es_code
queue_sqs_write_message(struct json_write *w, const struct queue_msg *msg,
    struct arena *a, struct es_err *err)
{
	TRY(queue_sqs_sendable(msg, err));
	jw_string(w, "MessageGroupId", msg->group);
	jw_string(w, "MessageDeduplicationId", msg->dedupe);
	jw_string(w, "MessageBody", arena_memdup(a, msg->body, msg->len));
	return ES_OK;
}

enum es_code
queue_sqs_parse_failed(const struct text *answer, struct arena *a,
    struct sqs_failed out[SQS_BATCH_MAX], size_t *n, struct es_err *err)
{
	struct batch_answer {
		const struct json_list *failed; /* NULL: no entry failed */
	} got = {0};
	static const struct json_field list = {
	    .name = "Failed", .kind = JSON_ARRAY, .nullable = true, .max = SQS_BATCH_MAX};
	static const struct json_field fields[] = {
	    JSON_FIELD(struct sqs_failed, Id, JSON_STRING, true, 1, 80),
	    JSON_FIELD(struct sqs_failed, Code, JSON_STRING, true, 0, 200),
	    JSON_FIELD(struct sqs_failed, SenderFault, JSON_BOOL, false, 0, 0),
	};

	if (json_bind(answer->data, answer->len, &list, 1, JSON_IGNORE_UNKNOWN, a, &got,
		err) != ES_OK)
		return es_fail(
		    err, ES_UNAVAILABLE, "SQS: unexpected answer to a batch request");
	*n = got.failed != NULL ? got.failed->n : 0;
	for (size_t i = 0; i < *n; i++) {
		const char *one = got.failed->items[i];

		out[i] = (struct sqs_failed){0};
		if (json_bind(one, strlen(one), fields, ES_COUNT(fields),
			JSON_IGNORE_UNKNOWN, a, &out[i], err) != ES_OK)
			return es_fail(err, ES_UNAVAILABLE,
			    "SQS: unexpected answer to a batch request");
	}
	return ES_OK;
}
