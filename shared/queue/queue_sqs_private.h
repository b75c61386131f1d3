/* Declarations shared by the files of the sqs driver: queue_sqs.c (the driver's table),
 * queue_sqs_receive.c (long polls), queue_sqs_batch.c (deletes and lease changes, ten
 * messages at a time), queue_sqs_state.c (attributes of the queues), queue_sqs_send.c
 * (bodies of sends). */
#ifndef QUEUE_QUEUE_SQS_PRIVATE_H
#define QUEUE_QUEUE_SQS_PRIVATE_H

#include "queue/queue_sqs_call.h"
#include "json/json_bind.h"
#include "json/json_write.h"

/* The ReceiveMessage request of one queue. It may stay in flight between two calls of
 * queue_receive(). */
struct sqs_poll {
	struct sqs_call call;
	struct arena *arena; /* owns request and answer */
	bool in_flight;
	int64_t end_ms; /* monotonic; deadline of the request */
	bool brief;     /* does not wait for messages */
	/* the poll answered in this call with fewer messages than it asked for */
	bool idle;
	size_t max; /* number of messages that it asks for */
	/* messages in the answer, and those of them already returned */
	size_t n, taken;
	bool renewed; /* already repeated with new keys */
	struct queue_msg msgs[SQS_BATCH_MAX];
};

struct queue_sqs {
	struct queue base;
	struct sqs *sqs;
	struct sqs_call call; /* for all requests but ReceiveMessage */
	CURLM *multi;
	struct sqs_poll *polls; /* one for each queue */
	/* monotonic; when the requests in flight were last advanced */
	int64_t advanced_ms;
};

static inline struct queue_sqs *
queue_sqs_from(struct queue *q)
{
	return ES_CONTAINER(q, struct queue_sqs, base);
}

/* Makes a receipt, "3 HANDLE": the index of the queue and SQS's receipt handle. */
const char *queue_sqs_receipt(struct arena *a, size_t queue, const char *handle);
/* Splits a receipt. False: it is malformed or names none of the queues. */
bool queue_sqs_receipt_parse(
    const struct sqs *s, const char *receipt, size_t *queue, const char **handle);

/* Begins the body of a request: a JSON object with the queue's URL, left open. */
void queue_sqs_begin_body(struct sqs *s, size_t queue, struct arena *a, struct text *body,
    struct json_write *w);
/* ES_INVALID, ES_TOO_LARGE: SQS would refuse the message. */
enum es_code queue_sqs_sendable(
    const struct queue_msg *msg, struct es_err *err) ES_MUST_CHECK;
/* Writes the members of a message to send. Fails as queue_sqs_sendable() does. */
enum es_code queue_sqs_write_message(struct json_write *w, const struct queue_msg *msg,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;

struct sqs_failed {
	const char *Id, *Code;
	bool SenderFault;
};
/* The entries that failed, from the answer to a batch. */
enum es_code queue_sqs_parse_failed(const struct text *answer, struct arena *a,
    struct sqs_failed out[SQS_BATCH_MAX], size_t *n, struct es_err *err) ES_MUST_CHECK;

enum es_code queue_sqs_receive(struct queue *base, unsigned partition, const char *after,
    size_t max, int64_t wait_ms, struct arena *a, struct queue_msg out[], size_t *n,
    struct es_err *err) ES_MUST_CHECK;
/* Cancels the requests in flight. SQS redelivers their messages after the visibility
 * time-out. */
void queue_sqs_receive_fini(struct queue_sqs *q);
enum es_code queue_sqs_done(struct queue *base, unsigned partition,
    const struct queue_msg msgs[], size_t n, const char *through,
    struct es_err *err) ES_MUST_CHECK;
enum es_code queue_sqs_visibility(struct queue *base, unsigned partition,
    const struct queue_msg msgs[], size_t n, int64_t ms,
    struct es_err *err) ES_MUST_CHECK;
enum es_code queue_sqs_stats(
    struct queue *base, struct queue_stats *out, struct es_err *err) ES_MUST_CHECK;
enum es_code queue_sqs_check(struct queue *base, struct es_err *err) ES_MUST_CHECK;

#endif
