/* Limits how many send workers wait for a commit: at most half of them, and while commits
 * are stalled only one send per second (the probe). All other sends get 202 without a
 * wait. The gate is in memory that all workers share; the master frees the seat of a
 * worker that dies. */
#ifndef API_SEND_GATE_H
#define API_SEND_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

/* After this number of time-outs in a row, commits count as stalled. */
#define SEND_GATE_TIMEOUTS 5
/* While commits are stalled, one send per this time waits (the probe). */
#define SEND_GATE_PROBE_MS 1000

struct send_gate;

/* Creates the gate with a seat for every second send worker, at least one. The master
 * calls it before it forks. */
enum es_code send_gate_open(
    unsigned send_workers, struct send_gate **out, struct es_err *err) ES_MUST_CHECK;
void send_gate_close(struct send_gate **g);

/* Takes a seat for the worker in slot. Returns true when the worker may wait; it then
 * calls send_gate_leave() afterwards. Returns false when the worker must answer 202 now.
 */
bool send_gate_enter(struct send_gate *g, unsigned slot, int64_t now_ms) ES_MUST_CHECK;
/* Frees the seat. in_time: the outcome arrived before the deadline. */
void send_gate_leave(struct send_gate *g, unsigned slot, bool in_time);
/* Frees the seat of a worker that does not wait or has died. */
void send_gate_free_seat(struct send_gate *g, unsigned slot);

#endif
