/* A durable work queue, ordered within a group (the channel). A partitioned driver keeps
 * messages in partitions, and the consumer stores its position: "redis" (Redis Streams)
 * and "mem" (in this process; it defines the behaviour that tests expect). A leasing
 * driver leases each message separately to a consumer: "sqs". The functions below fit
 * both kinds. */
#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/aws.h"
#include "core/err.h"

struct queue;
struct queue_guard;

#define QUEUE_POSITION_MAX   64 /* bytes of a position with its NUL */
#define QUEUE_RECEIVE_MAX    500
#define QUEUE_PARTITIONS_MAX 256

struct queue_settings {
	const char *url;       /* "redis:", "mem:NAME", "sqs:..." */
	const char *redis_url; /* for "redis:" */
	unsigned partitions;
	int64_t max_bytes; /* of waiting messages; queue_send() refuses more */
	/* time-out of one call, without the time in which it waits for messages */
	int64_t timeout_ms;
	const struct aws_settings *sqs; /* for "sqs:", which has its own time-out */
};

struct queue_msg {
	const char *body;
	size_t len;
	/* send: the channel; the queue keeps the order of a group */
	const char *group;
	/* send: id of the envelope, new for each accepted request (SQS deduplication
	 * id) */
	const char *dedupe;
	/* send: asked whether the message may be stored (queue_guard.h); NULL: no guard.
	 * Only the redis driver has guards. */
	const struct queue_guard *guard;
	/* receive: the message's position in the partition; with a leasing driver the
	 * message's id, the same at each redelivery */
	const char *position;
	/* receive: names this delivery; "" if the driver needs none */
	const char *receipt;
	unsigned tries; /* receive: deliveries so far, from 1; 0: not counted */
	int64_t age_ms; /* receive: time since the message was sent */
};

struct queue_stats {
	int64_t messages;      /* waiting, or received and not done */
	int64_t bytes;         /* -1: not known */
	int64_t oldest_age_ms; /* 0: the queue is empty */
};

/* A place in a partition, and the messages after it. */
struct queue_cursor {
	unsigned partition;
	const char *after; /* position; "": from the start */
	/* out: the messages, in order; the arena of the call owns them */
	struct queue_msg *msgs;
	size_t n;
};

struct queue_driver {
	const char *name;
	/* largest number of messages that one request returns; 0: no limit */
	size_t request_max;
	enum es_code (*open)(const struct queue_settings *settings, struct queue **out,
	    struct es_err *err);
	enum es_code (*send)(
	    struct queue *q, const struct queue_msg *msg, struct es_err *err);
	/* NULL: only timeout_ms holds */
	void (*limit)(struct queue *q, int64_t ms);
	/* NULL: the driver leases messages */
	unsigned (*partitions)(const struct queue *q);
	enum es_code (*receive)(struct queue *q, unsigned partition, const char *after,
	    size_t max, int64_t wait_ms, struct arena *a, struct queue_msg out[],
	    size_t *n, struct es_err *err);
	enum es_code (*collect)(struct queue *q, struct queue_cursor cursors[], size_t n,
	    size_t max, int64_t wait_ms, struct arena *a, struct es_err *err);
	enum es_code (*done)(struct queue *q, unsigned partition,
	    const struct queue_msg msgs[], size_t n, const char *through,
	    struct es_err *err);
	enum es_code (*trim)(struct queue *q, const struct queue_cursor cursors[],
	    size_t n, struct es_err *err);
	enum es_code (*retry)(struct queue *q, unsigned partition,
	    const struct queue_msg msgs[], size_t n, int64_t delay_ms,
	    struct es_err *err);
	enum es_code (*extend)(struct queue *q, unsigned partition,
	    const struct queue_msg msgs[], size_t n, int64_t for_ms, struct es_err *err);
	enum es_code (*behind)(struct queue *q, unsigned partition, const char *position,
	    bool *out, struct es_err *err);
	enum es_code (*stats)(
	    struct queue *q, struct queue_stats *out, struct es_err *err);
	enum es_code (*check)(struct queue *q, struct es_err *err);
	void (*close)(struct queue *q);
};

