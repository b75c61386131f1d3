/* A queue of the driver under test, empty at setup, and short functions to use it. */
#ifndef TESTS_CONTRACT_QUEUE_FIXTURE_H
#define TESTS_CONTRACT_QUEUE_FIXTURE_H

#include <CUnit/CUnit.h>

#include "queue/queue.h"

#define MAX 100

extern const struct queue_settings *subject; /* CUnit passes no argument to cases */

struct fixture {
	struct queue *q;
	struct arena *a;
	struct queue_msg got[MAX];
	size_t n;
	struct es_err err;
};

/* Deletes all messages and positions, as an operator would. */
void flush(struct fixture *f);
void setup(struct fixture *f);
void teardown(struct fixture *f);
enum es_code send_bytes(
    struct fixture *f, const char *group, const char *body, size_t len);
enum es_code send_text(struct fixture *f, const char *group, const char *body);
/* Receives into f->got and f->n, without waiting. */
enum es_code receive(struct fixture *f, const char *group, const char *after, size_t max);
enum es_code done(struct fixture *f, const char *group, const char *through);
/* The bodies of the received messages, joined by commas. */
const char *bodies(const struct fixture *f);

/* queue_contract_collect.c */
extern CU_TestInfo queue_collect_cases[];

#endif
