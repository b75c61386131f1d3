/* Decides when waiting questions go to the database: at once while few arrive, gathered
 * into few statements while many arrive. A leaky bucket measures the arrivals. This file
 * knows no event loop; the caller asks gather_due() at the end of each turn. */
#ifndef CORE_GATHER_H
#define CORE_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gather_limits {
	size_t batch;    /* maximum number of questions in one statement */
	int64_t wait_ms; /* minimum time between two statements while many arrive */
	/* arrivals a second up to which questions are sent at once */
	int64_t calm_per_s;
};

struct gather {
	struct gather_limits limits;
	int64_t level; /* fill level of the bucket, in thousandths of an arrival */
	int64_t level_ms, sent_ms;
	unsigned under_way; /* statements without an answer so far */
};

void gather_init(struct gather *g, const struct gather_limits *limits);
/* Count one arrival from outside. Repeated questions of the program itself don't
 * count. */
void gather_count_arrival(struct gather *g, int64_t now_ms);
/* Returns how many of the waiting questions to send now, in one statement. */
size_t gather_due(struct gather *g, size_t waiting, int64_t now_ms);
void gather_sent(struct gather *g, int64_t now_ms);
void gather_answered(struct gather *g);

#endif
