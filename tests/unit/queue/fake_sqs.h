/* SQS and the endpoint of a container's keys, played on a loop: on the one that asks, so
 * that nothing is answered while that stands still. */
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
	struct aws_settings aws; /* that lead here, with keys from the endpoint */
	struct queue_settings settings;
	char url[64], keys_url[64];
	/* What it answers. */
	bool silent;         /* asked for keys it says nothing, until fake_sqs_hand_out */
	const char *keys;    /* the access key that is handed out; NULL: HTTP 500 */
	int64_t life_ms;     /* of it */
	const char *expired; /* an access key that SQS refuses; NULL: none */
	int denies;          /* so many requests to SQS are refused for good */
	/* What it was asked. */
	int asked; /* for keys */
	int requests;
	char access[32]; /* that signed the last request */
};

/* Listens; connections wait until it is started. */
void fake_sqs_open(struct fake_sqs *f);
void fake_sqs_start(struct fake_sqs *f, struct ev_loop *loop);
void fake_sqs_close(struct fake_sqs *f);
/* Give the keys to who was answered with silence; false: nobody waits for them. */
bool fake_sqs_hand_out(struct fake_sqs *f);

#endif
