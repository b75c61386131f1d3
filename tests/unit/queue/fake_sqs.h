/* SQS and the endpoint of a container's keys. Both run on the loop of the test, so they
 * do not answer while the loop stands still. */
#ifndef TESTS_FAKE_SQS_H
#define TESTS_FAKE_SQS_H

#include <ev.h>
#include <stdint.h>

#include "queue/queue.h"

struct fake_client;

struct fake_sqs {
	struct ev_loop *loop;
	int listener;
	ev_io io;
	struct fake_client *clients, *holds;
	struct aws_settings aws; /* this fake as SQS, with keys from its endpoint */
	struct queue_settings settings;
	char url[64], keys_url[64];
	/* Settings of the fake's answers. */
	bool silent;      /* a request for keys gets no answer until fake_sqs_hand_out */
	const char *keys; /* the access key that the endpoint returns; NULL: HTTP 500 */
	int64_t life_ms;  /* the lifetime of that key */
	const char *expired; /* an access key that SQS refuses; NULL: none */
	int denies;          /* SQS denies access to this number of next requests */
	/* The requests that the fake received. */
	int asked; /* number of requests for keys */
	int requests;
	char access[32]; /* the key that signed the last request */
};

/* Listens. Connections wait until fake_sqs_start(). */
void fake_sqs_open(struct fake_sqs *f);
void fake_sqs_start(struct fake_sqs *f, struct ev_loop *loop);
void fake_sqs_close(struct fake_sqs *f);
/* Sends the keys to the client that waits for them. Returns false without a client. */
bool fake_sqs_hand_out(struct fake_sqs *f);

#endif
