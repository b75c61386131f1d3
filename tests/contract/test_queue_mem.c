/* The contract of the queue, with the in-memory driver. */
#include "queue_contract.h"

int
main(void)
{
	/* Keep one handle open: the queue is freed with its last handle, so each case
	 * would otherwise start with a new queue. */
	const struct queue_settings settings = {.url = "mem:contract",
	    .partitions = 4,
	    .max_bytes = 4096,
	    .timeout_ms = 1000};
	struct queue *keep;
	struct es_err err;
	int status;

	if (queue_open(&settings, &keep, &err) != ES_OK)
		return 1;
	status = queue_contract(&settings);
	queue_close(&keep);
	return status;
}
