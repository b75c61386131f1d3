/* Whether edits, deletes and reactions may go to the queue. During an upgrade a fanout of
 * the last release may still run, which would refuse their envelopes. The database says
 * when none runs any more: cluster_meta.envelope_version. */
#ifndef PUSH_CHANGE_GATE_H
#define PUSH_CHANGE_GATE_H

#include "core/err.h"
#include "env/loop_env.h"

struct change_gate;
struct pg_async;

/* env and pg must outlive the struct. */
struct change_gate *change_gate_new(const struct loop_env *env, struct pg_async *pg);
void change_gate_free(struct change_gate **g);

/* Returns ES_UNAVAILABLE while changes may not go to the queue, or while the worker does
 * not know. */
enum es_code change_gate_check(
    const struct change_gate *g, struct es_err *err) ES_MUST_CHECK;

/* Call it every second and before the look-up of a new connection's user: asks the
 * database when the answer is unknown or old. */
void change_gate_tick(struct change_gate *g);

#endif
