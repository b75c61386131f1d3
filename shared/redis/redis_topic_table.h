/* The topics of one subscriber: a hash table by name, and the list of those with work to
 * do. */
#ifndef REDIS_REDIS_TOPIC_TABLE_H
#define REDIS_REDIS_TOPIC_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

/* What Redis knows. One command a topic is outstanding at most: hiredis forgets a topic
 * that is subscribed again before its UNSUBSCRIBE is answered. */
enum topic_state { TOPIC_OFF, TOPIC_JOINING, TOPIC_ON, TOPIC_LEAVING };

struct topic {
	TAILQ_ENTRY(topic) work;
	struct topic *next; /* in its bucket */
	enum topic_state state;
	bool wanted;
	bool confirm; /* somebody waits for a confirmation */
	bool queued;
	char name[];
};

struct topic_table {
	struct topic **buckets;
	size_t n, n_buckets; /* a power of two */
	TAILQ_HEAD(, topic) work;
};

void topic_table_init(struct topic_table *t);
void topic_table_fini(struct topic_table *t);
/* NULL when there is none of that name. */
struct topic *topic_table_find(const struct topic_table *t, const char *name);
struct topic *topic_table_add(struct topic_table *t, const char *name);
void topic_table_remove(struct topic_table *t, struct topic *topic);
/* To the end of the work list, unless it is there already. */
void topic_table_queue(struct topic_table *t, struct topic *topic);
/* Off the work list; NULL when that is empty. */
struct topic *topic_table_next(struct topic_table *t);
/* The connection is gone: what is not wanted goes, all else is off and has work. */
void topic_table_reset(struct topic_table *t);

#endif
