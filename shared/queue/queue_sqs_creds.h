/* The keys that requests to AWS are signed with: given once, or from the container's
 * endpoint (ECS, EKS), which is asked anew before they end. */
#ifndef QUEUE_QUEUE_SQS_CREDS_H
#define QUEUE_QUEUE_SQS_CREDS_H

#include <curl/curl.h>
#include <stdbool.h>

#include "core/aws.h"
#include "core/err.h"

struct sqs_creds;

struct sqs_keys {
	const char *access, *secret;
	const char *token; /* "" for keys that last */
};

/* aws must outlive it. ES_INVALID when there is nothing to get keys from. */
enum es_code sqs_creds_open(const struct aws_settings *aws, struct sqs_creds **out,
    struct es_err *err) ES_MUST_CHECK;
void sqs_creds_close(struct sqs_creds **c);

/* A question to the container's endpoint, for who has a loop: perform it and say how that
 * went, or give it up by closing. NULL: not now, since the keys are good for longer, the
 * question is on its way, or the endpoint failed less than a second ago. */
CURL *sqs_creds_ask(struct sqs_creds *c);
void sqs_creds_answered(struct sqs_creds *c, CURLcode how);
/* The same at once, which blocks for 2 s at most. */
void sqs_creds_renew(struct sqs_creds *c);

/* Keys for a request that is sent now; they are valid until the next answer. Fails as the
 * last question did when there are none. */
enum es_code sqs_creds_get(
    struct sqs_creds *c, struct sqs_keys *out, struct es_err *err) ES_MUST_CHECK;
/* Whether there are keys that have not ended and were not refused. */
bool sqs_creds_good(const struct sqs_creds *c);
/* AWS refused them. true: newer ones are asked for next, so one more try is worth it. */
bool sqs_creds_refused(struct sqs_creds *c);

#endif
