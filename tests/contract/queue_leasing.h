/* The contract of a queue that leases messages, tested on SQS. */
#ifndef TESTS_CONTRACT_QUEUE_LEASING_H
#define TESTS_CONTRACT_QUEUE_LEASING_H

#include <CUnit/CUnit.h>

#include "queue/queue.h"

#define LEASING_MAX 100
/* The visibility time-out that tests/run/sqs.sh sets for the queues. */
#define LEASING_VISIBILITY_MS 1000

struct leasing {
	struct aws_settings aws;
	struct queue_settings settings;
	struct queue *q;
	struct arena *a;
	struct queue_msg got[LEASING_MAX];
	size_t n;
	struct es_err err;
};

/* Returns ES_TEST_SQS_ENDPOINT. When the variable is not set, prints that and exits with
 * 77 (skipped). */
const char *leasing_endpoint(void);
/* Empties the queues, removes the faults of the test server, sets valid keys, and opens
 * the queue. */
void leasing_setup(struct leasing *f);
void leasing_teardown(struct leasing *f);
/* Opens the queue again after a change of f->aws. */
enum es_code leasing_reopen(struct leasing *f);
/* Sends a POST to the test server. Returns the server's answer, allocated in f->a. */
const char *leasing_control(struct leasing *f, const char *what, const char *json);
/* The number of requests with this action since the setup. */
int leasing_count(struct leasing *f, const char *action);

enum es_code leasing_send(struct leasing *f, const char *group, const char *body);
/* Receives messages into f->got, and sets f->n to their number. */
enum es_code leasing_receive(struct leasing *f, size_t max, int64_t wait_ms);
/* Receives and deletes messages until n have come or 10 s are over. Returns the bodies of
 * these messages, joined by commas. */
const char *leasing_consume(struct leasing *f, size_t n);

/* Defined in queue_leasing.c, queue_leasing_groups.c and queue_leasing_faults.c. */
extern CU_TestInfo leasing_cases[], leasing_group_cases[], leasing_fault_cases[];

#endif
