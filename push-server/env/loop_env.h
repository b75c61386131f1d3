/* What every part of a worker process may see: its loop, its settings, its clock and its
 * counters. Each part keeps a handle of its own beside it. */
#ifndef PUSH_LOOP_ENV_H
#define PUSH_LOOP_ENV_H

#include <ev.h>

#include "core/clock.h"
#include "core/id.h"
#include "core/log.h"
#include "core/metrics.h"
#include "env/push_conf.h"
#include "env/push_metrics.h"

struct loop_env {
	struct ev_loop *loop;
	const struct push_conf *conf;
	struct metrics *metrics;
	unsigned index; /* of the worker: 0 .. conf->workers - 1 */
	struct uuid id; /* of this process, new at each start */
	char epoch[40]; /* of the sequence numbers, from the database; "" until known.
	                 * Written by hub/epoch.c alone. */
	int64_t now_ms; /* CLOCK_MONOTONIC at the start of this turn of the loop */
	bool draining;  /* SIGTERM has come: no new connection is taken */
};

#endif
