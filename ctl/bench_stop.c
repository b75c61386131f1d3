#include "bench_stop.h"

#include <signal.h>
#include <stddef.h>

#include "core/banned.h"

static volatile sig_atomic_t stopped;

static void
bench_stop_on_signal(int number)
{
	(void)number;
	stopped = 1;
}

void
bench_stop_watch(void)
{
	/* Without SA_RESTART, so that a wait for sockets ends at once. */
	const struct sigaction once = {
	    .sa_handler = bench_stop_on_signal, .sa_flags = (int)SA_RESETHAND};

	(void)sigaction(SIGINT, &once, NULL);
	(void)sigaction(SIGTERM, &once, NULL);
}

bool
bench_stopped(void)
{
	return stopped != 0;
}
