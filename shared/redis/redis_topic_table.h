/* The topics of one subscriber: a hash table by name, and a list of the topics with work
 * to do. */
#ifndef REDIS_REDIS_TOPIC_TABLE_H
#define REDIS_REDIS_TOPIC_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

/* The state of a topic in Redis. A topic has at most one command outstanding: hiredis
 * would forget a topic that is subscribed again before the reply to its UNSUBSCRIBE. */
enum topic_state { TOPIC_OFF, TOPIC_JOINING, TOPIC_ON, TOPIC_LEAVING };

struct topic {
	TAILQ_ENTRY(topic) work;
	struct topic *next; /* next topic in the bucket */
	enum topic_state state;
	bool wanted;
	bool confirm; /* subscribe again, because a caller waits for a confirmation */
	bool queued;
	char name[];
};

struct topic_table {
	struct topic **buckets;
	size_t n, n_buckets; /* n_buckets is a power of two */
	TAILQ_HEAD(, topic) work;
};

void topic_table_init(struct topic_table *t);
void topic_table_fini(struct topic_table *t);
/* NULL: there is no topic with this name. */
struct topic *topic_table_find(const struct topic_table *t, const char *name);
struct topic *topic_table_add(struct topic_table *t, const char *name);
void topic_table_remove(struct topic_table *t, struct topic *topic);
/* Appends the topic to the work list, unless it is there. */
void topic_table_queue(struct topic_table *t, struct topic *topic);
/* Removes the first topic from the work list; NULL when the list is empty. */
struct topic *topic_table_next(struct topic_table *t);
/* Call it for a new connection, on which nothing is subscribed. Removes the topics that
 * are not wanted. Sets all others to TOPIC_OFF and appends them to the work list. */
void topic_table_reset(struct topic_table *t);

#endif
