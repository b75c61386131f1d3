/* Chooses the driver and calls it. The checks that hold for every driver are here. */
#include "queue/queue.h"

#include <string.h>

#include "core/check.h"
#include "core/hash.h"

#include "core/banned.h"

static const struct queue_driver *const drivers[] = {
    &queue_redis, &queue_mem, &queue_sqs};

/* The driver's name is the part of the URL before the colon. */
static const struct queue_driver *
queue_driver_of(const char *url)
{
	for (size_t i = 0; i < ES_COUNT(drivers); i++) {
		const size_t len = strlen(drivers[i]->name);

		if (strncmp(url, drivers[i]->name, len) == 0 && url[len] == ':')
			return drivers[i];
	}
	return NULL;
}

enum es_code
queue_open(const struct queue_settings *settings, struct queue **out, struct es_err *err)
{
	const struct queue_driver *driver = queue_driver_of(settings->url);

	if (driver == NULL)
		return es_fail(
		    err, ES_INVALID, "queue URL: must start with redis:, sqs: or mem:");
	if (settings->partitions < 1 || settings->partitions > QUEUE_PARTITIONS_MAX)
		return es_fail(err, ES_INVALID, "queue: 1 to %d partitions, not %u",
		    QUEUE_PARTITIONS_MAX, settings->partitions);
	if (settings->max_bytes < 1)
		return es_fail(err, ES_INVALID, "queue: max_bytes must be above 0");
	return driver->open(settings, out, err);
}

void
queue_close(struct queue **q)
{
	if (*q == NULL)
		return;
	(*q)->driver->close(*q);
	*q = NULL;
}

enum es_code
queue_send(struct queue *q, const struct queue_msg *msg, struct es_err *err)
{
	CHECK(msg->len > 0 && msg->group != NULL);
	CHECK(msg->guard == NULL || q->driver == &queue_redis);
	return q->driver->send(q, msg, err);
}

void
queue_limit(struct queue *q, int64_t ms)
{
	if (q->driver->limit != NULL)
		q->driver->limit(q, ms);
}

unsigned
queue_partitions(const struct queue *q)
{
	return q->driver->partitions != NULL ? q->driver->partitions(q) : 0;
}

unsigned
queue_partition_of(const char *group, unsigned partitions)
{
	return (unsigned)(hash_bytes(group, strlen(group)) % partitions);
}

static void
queue_check_partition(const struct queue *q, unsigned partition)
{
	const unsigned n = queue_partitions(q);

	CHECK(n == 0 || partition < n);
}

enum es_code
queue_receive(struct queue *q, unsigned partition, const char *after, size_t max,
    int64_t wait_ms, struct arena *a, struct queue_msg out[], size_t *n,
    struct es_err *err)
{
	queue_check_partition(q, partition);
	CHECK(max > 0 && max <= QUEUE_RECEIVE_MAX);
	return q->driver->receive(q, partition, after, max, wait_ms, a, out, n, err);
}

enum es_code
queue_collect(struct queue *q, struct queue_cursor cursors[], size_t n, size_t max,
    int64_t wait_ms, struct arena *a, struct es_err *err)
{
	CHECK(n > 0 && max > 0 && max <= QUEUE_RECEIVE_MAX);
	for (size_t i = 0; i < n; i++)
		queue_check_partition(q, cursors[i].partition);
	return q->driver->collect(q, cursors, n, max, wait_ms, a, err);
}

enum es_code
queue_done(struct queue *q, unsigned partition, const struct queue_msg msgs[], size_t n,
    const char *through, struct es_err *err)
{
	queue_check_partition(q, partition);
	return q->driver->done(q, partition, msgs, n, through, err);
}

enum es_code
queue_trim(
    struct queue *q, const struct queue_cursor cursors[], size_t n, struct es_err *err)
{
	for (size_t i = 0; i < n; i++)
		queue_check_partition(q, cursors[i].partition);
	return q->driver->trim(q, cursors, n, err);
}

enum es_code
queue_retry(struct queue *q, unsigned partition, const struct queue_msg msgs[], size_t n,
    int64_t delay_ms, struct es_err *err)
{
	queue_check_partition(q, partition);
	return q->driver->retry(q, partition, msgs, n, delay_ms, err);
}

enum es_code
queue_extend(struct queue *q, unsigned partition, const struct queue_msg msgs[], size_t n,
    int64_t for_ms, struct es_err *err)
{
	queue_check_partition(q, partition);
	return q->driver->extend(q, partition, msgs, n, for_ms, err);
}

enum es_code
queue_behind(struct queue *q, unsigned partition, const char *position, bool *out,
    struct es_err *err)
{
	queue_check_partition(q, partition);
	return q->driver->behind(q, partition, position, out, err);
}

enum es_code
queue_stats(struct queue *q, struct queue_stats *out, struct es_err *err)
{
	return q->driver->stats(q, out, err);
}

enum es_code
queue_check(struct queue *q, struct es_err *err)
{
	return q->driver->check(q, err);
}
