/* The messages of an in-process queue, shared by its handles. */
#ifndef QUEUE_QUEUE_MEM_STORE_H
#define QUEUE_QUEUE_MEM_STORE_H

#include <pthread.h>

#include "queue/queue_position.h"

struct mem_entry {
	struct queue_position at;
	char *body;
	size_t len;
};

struct mem_partition {
	struct mem_entry *entries; /* n entries in the order of their positions */
	size_t n, size;
	/* the last position ever given; trimming keeps it */
	struct queue_position last;
};

struct mem_store {
	char *name;
	unsigned handles;
	pthread_mutex_t lock; /* protects all members below */
	pthread_cond_t arrived;
	int64_t bytes;
	unsigned n_partitions;
	struct mem_partition *partitions;
	struct mem_store *next;
};

/* Returns the store with this name and counts a handle. Creates the store if there is
 * none, or if the name is "". */
struct mem_store *mem_store_open(const char *name, unsigned partitions);
void mem_store_close(struct mem_store *s);

/* For the functions below the caller holds the lock. */
void mem_store_add(struct mem_store *s, unsigned partition, const char *body, size_t len,
    int64_t now_ms);
/* Index of the first entry after the position; n: there is none. */
size_t mem_store_find(const struct mem_partition *p, const struct queue_position *after);
void mem_store_trim(
    struct mem_store *s, unsigned partition, const struct queue_position *through);
void mem_store_flush(struct mem_store *s);

#endif
