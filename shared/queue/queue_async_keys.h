/* Renews the credentials for SQS on an event loop. While the request for new keys is in
 * flight, sends continue with the old keys. */
#ifndef QUEUE_QUEUE_ASYNC_KEYS_H
#define QUEUE_QUEUE_ASYNC_KEYS_H

#include <stdbool.h>

#include "queue/queue_async_curl.h"
#include "queue/queue_sqs_creds.h"

struct queue_keys {
	struct sqs_creds *creds;
	struct queue_curl *curl;
	CURL *request; /* the request for new keys; NULL: none in flight */
};

/* Starts a request for new keys when they are due. Returns false when the old keys are
 * not valid: then wait for queue_keys_transfer_done(). */
bool queue_keys_ready(struct queue_keys *k);
/* Call it for each finished transfer. Returns true when the transfer was the request for
 * keys. The caller then sends the waiting messages, or ends them if there are still no
 * valid keys. */
bool queue_keys_transfer_done(struct queue_keys *k, const CURL *easy, CURLcode how);
void queue_keys_stop(struct queue_keys *k);

#endif
