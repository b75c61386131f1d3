/* A guard: a script that decides, in the same run in Redis as the send, whether a message
 * may be stored. It saves the round trip of asking first. Only the redis driver has
 * guards. The queue knows nothing of the script but its form. */
#ifndef QUEUE_QUEUE_GUARD_H
#define QUEUE_QUEUE_GUARD_H

#include "core/err.h"
#include "redis/redis.h"

struct queue_guard {
	/* Its text is the body of a Lua function of KEYS and ARGV. It returns an array
	 * whose first item is 1 when the message may be stored. The driver joins it with
	 * its own script at the first use, so each send of a queue must use the same
	 * script. */
	const struct redis_script *script;
	/* n_keys keys, then the arguments; needed only during the call of the send */
	const struct redis_arg *argv;
	size_t n_keys, argc;
	/* Reads the array. Called at most once, before the send ends. Any code but ES_OK
	 * must mean that the script has refused the message; it becomes the result of the
	 * send. Not called when Redis could not be asked. */
	enum es_code (*read)(
	    void *ctx, const struct redis_value *verdict, struct es_err *err);
	void *ctx;
};

#define QUEUE_GUARD_ARGS_MAX 16

/* True when a queue with these settings is in the Redis at redis_url, so that sends may
 * have a guard that uses keys there. queue_redis_url "" means redis_url. */
bool queue_guard_fits(
    const char *queue_url, const char *queue_redis_url, const char *redis_url);

#endif
