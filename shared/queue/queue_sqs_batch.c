/* Deletes messages and changes their visibility time-out, ten at a time. Sends the failed
 * entries of a batch again. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/parse.h"
#include "queue/queue_sqs_private.h"

#include "core/banned.h"

#define VISIBILITY_MAX_S 43200

struct batch_verb {
	const char *action;
	int64_t visibility_s; /* below 0: the entries have no VisibilityTimeout */
};

struct entry {
	const char *handle;
	bool open; /* must be sent, or sent again */
};

/* The result of one call over all its batches so far. */
struct batch_result {
	size_t n_failed; /* messages */
	struct es_err last_err;
	int64_t left_ms; /* time that further failures may take */
};

static void
queue_sqs_batch_write_body(struct queue_sqs *q, size_t queue,
    const struct batch_verb *verb, const struct entry entries[], size_t n,
    struct arena *a, struct text *body)
{
	struct json_write w;
	char id[8];

	queue_sqs_begin_body(q->sqs, queue, a, body, &w);
	jw_array(&w, "Entries");
	for (size_t i = 0; i < n; i++) {
		if (!entries[i].open)
			continue;
		(void)snprintf(id, sizeof(id), "%zu", i);
		jw_object(&w, NULL);
		jw_string(&w, "Id", id);
		jw_string(&w, "ReceiptHandle", entries[i].handle);
		if (verb->visibility_s >= 0)
			jw_int(&w, "VisibilityTimeout", verb->visibility_s);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	jw_object_end(&w);
}

/* Leaves an entry open when another try may help, and counts each other failed entry in
 * *n_failed. err gets the error of the last failed entry. */
static enum es_code
queue_sqs_batch_read_answer(const struct text *answer, struct arena *a,
    struct entry entries[], size_t n, size_t *n_failed, struct es_err *err)
{
	struct sqs_failed failed[SQS_BATCH_MAX];
	size_t n_listed = 0;

	TRY(queue_sqs_parse_failed(answer, a, failed, &n_listed, err));
	for (size_t i = 0; i < n; i++)
		entries[i].open = false;
	for (size_t i = 0; i < n_listed; i++) {
		int64_t id;

		if (!parse_int(failed[i].Id, 0, (int64_t)n - 1, &id))
			return es_fail(err, ES_UNAVAILABLE,
			    "SQS: unexpected answer to a batch request");
		(void)sqs_error(failed[i].Code, 200, err);
		entries[id].open = !failed[i].SenderFault;
		*n_failed += failed[i].SenderFault;
	}
	return ES_OK;
}

static size_t
queue_sqs_batch_count_open(const struct entry entries[], size_t n)
{
	size_t open = 0;

	for (size_t i = 0; i < n; i++)
		open += entries[i].open;
	return open;
}

/* Sends at most ten messages of one queue, with retries. Adds to *n_failed the messages
 * that it gives up. */
static enum es_code
queue_sqs_batch_run_ten(struct queue_sqs *q, size_t queue, const struct batch_verb *verb,
    struct entry entries[], size_t n, size_t *n_failed, struct es_err *err)
{
	struct arena *a = arena_new();
	enum es_code rc = ES_OK;

	for (unsigned tries = 0;
	     tries < SQS_TRIES_MAX && queue_sqs_batch_count_open(entries, n) > 0;
	     tries++) {
		struct text body;

		if (tries > 0)
			clock_sleep_ms(clock_backoff_ms(
			    tries, SQS_BACKOFF_MIN_MS, SQS_BACKOFF_MAX_MS));
		queue_sqs_batch_write_body(q, queue, verb, entries, n, a, &body);
		rc = sqs_call(q->sqs, &q->call, verb->action, &body, a, err);
		if (rc == ES_OK)
			rc = queue_sqs_batch_read_answer(
			    &q->call.answer, a, entries, n, n_failed, err);
		if (rc != ES_OK)
			break;
	}
	if (rc == ES_OK)
		*n_failed += queue_sqs_batch_count_open(entries, n);
	arena_free(&a);
	return rc;
}

/* A failed batch does not stop the others, because each message that is deleted saves a
 * redelivery. When SQS hangs, the whole call waits for at most one time-out. */
static void
queue_sqs_batch_run_limited(struct queue_sqs *q, size_t queue,
    const struct batch_verb *verb, struct entry entries[], size_t n,
    struct batch_result *result)
{
	const int64_t start_ms = clock_mono_ms();

	if (result->left_ms > 0 && queue_sqs_batch_run_ten(q, queue, verb, entries, n,
				       &result->n_failed, &result->last_err) == ES_OK)
		return;
	result->n_failed += n;
	result->left_ms -= clock_mono_ms() - start_ms;
}

static enum es_code
queue_sqs_batch_run(struct queue_sqs *q, const struct batch_verb *verb,
    const struct queue_msg msgs[], size_t n, struct es_err *err)
{
	struct batch_result result = {.left_ms = q->sqs->aws.timeout_ms};

	for (size_t queue = 0; queue < q->sqs->n_urls; queue++) {
		struct entry entries[SQS_BATCH_MAX];
		size_t k = 0;

		for (size_t i = 0; i < n; i++) {
			size_t of;
			const char *handle;

			if (!queue_sqs_receipt_parse(
				q->sqs, msgs[i].receipt, &of, &handle))
				return es_fail(err, ES_INVALID, "SQS: malformed receipt");
			if (of == queue)
				entries[k++] = (struct entry){handle, true};
			if (k < SQS_BATCH_MAX && (i + 1 < n || k == 0))
				continue;
			queue_sqs_batch_run_limited(q, queue, verb, entries, k, &result);
			k = 0;
		}
	}
	if (result.n_failed == 0)
		return ES_OK;
	return es_fail(err, ES_UNAVAILABLE, "%zu of %zu messages: %.150s",
	    result.n_failed, n, result.last_err.text);
}

enum es_code
queue_sqs_done(struct queue *base, unsigned partition, const struct queue_msg msgs[],
    size_t n, const char *through, struct es_err *err)
{
	static const struct batch_verb verb = {"DeleteMessageBatch", -1};

	(void)partition, (void)through;
	return queue_sqs_batch_run(queue_sqs_from(base), &verb, msgs, n, err);
}

enum es_code
queue_sqs_visibility(struct queue *base, unsigned partition,
    const struct queue_msg msgs[], size_t n, int64_t ms, struct es_err *err)
{
	const int64_t s = (ms + 999) / 1000;
	const struct batch_verb verb = {"ChangeMessageVisibilityBatch",
	    s < 0 ? 0 : (s > VISIBILITY_MAX_S ? VISIBILITY_MAX_S : s)};

	(void)partition;
	return queue_sqs_batch_run(queue_sqs_from(base), &verb, msgs, n, err);
}
