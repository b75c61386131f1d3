/* What a program is told about AWS: where its queues are, and how it proves who it is.
 * Plain settings, filled by conf and read by the sqs driver of the queue. */
#ifndef CORE_AWS_H
#define CORE_AWS_H

#include <stdint.h>

/* Texts are "" when not set, never NULL. */
struct aws_settings {
	const char *queue_urls; /* comma separated; a group's queue is picked by hash */
	const char *region;     /* "": read from the queue's URL, else default_region */
	const char *endpoint;   /* "": scheme and host of the queue's URL */
	int64_t timeout_ms;     /* of one call, its repetitions included */
	const char *access_key, *secret_key, *session_token;
	const char *default_region;
	/* ECS and EKS: where a process asks for keys, and what it shows there. */
	const char *container_path, *container_url;
	const char *container_token_file;
};

#endif
