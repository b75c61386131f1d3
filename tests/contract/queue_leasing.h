/* What a queue that leases messages by itself has to do, tried on SQS. */
#ifndef TESTS_CONTRACT_QUEUE_LEASING_H
#define TESTS_CONTRACT_QUEUE_LEASING_H

#include <CUnit/CUnit.h>

#include "queue/queue.h"

#define LEASING_MAX           100
#define LEASING_VISIBILITY_MS 1000 /* that tests/run/sqs.sh gives the queues */

struct leasing {
	struct aws_settings aws;
	struct queue_settings settings;
	struct queue *q;
	struct arena *a;
	struct queue_msg got[LEASING_MAX];
	size_t n;
	struct es_err err;
};

/* ES_TEST_SQS_ENDPOINT; exits 77 with the reason when unset. */
const char *leasing_endpoint(void);
/* Empty queues, no faults, good keys; open. */
void leasing_setup(struct leasing *f);
void leasing_teardown(struct leasing *f);
/* Open anew after a change of f->aws. */
enum es_code leasing_reopen(struct leasing *f);
/* POST to the test server; its answer, in f->a. */
const char *leasing_control(struct leasing *f, const char *what, const char *json);
/* How often an action was asked for since the setup. */
int leasing_count(struct leasing *f, const char *action);

enum es_code leasing_send(struct leasing *f, const char *group, const char *body);
/* Into f->got and f->n. */
enum es_code leasing_receive(struct leasing *f, size_t max, int64_t wait_ms);
/* Receive and delete until n are there or 10 s are over; their bodies by commas. */
const char *leasing_drain(struct leasing *f, size_t n);

/* queue_leasing.c, queue_leasing_groups.c, queue_leasing_faults.c */
extern CU_TestInfo leasing_cases[], leasing_group_cases[], leasing_fault_cases[];

#endif
