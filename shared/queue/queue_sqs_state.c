/* The attributes of the queues: how many messages wait, and whether the queues are
 * configured as they must be. */
#include <string.h>

#include "queue/queue_sqs_private.h"

#include "core/banned.h"

struct attributes {
	int64_t waiting, in_work, delayed;
	const char *fifo, *redrive;
};

#define ATTRIBUTE(member_, name_, kind_, max_) \
	{ \
		.name = (name_), .kind = (kind_), \
		.offset = offsetof(struct attributes, member_), .nullable = true, \
		.max = (max_) \
	}

static const struct json_field attribute_fields[] = {
    ATTRIBUTE(waiting, "ApproximateNumberOfMessages", JSON_NUMBER_OR_STRING, INT64_MAX),
    ATTRIBUTE(in_work, "ApproximateNumberOfMessagesNotVisible", JSON_NUMBER_OR_STRING,
	INT64_MAX),
    ATTRIBUTE(
	delayed, "ApproximateNumberOfMessagesDelayed", JSON_NUMBER_OR_STRING, INT64_MAX),
    ATTRIBUTE(fifo, "FifoQueue", JSON_STRING, 16),
    ATTRIBUTE(redrive, "RedrivePolicy", JSON_STRING, 4096),
};

static enum es_code
queue_sqs_state_read_attributes(struct queue_sqs *q, size_t queue, struct arena *a,
    struct attributes *out, struct es_err *err)
{
	struct attributes_answer {
		const char *attributes;
	} got = {0};
	static const struct json_field field = {
	    .name = "Attributes", .kind = JSON_RAW, .required = true, .max = 65536};
	struct json_write w;
	struct text body;

	queue_sqs_begin_body(q->sqs, queue, a, &body, &w);
	jw_array(&w, "AttributeNames");
	jw_string(&w, NULL, "All");
	jw_array_end(&w);
	jw_object_end(&w);
	TRY(sqs_call(q->sqs, &q->call, "GetQueueAttributes", &body, a, err));
	*out = (struct attributes){0};
	if (json_bind(q->call.answer.data, q->call.answer.len, &field, 1,
		JSON_IGNORE_UNKNOWN, a, &got, err) != ES_OK ||
	    json_bind(got.attributes, strlen(got.attributes), attribute_fields,
		ES_COUNT(attribute_fields), JSON_IGNORE_UNKNOWN, a, out, err) != ES_OK)
		return es_fail(
		    err, ES_UNAVAILABLE, "SQS: unexpected answer to GetQueueAttributes");
	return ES_OK;
}

/* SQS does not report bytes, and the age only to CloudWatch. */
enum es_code
queue_sqs_stats(struct queue *base, struct queue_stats *out, struct es_err *err)
{
	struct queue_sqs *q = queue_sqs_from(base);
	struct queue_stats sum = {.bytes = -1};
	struct arena *a = arena_new();
	enum es_code rc = ES_OK;

	for (size_t i = 0; i < q->sqs->n_urls && rc == ES_OK; i++) {
		struct attributes one;

		rc = queue_sqs_state_read_attributes(q, i, a, &one, err);
		if (rc == ES_OK)
			sum.messages += one.waiting + one.in_work + one.delayed;
	}
	arena_free(&a);
	if (rc == ES_OK)
		*out = sum;
	return rc;
}

static enum es_code
queue_sqs_state_check_attributes(
    const char *url, const struct attributes *a, struct es_err *err)
{
	const char *name = strrchr(url, '/');

	name = name != NULL ? name + 1 : url;
	if (a->fifo == NULL || strcmp(a->fifo, "true") != 0)
		return es_fail(
		    err, ES_UNAVAILABLE, "SQS: %.80s is not a FIFO queue", name);
	if (a->redrive == NULL || strstr(a->redrive, "deadLetterTargetArn") == NULL)
		return es_fail(err, ES_UNAVAILABLE,
		    "SQS: %.80s has no redrive policy: a message that always fails would "
		    "block its "
		    "channel",
		    name);
	return ES_OK;
}

enum es_code
queue_sqs_check(struct queue *base, struct es_err *err)
{
	struct queue_sqs *q = queue_sqs_from(base);
	struct arena *a = arena_new();
	enum es_code rc = ES_OK;

	for (size_t i = 0; i < q->sqs->n_urls && rc == ES_OK; i++) {
		struct attributes one;

		rc = queue_sqs_state_read_attributes(q, i, a, &one, err);
		if (rc == ES_OK)
			rc = queue_sqs_state_check_attributes(q->sqs->urls[i], &one, err);
	}
	arena_free(&a);
	return rc;
}
