/* A growing byte queue with an upper limit, e.g. for finished frames. */
#ifndef PUSH_CONN_BYTES_H
#define PUSH_CONN_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A queue that is all zero is empty. */
struct conn_bytes {
	char *data;
	uint32_t len, size;
};

/* Append len bytes. When the queue would grow beyond cap, appends nothing and returns
 * false. */
bool conn_bytes_add(struct conn_bytes *b, const char *data, size_t len, size_t cap);
/* Remove n bytes from the front. An empty queue frees its memory, because most
 * connections have nothing to send most of the time. */
void conn_bytes_drop(struct conn_bytes *b, size_t n);
/* Free the memory; the queue is empty and may be used again. */
void conn_bytes_fini(struct conn_bytes *b);

#endif
