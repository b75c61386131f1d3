/* The keys of the queue in Redis. Streams es:q:<partition> have one entry for each
 * message, with its body in the field "e". The hash es:q:bytes has the waiting bytes of
 * each partition and in total. Each script changes stream and counters together. Stream
 * and counters differ only after someone deletes a key; then the scripts count the bytes
 * again. The blocking and the non-blocking driver use the same scripts. */
#ifndef QUEUE_QUEUE_STREAM_H
#define QUEUE_QUEUE_STREAM_H

#include "queue/queue.h"
#include "queue/queue_guard.h"
#include "redis/redis.h"

extern struct redis_script queue_stream_send, queue_stream_trim, queue_stream_stats;

#define QUEUE_STREAM_BYTES "es:q:bytes"

#define QUEUE_STREAM_KEY_MAX 24
void queue_stream_key(unsigned partition, char out[QUEUE_STREAM_KEY_MAX]);

/* Arguments of the send script: 2 keys, then 3 values. The pointers in argv lead into msg
 * and into this struct. */
#define QUEUE_STREAM_SEND_KEYS 2
#define QUEUE_STREAM_SEND_ARGS 5
struct queue_stream_request {
	char stream[24], max_bytes[24], partition[12];
	struct redis_arg argv[QUEUE_STREAM_SEND_ARGS];
};
void queue_stream_request_init(struct queue_stream_request *req,
    const struct queue_settings *settings, const struct queue_msg *msg);
/* Reads the reply of the send script: ES_OK or ES_QUEUE_FULL. */
enum es_code queue_stream_send_result(
    const struct redis_value *v, struct es_err *err) ES_MUST_CHECK;

/* The send script behind a guard. */
struct queue_stream_guarded {
	struct redis_script script; /* text NULL: not joined yet */
	char *text;                 /* owned */
};
/* Joins the guard's script with the send script; the second call changes nothing. */
void queue_stream_join(struct queue_stream_guarded *g, const struct queue_guard *guard);
void queue_stream_guarded_fini(struct queue_stream_guarded *g);
/* Puts the guard's keys and arguments before those of the send script. Returns the number
 * of arguments; the first *n_keys are keys. */
size_t queue_stream_guarded_args(const struct queue_guard *guard,
    const struct queue_stream_request *req,
    struct redis_arg out[QUEUE_GUARD_ARGS_MAX + QUEUE_STREAM_SEND_ARGS], size_t *n_keys);
/* Reads the reply: a code of guard->read() or of queue_stream_send_result(). */
enum es_code queue_stream_guarded_result(const struct queue_guard *guard,
    const struct redis_value *v, struct es_err *err) ES_MUST_CHECK;

#endif
