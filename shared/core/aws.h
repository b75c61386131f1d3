/* Settings for AWS: the URLs of the queues, and where the process finds its keys. conf
 * fills them, and the sqs driver of the queue reads them. */
#ifndef CORE_AWS_H
#define CORE_AWS_H

#include <stdint.h>

/* Texts are "" when not set, never NULL. */
struct aws_settings {
	/* separated by commas; a hash of the message group selects the queue */
	const char *queue_urls;
	const char *region;   /* "": taken from the queue's URL, else default_region */
	const char *endpoint; /* "": scheme and host of the queue's URL */
	int64_t timeout_ms;   /* of one call, including its retries */
	const char *access_key, *secret_key, *session_token;
	const char *default_region;
	/* ECS and EKS: the endpoint that gives keys to a process, and the file with the
	 * token for it. */
	const char *container_path, *container_url;
	const char *container_token_file;
};

#endif
