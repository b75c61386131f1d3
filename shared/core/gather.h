/* When waiting questions go to the database: at once while few come, gathered into few
 * statements while many do. Counts who came, as a leaky bucket, and knows no loop: the
 * owner asks at the end of each turn. */
#ifndef CORE_GATHER_H
#define CORE_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gather_limits {
	size_t batch;       /* questions of one statement at most */
	int64_t wait_ms;    /* between two statements while many come */
	int64_t calm_per_s; /* who comes no faster does not wait */
};

struct gather {
	struct gather_limits limits;
	int64_t level; /* of the bucket, in thousandths of a comer */
	int64_t level_ms, sent_ms;
	unsigned under_way; /* statements */
};

void gather_init(struct gather *g, const struct gather_limits *limits);
/* Somebody came. Questions that are repeated by ourselves don't count. */
void gather_came(struct gather *g, int64_t now_ms);
/* How many of those that wait go out now in one statement; 0: later. */
size_t gather_due(struct gather *g, size_t waiting, int64_t now_ms);
void gather_sent(struct gather *g, int64_t now_ms);
void gather_answered(struct gather *g);

#endif
