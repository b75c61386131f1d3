/* The handles that every part of a worker process may use: event loop, settings, metrics
 * and clock. Other handles, e.g. to Redis, are passed separately. */
#ifndef PUSH_LOOP_ENV_H
#define PUSH_LOOP_ENV_H

#include <ev.h>

#include "core/clock.h"
#include "core/id.h"
#include "core/log.h"
#include "core/metrics.h"
#include "env/push_conf.h"
#include "env/push_metrics.h"

struct trace;

struct loop_env {
	struct ev_loop *loop;
	const struct push_conf *conf;
	struct metrics *metrics;
	struct trace *trace; /* NULL: no traces */
	unsigned index;      /* number of the worker: 0 .. conf->workers - 1 */
	struct uuid id;      /* id of this process, new at each start */
	/* Epoch of the sequence numbers, read from the database; "" until it is known.
	 * Only hub/epoch.c writes it. */
	char epoch[40];
	int64_t now_ms; /* CLOCK_MONOTONIC at the start of this turn of the loop */
	/* The time of the next turn at the latest, on the clock of now_ms. Set by
	 * loop_env_wake(); each turn begins with INT64_MAX. */
	int64_t wake_ms;
	/* A message was deleted in this turn; worker/forget.c acts at its end. */
	bool deleted;
	bool draining; /* SIGTERM was received: no new connection is accepted */
};

/* Let the loop turn again at at_ms, even if nothing happens until then. Call it in each
 * turn in which something waits. */
static inline void
loop_env_wake(struct loop_env *env, int64_t at_ms)
{
	if (at_ms < env->wake_ms)
		env->wake_ms = at_ms;
}

#endif
