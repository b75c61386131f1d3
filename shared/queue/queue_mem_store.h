/* The messages of an in-process queue, apart from its handles. */
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
	struct mem_entry *entries; /* n of them, rising */
	size_t n, size;
	struct queue_position last; /* ever given; outlives trimming */
};

struct mem_store {
	char *name;
	unsigned handles;
	pthread_mutex_t lock; /* all below */
	pthread_cond_t arrived;
	int64_t bytes;
	unsigned n_partitions;
	struct mem_partition *partitions;
	struct mem_store *next;
};

/* The store of that name, made if there is none. */
struct mem_store *mem_store_take(const char *name, unsigned partitions);
void mem_store_drop(struct mem_store *s);

/* With the lock held: */
void mem_store_add(struct mem_store *s, unsigned partition, const char *body, size_t len,
    int64_t now_ms);
/* Index of the first entry after the position. */
size_t mem_store_find(const struct mem_partition *p, const struct queue_position *after);
void mem_store_trim(
    struct mem_store *s, unsigned partition, const struct queue_position *through);
void mem_store_flush(struct mem_store *s);

#endif
