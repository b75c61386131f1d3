#include "queue/queue_async_keys.h"

#include "core/banned.h"

bool
queue_keys_ready(struct queue_keys *k)
{
	CURL *question = sqs_creds_ask(k->creds);

	if (question != NULL) {
		k->asking = question;
		queue_curl_start(k->curl, question);
	}
	return k->asking == NULL || sqs_creds_good(k->creds);
}

bool
queue_keys_landed(struct queue_keys *k, const CURL *easy, CURLcode how)
{
	if (k->asking == NULL || easy != k->asking)
		return false;
	k->asking = NULL;
	sqs_creds_answered(k->creds, how);
	return true;
}

void
queue_keys_stop(struct queue_keys *k)
{
	if (k->asking != NULL)
		queue_curl_stop(k->curl, k->asking);
	k->asking = NULL;
}
