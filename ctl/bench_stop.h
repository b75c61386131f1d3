/* Ctrl-C and SIGTERM while `bench` runs. */
#ifndef CTL_BENCH_STOP_H
#define CTL_BENCH_STOP_H

#include <stdbool.h>

/* From here on the first signal only makes bench_stopped() true. The second ends the
 * process. */
void bench_stop_watch(void);
bool bench_stopped(void);

#endif
