/* Declarations shared by the files of the consumer: consumer.c, consumer_leasing.c (SQS),
 * consumer_partitions.c (a pass over a queue in partitions) and turn.c (its
 * transactions). */
#ifndef FANOUT_CONSUMER_PRIVATE_H
#define FANOUT_CONSUMER_PRIVATE_H

#include "batch.h"
#include "consumer.h"

#define BACKOFF_MIN_MS 50
#define BACKOFF_MAX_MS 2000
#define WAIT_MS        200 /* maximum duration of one wait for messages */

/* The size of the next request, in entries, after a request for `asked` entries has
 * failed. `failed` is the number of entries in the failed part. Returns half of the
 * smaller number, but at least 1. */
size_t consumer_halve(size_t asked, size_t failed);
/* The size of the next request after a success. */
size_t consumer_double(size_t asked, size_t max);

/* Pauses while PostgreSQL or the queue does not answer. The time since since_ms counts as
 * a part of the pause: after a time-out there is little left to sleep. */
void consumer_back_off(
    struct consumer *w, int64_t since_ms, const char *what, const struct es_err *err);

struct batch_ctx consumer_batch_ctx(const struct consumer *w);

#endif
