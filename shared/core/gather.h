/* Decides when waiting questions go to the database. The faster questions arrive, the
 * more of them go into one statement:
 *
 *   arrivals a second         a statement is sent
 *   up to GATHER_CALM         immediately when none is under way, else GATHER_PAUSE_MS
 *                             after the last one
 *   more                      when the first question has waited for GATHER_WAIT_MS, or
 *                             when none has arrived for GATHER_PAUSE_MS
 *   GATHER_STORM, and then    the same with GATHER_STORM_WAIT_MS and
 *   down to GATHER_CALM       GATHER_STORM_PAUSE_MS
 *
 * A full batch is always sent immediately. The questions of GATHER_MANY arrivals are
 * sent immediately when no statement is under way. This file knows no event loop: the
 * caller asks gather_due() at the end of each turn, and runs the next turn at
 * gather_due_ms(). */
#ifndef CORE_GATHER_H
#define CORE_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Arrivals a second; each may cost a statement. */
#define GATHER_CALM     20
#define GATHER_PAUSE_MS 20 /* a few times the round trip of a busy database */
#define GATHER_WAIT_MS  30 /* so that hello comes within 50 ms */
/* Arrivals a second of one worker. Its clients are advised to reconnect at 500 a second
 * (ES_PUSH_COMEBACK_PER_S). */
#define GATHER_STORM          400
#define GATHER_STORM_WAIT_MS  120 /* 60 arrivals at 500 a second */
#define GATHER_STORM_PAUSE_MS 40
/* So many arrivals are worth a statement of their own, even in a storm. */
#define GATHER_MANY 80

struct gather_limits {
	size_t batch; /* maximum number of questions in one statement */
	/* Ignore the number of arrivals: send as in the first row of the table above. */
	bool hurried;
};

struct gather {
	struct gather_limits limits;
	/* A leaky bucket, in thousandths of an arrival. It loses a share of its content
	 * in each millisecond, so its level is proportional to the rate of arrivals. */
	int64_t level;
	int64_t level_ms, sent_ms;
	bool storm;
	unsigned arrived;           /* arrivals since the last statement */
	size_t waiting;             /* questions that waited at the last gather_due() */
	int64_t first_ms, grown_ms; /* when waiting last rose from 0, when it last rose */
	unsigned under_way;         /* statements without an answer so far */
};

void gather_init(struct gather *g, const struct gather_limits *limits);
/* Count one arrival from outside. Repeated questions of the program itself don't
 * count. */
void gather_count_arrival(struct gather *g, int64_t now_ms);
/* Returns how many of the waiting questions to send now, in one statement. */
size_t gather_due(struct gather *g, size_t waiting, int64_t now_ms);
/* Returns the time at which the waiting questions are due if nothing else happens, or
 * INT64_MAX when none waits. Call it after gather_due() has returned 0. */
int64_t gather_due_ms(const struct gather *g);
void gather_sent(struct gather *g, int64_t now_ms);
void gather_answered(struct gather *g);

#endif
