#include "env/budget.h"

#include "core/banned.h"

void
budget_start(struct api *api)
{
	redis_budget(api->redis, api->redis_timeout_ms);
	queue_limit(api->queue, api->redis_timeout_ms);
}

void
budget_for_send(struct api *api)
{
	redis_budget(api->redis, api->redis_timeout_ms / 2);
}

void
budget_for_enqueue(struct api *api)
{
	queue_limit(api->queue, api->redis_timeout_ms - api->redis_timeout_ms / 2 +
				    redis_budget_left(api->redis));
}
