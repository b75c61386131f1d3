#include "queue/queue_guard.h"

#include <string.h>

#include "core/banned.h"

bool
queue_guard_fits(
    const char *queue_url, const char *queue_redis_url, const char *redis_url)
{
	return strncmp(queue_url, "redis:", 6) == 0 &&
	       (*queue_redis_url == '\0' || strcmp(queue_redis_url, redis_url) == 0);
}
