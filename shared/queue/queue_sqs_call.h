/* One request to SQS (JSON protocol, signature version 4 by libcurl). These functions
 * build the request and read the answer; the caller transfers it, blocking or on a
 * loop. */
#ifndef QUEUE_QUEUE_SQS_CALL_H
#define QUEUE_QUEUE_SQS_CALL_H

#include <curl/curl.h>

#include "core/aws.h"
#include "core/text.h"
#include "queue/queue.h"

#define SQS_BODY_MAX       (256UL * 1024) /* bytes of a message, and of a whole batch */
#define SQS_REQUEST_MAX    (2UL * 1024 * 1024) /* a body is escaped twice in JSON */
#define SQS_BATCH_MAX      10
#define SQS_TRIES_MAX      3
#define SQS_BACKOFF_MIN_MS 50
#define SQS_BACKOFF_MAX_MS 1000

/* Endpoint, credentials and queues, shared by all calls of one handle. */
struct sqs {
	struct arena *arena;
	struct aws_settings aws; /* a copy; its texts live in arena */
	const char *endpoint, *signature;
	const char **urls; /* URLs of the queues */
	size_t n_urls;
	struct sqs_creds *creds;
};

enum sqs_again {
	SQS_NOT_AGAIN,
	SQS_AFTER_PAUSE,   /* SQS throttles, or SQS or the network fails */
	SQS_WITH_NEW_KEYS, /* AWS refused the keys, and newer ones may exist */
};

struct sqs_call {
	CURL *easy; /* reused by the next call, with its connection */
	struct curl_slist *headers;
	struct arena *arena; /* the caller's; owns request and answer */
	struct text request, answer;
	enum sqs_again again; /* set by sqs_call_finish() */
};

enum es_code sqs_open(const struct queue_settings *settings, struct sqs **out,
    struct es_err *err) ES_MUST_CHECK;
void sqs_close(struct sqs **s);
size_t sqs_queue_of(const struct sqs *s, const char *group);

void sqs_call_init(struct sqs_call *c);
void sqs_call_fini(struct sqs_call *c);
/* Prepares c->easy for a transfer. body and a must outlive the transfer. Signs with the
 * keys that s holds now, so renew the keys first (queue_sqs_creds.h). */
enum es_code sqs_call_prepare(struct sqs *s, struct sqs_call *c, const char *action,
    const struct text *body, struct arena *a, int64_t timeout_ms,
    struct es_err *err) ES_MUST_CHECK;
/* Call it after the transfer. ES_OK: c->answer holds the answer. Else c->again says
 * whether another try may help. */
enum es_code sqs_call_finish(
    struct sqs *s, struct sqs_call *c, CURLcode rc, struct es_err *err) ES_MUST_CHECK;
/* Prepares a call, transfers it and finishes it. Repeats it where that may help, for at
 * most aws.timeout_ms. */
enum es_code sqs_call(struct sqs *s, struct sqs_call *c, const char *action,
    const struct text *body, struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Maps an error of SQS to an es_code and says whether another try may help. name may be
 * "". */
enum sqs_again sqs_error(const char *name, long status, struct es_err *err);

#endif
