/* The queue on SQS FIFO queues. The channel is the message group: SQS keeps its order and
 * leases the messages that it delivers. There are no partitions and no positions. */
#include "queue/queue_sqs_private.h"

#include "core/check.h"

#include "core/banned.h"

static enum es_code
queue_sqs_open(
    const struct queue_settings *settings, struct queue **out, struct es_err *err)
{
	struct queue_sqs *q;
	struct sqs *sqs;

	TRY(sqs_open(settings, &sqs, err));
	q = mem_new(1, sizeof(*q));
	q->base.driver = &queue_sqs;
	q->sqs = sqs;
	sqs_call_init(&q->call);
	q->multi = curl_multi_init();
	CHECK(q->multi != NULL);
	q->polls = mem_new(sqs->n_urls, sizeof(*q->polls));
	for (size_t i = 0; i < sqs->n_urls; i++) {
		q->polls[i].arena = arena_new();
		sqs_call_init(&q->polls[i].call);
	}
	*out = &q->base;
	return ES_OK;
}

static void
queue_sqs_close(struct queue *base)
{
	struct queue_sqs *q = queue_sqs_from(base);

	queue_sqs_receive_fini(q);
	sqs_call_fini(&q->call);
	(void)curl_multi_cleanup(q->multi);
	mem_free(q->polls);
	sqs_close(&q->sqs);
	mem_free(q);
}

/* Repeating a send is safe: SQS drops a message whose deduplication id it has seen in the
 * last 5 minutes. */
static enum es_code
queue_sqs_send(struct queue *base, const struct queue_msg *msg, struct es_err *err)
{
	struct queue_sqs *q = queue_sqs_from(base);
	struct arena *a = arena_new();
	struct json_write w;
	struct text body;
	enum es_code rc;

	queue_sqs_begin_body(q->sqs, sqs_queue_of(q->sqs, msg->group), a, &body, &w);
	rc = queue_sqs_write_message(&w, msg, a, err);
	jw_object_end(&w);
	if (rc == ES_OK)
		rc = sqs_call(q->sqs, &q->call, "SendMessage", &body, a, err);
	arena_free(&a);
	return rc;
}

static enum es_code
queue_sqs_collect(struct queue *q, struct queue_cursor cursors[], size_t n, size_t max,
    int64_t wait_ms, struct arena *a, struct es_err *err)
{
	(void)q, (void)cursors, (void)n, (void)max, (void)wait_ms, (void)a;
	return es_fail(
	    err, ES_INTERNAL, "SQS: queue_collect() needs partitions, and SQS has none");
}

static enum es_code
queue_sqs_trim(
    struct queue *q, const struct queue_cursor cursors[], size_t n, struct es_err *err)
{
	(void)q, (void)cursors, (void)n;
	return es_fail(
	    err, ES_INTERNAL, "SQS: queue_trim() needs partitions, and SQS has none");
}

static enum es_code
queue_sqs_behind(struct queue *q, unsigned partition, const char *position, bool *out,
    struct es_err *err)
{
	(void)q, (void)partition, (void)position, (void)err;
	*out = false;
	return ES_OK;
}

const struct queue_driver queue_sqs = {
    .name = "sqs",
    .request_max = SQS_BATCH_MAX,
    .open = queue_sqs_open,
    .send = queue_sqs_send,
    .receive = queue_sqs_receive,
    .collect = queue_sqs_collect,
    .done = queue_sqs_done,
    .trim = queue_sqs_trim,
    .retry = queue_sqs_visibility,
    .extend = queue_sqs_visibility,
    .behind = queue_sqs_behind,
    .stats = queue_sqs_stats,
    .check = queue_sqs_check,
    .close = queue_sqs_close,
};
