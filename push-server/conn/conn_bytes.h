/* A growing, capped byte queue, of finished frames for example. */
#ifndef PUSH_CONN_BYTES_H
#define PUSH_CONN_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: empty. */
struct conn_bytes {
	char *data;
	uint32_t len, size;
};

/* Append; false, and nothing is appended, when len would pass the cap. */
bool conn_bytes_add(struct conn_bytes *b, const char *data, size_t len, size_t cap);
/* Take n bytes off the front. An empty queue holds no memory: most connections have
 * nothing to say most of the time. */
void conn_bytes_drop(struct conn_bytes *b, size_t n);
/* Free the memory; the queue is empty and may be used again. */
void conn_bytes_fini(struct conn_bytes *b);

#endif
