/* Credentials for requests to AWS: fixed ones from the settings, or temporary ones from
 * the container's endpoint (ECS, EKS), which are renewed before they expire. */
#ifndef QUEUE_QUEUE_SQS_CREDS_H
#define QUEUE_QUEUE_SQS_CREDS_H

#include <curl/curl.h>
#include <stdbool.h>

#include "core/aws.h"
#include "core/err.h"

struct sqs_creds;

struct sqs_keys {
	const char *access, *secret;
	const char *token; /* session token; "" for fixed keys */
};

/* aws must outlive *out. ES_INVALID: the settings name no source of keys, or an unsafe
 * one. */
enum es_code sqs_creds_open(const struct aws_settings *aws, struct sqs_creds **out,
    struct es_err *err) ES_MUST_CHECK;
void sqs_creds_close(struct sqs_creds **c);

/* Returns a request for new keys, for a caller with an event loop. The caller transfers
 * it and calls sqs_creds_request_done(), or closes the credentials. NULL: no request is
 * due, because the keys are still good, a request is in flight, or the last one failed a
 * short time ago. */
CURL *sqs_creds_request(struct sqs_creds *c);
void sqs_creds_request_done(struct sqs_creds *c, CURLcode how);
/* Renews the keys when they are due. Blocks for at most 2 s. */
void sqs_creds_renew(struct sqs_creds *c);

/* Gets the keys for a request that is sent now. They are valid until the next
 * sqs_creds_request_done(). Without valid keys, returns the error of the last request for
 * keys. */
enum es_code sqs_creds_get(
    struct sqs_creds *c, struct sqs_keys *out, struct es_err *err) ES_MUST_CHECK;
/* True when there are keys that have not expired and that AWS has not refused. */
bool sqs_creds_valid(const struct sqs_creds *c);
/* Notes that AWS has refused the keys. Returns true when new keys will be requested: then
 * try once more. */
bool sqs_creds_refused(struct sqs_creds *c);

#endif
