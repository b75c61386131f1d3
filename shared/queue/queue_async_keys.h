/* Keys for SQS on an event loop: newer ones are fetched while it goes on. */
#ifndef QUEUE_QUEUE_ASYNC_KEYS_H
#define QUEUE_QUEUE_ASYNC_KEYS_H

#include <stdbool.h>

#include "queue/queue_async_curl.h"
#include "queue/queue_sqs_creds.h"

struct queue_keys {
	struct sqs_creds *creds;
	struct queue_curl *curl;
	CURL *asking; /* NULL: nobody does */
};

/* Asks for newer ones when it is time. false: there are none to go on with meanwhile, so
 * wait until the answer has landed. */
bool queue_keys_ready(struct queue_keys *k);
/* For each request that lands: was it the question? Then what waits may go or fail. */
bool queue_keys_landed(struct queue_keys *k, const CURL *easy, CURLcode how);
void queue_keys_stop(struct queue_keys *k);

#endif
