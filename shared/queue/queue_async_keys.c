#include "queue/queue_async_keys.h"

#include "core/banned.h"

bool
queue_keys_ready(struct queue_keys *k)
{
	CURL *request = sqs_creds_request(k->creds);

	if (request != NULL) {
		k->request = request;
		queue_curl_start(k->curl, request);
	}
	return k->request == NULL || sqs_creds_valid(k->creds);
}

bool
queue_keys_transfer_done(struct queue_keys *k, const CURL *easy, CURLcode how)
{
	if (k->request == NULL || easy != k->request)
		return false;
	k->request = NULL;
	sqs_creds_request_done(k->creds, how);
	return true;
}

void
queue_keys_stop(struct queue_keys *k)
{
	if (k->request != NULL)
		queue_curl_stop(k->curl, k->request);
	k->request = NULL;
}
