/* Who may wait for a commit: at most half of the send workers at once, and nobody while
 * commits are stalled. In memory that all workers share; a worker that dies leaves
 * nothing behind. */
#ifndef API_SEND_GATE_H
#define API_SEND_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

#define SEND_GATE_TIMEOUTS 5    /* in a row, until nobody waits any more */
#define SEND_GATE_PROBE_MS 1000 /* then one waits again, this often */

struct send_gate;

/* In the master, before any fork. */
enum es_code send_gate_open(
    unsigned send_workers, struct send_gate **out, struct es_err *err) ES_MUST_CHECK;
void send_gate_close(struct send_gate **g);

/* True: wait, and tell by leave. */
bool send_gate_enter(struct send_gate *g, unsigned slot, int64_t now_ms) ES_MUST_CHECK;
/* in_time: the outcome was seen before the deadline. */
void send_gate_leave(struct send_gate *g, unsigned slot, bool in_time);
/* The worker of this slot is gone. */
void send_gate_clear(struct send_gate *g, unsigned slot);

#endif
