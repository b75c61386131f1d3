#include "redis/redis_topic_table.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"

#include "core/banned.h"

#define BUCKETS_MIN 64

static struct topic **
redis_topic_table_bucket(const struct topic_table *t, const char *name)
{
	return &t->buckets[keyed_hash(name, strlen(name)) & (t->n_buckets - 1)];
}

void
topic_table_init(struct topic_table *t)
{
	*t = (struct topic_table){.n_buckets = BUCKETS_MIN};
	t->buckets = mem_new(t->n_buckets, sizeof(struct topic *));
	TAILQ_INIT(&t->work);
}

void
topic_table_fini(struct topic_table *t)
{
	for (size_t i = 0; i < t->n_buckets; i++)
		while (t->buckets[i] != NULL)
			topic_table_remove(t, t->buckets[i]);
	free(t->buckets);
}

struct topic *
topic_table_find(const struct topic_table *t, const char *name)
{
	struct topic *topic = *redis_topic_table_bucket(t, name);

	while (topic != NULL && strcmp(topic->name, name) != 0)
		topic = topic->next;
	return topic;
}

static void
redis_topic_table_grow(struct topic_table *t)
{
	struct topic **old = t->buckets;
	const size_t n_old = t->n_buckets;

	t->n_buckets *= 2;
	t->buckets = mem_new(t->n_buckets, sizeof(struct topic *));
	for (size_t i = 0; i < n_old; i++) {
		struct topic *topic = old[i], *next;

		for (; topic != NULL; topic = next) {
			struct topic **b = redis_topic_table_bucket(t, topic->name);

			next = topic->next;
			topic->next = *b;
			*b = topic;
		}
	}
	free(old);
}

struct topic *
topic_table_add(struct topic_table *t, const char *name)
{
	const size_t size = strlen(name) + 1;
	struct topic *topic = mem_new(1, sizeof(*topic) + size);
	struct topic **b;

	if (t->n >= t->n_buckets)
		redis_topic_table_grow(t);
	memcpy(topic->name, name, size);
	b = redis_topic_table_bucket(t, name);
	topic->next = *b;
	*b = topic;
	t->n++;
	return topic;
}

void
topic_table_remove(struct topic_table *t, struct topic *topic)
{
	struct topic **link = redis_topic_table_bucket(t, topic->name);

	while (*link != topic)
		link = &(*link)->next;
	*link = topic->next;
	if (topic->queued)
		TAILQ_REMOVE(&t->work, topic, work);
	t->n--;
	free(topic);
}

void
topic_table_queue(struct topic_table *t, struct topic *topic)
{
	if (topic->queued)
		return;
	topic->queued = true;
	TAILQ_INSERT_TAIL(&t->work, topic, work);
}

struct topic *
topic_table_next(struct topic_table *t)
{
	struct topic *topic = TAILQ_FIRST(&t->work);

	if (topic == NULL)
		return NULL;
	TAILQ_REMOVE(&t->work, topic, work);
	topic->queued = false;
	return topic;
}

void
topic_table_reset(struct topic_table *t)
{
	for (size_t i = 0; i < t->n_buckets; i++) {
		struct topic *topic = t->buckets[i], *next;

		for (; topic != NULL; topic = next) {
			next = topic->next;
			topic->state = TOPIC_OFF;
			if (topic->wanted)
				topic_table_queue(t, topic);
			else
				topic_table_remove(t, topic);
		}
	}
}
