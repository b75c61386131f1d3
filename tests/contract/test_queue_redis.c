/* The contract of the queue, with Redis Streams. */
#include "queue_contract.h"
#include "redis_server.h"

int
main(void)
{
	const struct queue_settings settings = {.url = "redis:",
	    .redis_url = redis_test_url(),
	    .partitions = 4,
	    .max_bytes = 4096,
	    .timeout_ms = 5000};

	return queue_contract(&settings);
}
