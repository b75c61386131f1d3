/* Runs an event loop until a condition holds, or for 10 s. */
#ifndef TESTS_EV_UNTIL_H
#define TESTS_EV_UNTIL_H

#include <ev.h>
#include <stdbool.h>

static inline void
ev_until_tick(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)timer, (void)revents; /* the timer only wakes the loop */
}

static inline bool
ev_until_now(struct ev_loop *loop, bool (*holds)(const void *), const void *ctx)
{
	const ev_tstamp end = ev_time() + 10.;
	ev_timer tick;

	ev_timer_init(&tick, ev_until_tick, .02, .02);
	ev_timer_start(loop, &tick);
	while (!holds(ctx) && ev_time() < end)
		ev_run(loop, EVRUN_ONCE);
	ev_timer_stop(loop, &tick);
	return holds(ctx);
}

#endif
