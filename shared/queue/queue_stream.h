/* How the queue lies in Redis: streams es:q:<partition>, one entry a message, its body in
 * the field "e"; hash es:q:bytes with the bytes waiting, per partition and in total. Each
 * script changes stream and counters together, so they part only when somebody else
 * deletes one of them; the scripts see that and count again. Shared by the blocking and
 * the async driver. */
#ifndef QUEUE_QUEUE_STREAM_H
#define QUEUE_QUEUE_STREAM_H

#include "queue/queue.h"
#include "redis/redis.h"

extern struct redis_script queue_stream_send, queue_stream_trim, queue_stream_stats;

#define QUEUE_STREAM_BYTES "es:q:bytes"

#define QUEUE_STREAM_KEY_MAX 24
void queue_stream_key(unsigned partition, char out[QUEUE_STREAM_KEY_MAX]);

/* Arguments of the send script: 2 keys, then the rest. Lives as long as msg and this. */
#define QUEUE_STREAM_SEND_KEYS 2
#define QUEUE_STREAM_SEND_ARGS 5
struct queue_stream_request {
	char stream[24], max_bytes[24], partition[12];
	struct redis_arg argv[QUEUE_STREAM_SEND_ARGS];
};
void queue_stream_request_init(struct queue_stream_request *req,
    const struct queue_settings *settings, const struct queue_msg *msg);
/* The script's answer: ES_OK, or ES_QUEUE_FULL. */
enum es_code queue_stream_sent(
    const struct redis_value *v, struct es_err *err) ES_MUST_CHECK;

#endif
