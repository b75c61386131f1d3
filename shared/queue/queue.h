/* A durable work queue, ordered within a group (the channel). Drivers: redis (Redis
 * Streams in partitions, position kept by the consumer), mem (in-process twin of it that
 * defines correct behaviour), sqs (leases messages by itself). The verbs fit both kinds.
 */
#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/aws.h"
#include "core/err.h"

struct queue;

#define QUEUE_POSITION_MAX   64 /* bytes of a position with its terminator */
#define QUEUE_RECEIVE_MAX    500
#define QUEUE_PARTITIONS_MAX 256

struct queue_settings {
	const char *url;       /* "redis:", "mem:NAME", "sqs:..." */
	const char *redis_url; /* for "redis:" */
	unsigned partitions;
	int64_t
	    max_bytes; /* of all waiting messages; beyond it send answers ES_QUEUE_FULL */
	int64_t timeout_ms;             /* of one call that does not wait for messages */
	const struct aws_settings *sqs; /* for "sqs:", which has its own time limit */
};

struct queue_msg {
	const char *body;
	size_t len;
	const char *group;  /* send: the channel; one group is delivered in order */
	const char *dedupe; /* send: envelope id, new per accept (SQS deduplication id) */
	const char *position; /* receive: where it stands in its partition; leasing: its
	                       * id, the same each time it comes */
	const char *receipt;  /* receive: names this delivery ("" if none) */
	unsigned tries;       /* receive: deliveries so far, from 1; 0 when not counted */
	int64_t age_ms;       /* receive: since it was sent */
};

struct queue_stats {
	int64_t messages;      /* waiting or in work */
	int64_t bytes;         /* -1 when not known */
	int64_t oldest_age_ms; /* 0 when empty */
};

/* A place in a partition to wait at. */
struct queue_cursor {
	unsigned partition;
	const char *after; /* position; "" = from the start */
	bool ready;        /* out: something is there after it */
};

struct queue_driver {
	const char *name;
	size_t request_max; /* messages that one request brings; 0: all asked for */
	enum es_code (*open)(const struct queue_settings *settings, struct queue **out,
	    struct es_err *err);
	enum es_code (*send)(
	    struct queue *q, const struct queue_msg *msg, struct es_err *err);
	void (*limit)(struct queue *q, int64_t ms);    /* NULL: timeout_ms holds */
	unsigned (*partitions)(const struct queue *q); /* NULL: it leases by itself */
	enum es_code (*receive)(struct queue *q, unsigned partition, const char *after,
	    size_t max, int64_t wait_ms, struct arena *a, struct queue_msg out[],
	    size_t *n, struct es_err *err);
	enum es_code (*wait)(struct queue *q, struct queue_cursor cursors[], size_t n,
	    int64_t wait_ms, struct es_err *err);
	enum es_code (*done)(struct queue *q, unsigned partition,
	    const struct queue_msg msgs[], size_t n, const char *through,
	    struct es_err *err);
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

/* Every driver's own struct starts with this. */
struct queue {
	const struct queue_driver *driver;
};

enum es_code queue_open(const struct queue_settings *settings, struct queue **out,
    struct es_err *err) ES_MUST_CHECK;
void queue_close(struct queue **q);

/* ES_OK: durable. ES_QUEUE_FULL beyond max_bytes, ES_UNAVAILABLE when away or not known.
 */
enum es_code queue_send(
    struct queue *q, const struct queue_msg *msg, struct es_err *err) ES_MUST_CHECK;

/* From now on and until the next call, all calls together wait for ms at most, where the
 * driver can promise it (redis: yes; sqs: each call has its own time-out). */
void queue_limit(struct queue *q, int64_t ms);

/* How many partitions a consumer has to own; 0: the queue leases messages by itself. */
unsigned queue_partitions(const struct queue *q);
/* Which partition a group belongs to (FNV-1a of the group modulo partitions). */
unsigned queue_partition_of(const char *group, unsigned partitions);

/* Up to max messages after the position ("" = from the start; without partitions it is
 * ignored), in order; waits up to wait_ms for the first. *n may be 0. Leasing: 0 ms may
 * miss what a wait would bring. */
enum es_code queue_receive(struct queue *q, unsigned partition, const char *after,
    size_t max, int64_t wait_ms, struct arena *a, struct queue_msg out[], size_t *n,
    struct es_err *err) ES_MUST_CHECK;

/* Wait up to wait_ms until something is there after any of the cursors; sets ready of
 * each. Only for queues with partitions. */
enum es_code queue_wait(struct queue *q, struct queue_cursor cursors[], size_t n,
    int64_t wait_ms, struct es_err *err) ES_MUST_CHECK;

/* Gone for good. Partitioned: trims everything up to and with `through`, which must
 * already be stored with the committed data; msgs is ignored. Leasing: deletes msgs. */
enum es_code queue_done(struct queue *q, unsigned partition,
    const struct queue_msg msgs[], size_t n, const char *through,
    struct es_err *err) ES_MUST_CHECK;
/* Not done: deliver again after the delay. Partitioned: nothing to do, receive again. */
enum es_code queue_retry(struct queue *q, unsigned partition,
    const struct queue_msg msgs[], size_t n, int64_t delay_ms,
    struct es_err *err) ES_MUST_CHECK;
/* Still at work: keep the lease. Partitioned: nothing to do. */
enum es_code queue_extend(struct queue *q, unsigned partition,
    const struct queue_msg msgs[], size_t n, int64_t for_ms,
    struct es_err *err) ES_MUST_CHECK;

/* Partitioned: does the partition end before position (it was flushed: start at 0,
 * alarm)? */
enum es_code queue_behind(struct queue *q, unsigned partition, const char *position,
    bool *out, struct es_err *err) ES_MUST_CHECK;

enum es_code queue_stats(
    struct queue *q, struct queue_stats *out, struct es_err *err) ES_MUST_CHECK;
/* Reachable and durable as promised (redis: appendfsync always, noeviction). */
enum es_code queue_check(struct queue *q, struct es_err *err) ES_MUST_CHECK;

extern const struct queue_driver queue_redis, queue_mem, queue_sqs;

#endif
