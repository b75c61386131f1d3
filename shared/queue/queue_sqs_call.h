/* One request to SQS (JSON protocol, signed by libcurl): made here, sent by whoever holds
 * it, and its answer judged here. */
#ifndef QUEUE_QUEUE_SQS_CALL_H
#define QUEUE_QUEUE_SQS_CALL_H

#include <curl/curl.h>

#include "core/aws.h"
#include "core/text.h"
#include "queue/queue.h"

#define SQS_BODY_MAX       (256UL * 1024)      /* of a message, and of a batch of them */
#define SQS_REQUEST_MAX    (2UL * 1024 * 1024) /* a body is escaped once more */
#define SQS_BATCH_MAX      10
#define SQS_TRIES_MAX      3
#define SQS_BACKOFF_MIN_MS 50
#define SQS_BACKOFF_MAX_MS 1000

/* Where to and as whom; shared by all calls of one handle. */
struct sqs {
	struct arena *arena;
	struct aws_settings aws; /* copied */
	const char *endpoint, *signature;
	const char **urls; /* of the queues */
	size_t n_urls;
	struct sqs_creds *creds;
};

enum sqs_again {
	SQS_NOT_AGAIN,
	SQS_AFTER_PAUSE,   /* throttled, or the service or the network is unwell */
	SQS_WITH_NEW_KEYS, /* the keys were refused, and there may be newer ones */
};

struct sqs_call {
	CURL *easy; /* kept from call to call */
	struct curl_slist *headers;
	struct arena *arena; /* of request and answer; the caller's */
	struct text request, answer;
	enum sqs_again again; /* set by sqs_call_judge */
};

enum es_code sqs_open(const struct queue_settings *settings, struct sqs **out,
    struct es_err *err) ES_MUST_CHECK;
void sqs_close(struct sqs **s);
size_t sqs_queue_of(const struct sqs *s, const char *group);

void sqs_call_init(struct sqs_call *c);
void sqs_call_fini(struct sqs_call *c);
/* Make c->easy ready to be performed with body, which must outlive it, as must a. Signs
 * with the keys that are there: ask for newer ones before (queue_sqs_creds.h). */
enum es_code sqs_call_prepare(struct sqs *s, struct sqs_call *c, const char *action,
    const struct text *body, struct arena *a, int64_t timeout_ms,
    struct es_err *err) ES_MUST_CHECK;
/* After it was performed: ES_OK with the answer in c->answer, else why not. */
enum es_code sqs_call_judge(
    struct sqs *s, struct sqs_call *c, CURLcode rc, struct es_err *err) ES_MUST_CHECK;
/* Prepare, perform, judge, and again where that may help, for aws.timeout_ms at most. */
enum es_code sqs_call(struct sqs *s, struct sqs_call *c, const char *action,
    const struct text *body, struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* What an error of SQS means (queue_sqs_error.c): fills err and says whether to repeat.
 * name may be "". */
enum sqs_again sqs_error(const char *name, long status, struct es_err *err);

#endif
