/* Between the files of the sqs driver: queue_sqs.c (what a consumer and a sender say),
 * queue_sqs_receive.c (long polls), queue_sqs_batch.c (deleting and leases by tens),
 * queue_sqs_state.c (questions about the queues), queue_sqs_send.c (bodies of sends). */
#ifndef QUEUE_QUEUE_SQS_PRIVATE_H
#define QUEUE_QUEUE_SQS_PRIVATE_H

#include "queue/queue_sqs_call.h"
#include "json/json_bind.h"
#include "json/json_write.h"

/* One queue's receive, which may be on its way from one call of receive to the next. */
struct sqs_poll {
	struct sqs_call call;
	struct arena *arena; /* of request and answer */
	bool flying;
	int64_t end_ms;  /* monotonic; then it is given up */
	bool brief;      /* does not wait for messages */
	bool idle;       /* answered in this call with less than was asked for */
	size_t asked;    /* for how many messages */
	size_t n, taken; /* messages of the answer, and how many were handed out */
	bool renewed;    /* repeated already with new keys */
	struct queue_msg msgs[SQS_BATCH_MAX];
};

struct queue_sqs {
	struct queue base;
	struct sqs *sqs;
	struct sqs_call call; /* of all but receive */
	CURLM *multi;
	struct sqs_poll *polls; /* per queue */
	int64_t looked_ms;      /* monotonic; when what flies was last looked at */
};

static inline struct queue_sqs *
queue_sqs_from(struct queue *q)
{
	return ES_CONTAINER(q, struct queue_sqs, base);
}

/* "3 HANDLE": the queue's index is part of a receipt. */
const char *queue_sqs_receipt(struct arena *a, size_t queue, const char *handle);
/* The index, and where the handle starts; false when it is none of ours. */
bool queue_sqs_receipt_parse(
    const struct sqs *s, const char *receipt, size_t *queue, const char **handle);

/* Start a request's body: an object with the queue's URL, left open. */
void queue_sqs_body(struct sqs *s, size_t queue, struct arena *a, struct text *body,
    struct json_write *w);
/* ES_INVALID, ES_TOO_LARGE when SQS would refuse it. */
enum es_code queue_sqs_sendable(
    const struct queue_msg *msg, struct es_err *err) ES_MUST_CHECK;
/* The members of a message that is sent, which must be sendable. */
enum es_code queue_sqs_message(struct json_write *w, const struct queue_msg *msg,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;

struct sqs_failed {
	const char *Id, *Code;
	bool SenderFault;
};
/* The entries that a batch's answer says have failed. */
enum es_code queue_sqs_failed(const struct text *answer, struct arena *a,
    struct sqs_failed out[SQS_BATCH_MAX], size_t *n, struct es_err *err) ES_MUST_CHECK;

enum es_code queue_sqs_receive(struct queue *base, unsigned partition, const char *after,
    size_t max, int64_t wait_ms, struct arena *a, struct queue_msg out[], size_t *n,
    struct es_err *err) ES_MUST_CHECK;
/* Give up what flies. What it would have brought comes again after its visibility. */
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
