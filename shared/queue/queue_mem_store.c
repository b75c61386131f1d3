#include "queue/queue_mem_store.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"

#include "core/banned.h"

static struct mem_store *stores;
static pthread_mutex_t stores_lock = PTHREAD_MUTEX_INITIALIZER;

static struct mem_store *
queue_mem_store_new(const char *name, unsigned partitions)
{
	struct mem_store *s = mem_new(1, sizeof(*s));
	pthread_condattr_t attr;

	s->name = mem_strdup(name);
	s->n_partitions = partitions;
	s->partitions = mem_new(partitions, sizeof(*s->partitions));
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&s->arrived, &attr);
	(void)pthread_condattr_destroy(&attr);
	return s;
}

struct mem_store *
mem_store_open(const char *name, unsigned partitions)
{
	struct mem_store *s;

	(void)pthread_mutex_lock(&stores_lock);
	for (s = stores; s != NULL; s = s->next)
		if (name[0] != '\0' && strcmp(s->name, name) == 0)
			break;
	if (s == NULL) {
		s = queue_mem_store_new(name, partitions);
		s->next = stores;
		stores = s;
	}
	CHECK(s->n_partitions == partitions);
	s->handles++;
	(void)pthread_mutex_unlock(&stores_lock);
	return s;
}

void
mem_store_close(struct mem_store *s)
{
	struct mem_store **link = &stores;

	(void)pthread_mutex_lock(&stores_lock);
	s->handles--;
	if (s->handles == 0) {
		while (*link != s)
			link = &(*link)->next;
		*link = s->next;
		mem_store_flush(s);
		(void)pthread_cond_destroy(&s->arrived);
		(void)pthread_mutex_destroy(&s->lock);
		free(s->partitions);
		free(s->name);
		free(s);
	}
	(void)pthread_mutex_unlock(&stores_lock);
}

void
mem_store_add(
    struct mem_store *s, unsigned partition, const char *body, size_t len, int64_t now_ms)
{
	struct mem_partition *p = &s->partitions[partition];
	struct mem_entry *e;

	if (p->n == p->size) {
		p->size = p->size != 0 ? 2 * p->size : 16;
		p->entries = mem_grow(p->entries, p->size * sizeof(*p->entries));
	}
	if ((uint64_t)now_ms > p->last.ms)
		p->last = (struct queue_position){.ms = (uint64_t)now_ms};
	else
		p->last = queue_position_next(&p->last);
	e = &p->entries[p->n++];
	*e = (struct mem_entry){.at = p->last, .body = mem_new(1, len + 1), .len = len};
	memcpy(e->body, body, len);
	s->bytes += (int64_t)len;
	(void)pthread_cond_broadcast(&s->arrived);
}

size_t
mem_store_find(const struct mem_partition *p, const struct queue_position *after)
{
	size_t i = 0;

	while (i < p->n && !queue_position_before(after, &p->entries[i].at))
		i++;
	return i;
}

void
mem_store_trim(
    struct mem_store *s, unsigned partition, const struct queue_position *through)
{
	struct mem_partition *p = &s->partitions[partition];
	const size_t gone = mem_store_find(p, through);

	for (size_t i = 0; i < gone; i++) {
		s->bytes -= (int64_t)p->entries[i].len;
		free(p->entries[i].body);
	}
	if (gone > 0)
		memmove(
		    p->entries, p->entries + gone, (p->n - gone) * sizeof(*p->entries));
	p->n -= gone;
}

void
mem_store_flush(struct mem_store *s)
{
	static const struct queue_position all = {UINT64_MAX, UINT64_MAX};

	for (unsigned i = 0; i < s->n_partitions; i++) {
		mem_store_trim(s, i, &all);
		free(s->partitions[i].entries);
		s->partitions[i] = (struct mem_partition){0};
	}
}
