/* A log of finished frames as the hub keeps them, for tests of writing. */
#ifndef TESTS_PUSH_FRAME_LOG_H
#define TESTS_PUSH_FRAME_LOG_H

#include <stddef.h>

/* The padded frames {"n":1}, {"n":2}, ... Frame i is at data[at[i]]. */
struct frame_log {
	char *data;
	size_t len, at[4097];
	unsigned n;
};

/* Fills log with n frames, each with payload bytes of payload. The caller frees data. */
void frame_log_fill(struct frame_log *log, unsigned n, size_t payload);

#endif
