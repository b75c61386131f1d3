/* A log of finished frames as the hub keeps them, for tests of writing. */
#ifndef TESTS_PUSH_FRAME_LOG_H
#define TESTS_PUSH_FRAME_LOG_H

#include <stddef.h>

/* {"n":1}, {"n":2}, ..., each padded; frame i is at data[at[i]]. */
struct frame_log {
	char *data;
	size_t len, at[4097];
	unsigned n;
};

/* n frames with payloads of that many bytes. data is the caller's to free. */
void frame_log_fill(struct frame_log *log, unsigned n, size_t payload);

#endif
