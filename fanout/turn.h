/* Turns: one transaction of a worker for the entries that wait in all its partitions.
 *
 * The transaction fences every partition that has entries in it, and stores the end of
 * the turn before for each of them. While PostgreSQL commits a turn, the worker trims the
 * queue and, when more entries wait, receives and decodes the next turn. Otherwise it
 * receives while Redis publishes the turn. The worker sends the next turn only after it
 * has published the present one, because the position that a commit stores must be
 * published. */
#ifndef FANOUT_TURN_H
#define FANOUT_TURN_H

#include "consumer.h"

/* Commits and publishes one turn of the partitions that neither stand alone nor are put
 * off. Waits up to 200 ms for entries unless a turn is planned. When the turn fails, its
 * partitions stand alone from then on (lease.alone). Fails only when the queue can't be
 * read. */
enum es_code turn_run(struct consumer *w, struct es_err *err) ES_MUST_CHECK;

/* Drops the entries that are received but not committed; the worker receives them
 * again. */
void turn_forget(struct consumer *w);

#endif
