/* Tests that a partitioned queue driver keeps the contract of queue.h. */
#ifndef TESTS_CONTRACT_QUEUE_CONTRACT_H
#define TESTS_CONTRACT_QUEUE_CONTRACT_H

#include "queue/queue.h"

/* Runs all cases; returns the exit status of the program. */
int queue_contract(const struct queue_settings *settings);

#endif
