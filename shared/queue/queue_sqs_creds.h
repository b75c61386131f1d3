/* The keys that requests to AWS are signed with: given once, or from the container's
 * endpoint (ECS, EKS), which is asked anew before they end. */
#ifndef QUEUE_QUEUE_SQS_CREDS_H
#define QUEUE_QUEUE_SQS_CREDS_H

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

/* Keys for a request that is sent now; they are valid until the next call. May ask the
 * container's endpoint, for 2 s at most and not twice a second when it fails. */
enum es_code sqs_creds_get(
    struct sqs_creds *c, struct sqs_keys *out, struct es_err *err) ES_MUST_CHECK;
/* AWS refused them. true: the next get asks anew, so that one more try is worth it. */
bool sqs_creds_refused(struct sqs_creds *c);

#endif