/* The first member of every driver's own struct. */
struct queue {
	const struct queue_driver *driver;
};

enum es_code queue_open(const struct queue_settings *settings, struct queue **out,
    struct es_err *err) ES_MUST_CHECK;
void queue_close(struct queue **q);

/* ES_OK: the message is stored durably. ES_QUEUE_FULL: with the message, more than
 * max_bytes would wait. ES_UNAVAILABLE: the queue can't be reached, or did not answer. In
 * that case the message may have been stored. */
enum es_code queue_send(
    struct queue *q, const struct queue_msg *msg, struct es_err *err) ES_MUST_CHECK;

/* Sets a budget: until the next call of this function, all calls together may take ms
 * milliseconds. Only the redis driver keeps the budget; in the sqs driver each call has
 * its own time-out. */
void queue_limit(struct queue *q, int64_t ms);

/* The number of partitions that consumers must own; 0: the driver leases messages. */
unsigned queue_partitions(const struct queue *q);
/* The partition of a group: FNV-1a of the group modulo partitions. */
unsigned queue_partition_of(const char *group, unsigned partitions);

/* Receives up to max messages after a position ("": from the start; a leasing driver
 * ignores it), in order. Waits up to wait_ms for the first message. *n may be 0. a owns
 * the texts. With a leasing driver, wait_ms 0 may miss messages that a longer wait would
 * receive. */
enum es_code queue_receive(struct queue *q, unsigned partition, const char *after,
    size_t max, int64_t wait_ms, struct arena *a, struct queue_msg out[], size_t *n,
    struct es_err *err) ES_MUST_CHECK;

/* Receives up to max messages of each of several partitions in one request. Waits up to
 * wait_ms until one of the partitions has a message; then the others may be empty. a owns
 * the messages and their texts. Only for partitioned drivers. */
enum es_code queue_collect(struct queue *q, struct queue_cursor cursors[], size_t n,
    size_t max, int64_t wait_ms, struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Deletes messages for good. Partitioned: deletes everything up to and including
 * `through`, a position that the consumer must have stored with its committed data;
 * ignores msgs. Leasing: deletes msgs; ignores through. */
enum es_code queue_done(struct queue *q, unsigned partition,
    const struct queue_msg msgs[], size_t n, const char *through,
    struct es_err *err) ES_MUST_CHECK;
/* Only for partitioned drivers: queue_done() for several partitions in one request.
 * Deletes each partition's messages up to and including cursors[i].after. After a
 * failure, the messages of some of the partitions may be deleted. */
enum es_code queue_trim(struct queue *q, const struct queue_cursor cursors[], size_t n,
    struct es_err *err) ES_MUST_CHECK;
/* Returns messages that are not done, for a redelivery after delay_ms. Partitioned: does
 * nothing, the consumer receives them again. */
enum es_code queue_retry(struct queue *q, unsigned partition,
    const struct queue_msg msgs[], size_t n, int64_t delay_ms,
    struct es_err *err) ES_MUST_CHECK;
/* Extends the lease of messages that are still being processed. Partitioned: does
 * nothing. */
enum es_code queue_extend(struct queue *q, unsigned partition,
    const struct queue_msg msgs[], size_t n, int64_t for_ms,
    struct es_err *err) ES_MUST_CHECK;

/* Only for partitioned drivers: checks whether the partition ends before position. If it
 * does, the partition was flushed: start again at "" and raise an alarm. */
enum es_code queue_behind(struct queue *q, unsigned partition, const char *position,
    bool *out, struct es_err *err) ES_MUST_CHECK;

enum es_code queue_stats(
    struct queue *q, struct queue_stats *out, struct es_err *err) ES_MUST_CHECK;
/* ES_OK: the queue can be reached and is as durable as it must be (redis: appendfsync
 * always, noeviction, a primary). */
enum es_code queue_check(struct queue *q, struct es_err *err) ES_MUST_CHECK;

extern const struct queue_driver queue_redis, queue_mem, queue_sqs;

#endif
