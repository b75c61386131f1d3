/* Figures of the calling process from /proc/self (proc(5)). */
#ifndef CORE_PROCESS_STAT_H
#define CORE_PROCESS_STAT_H

#include <stdint.h>

struct process_stat {
	double cpu_s;   /* user and system time */
	double start_s; /* wall-clock time, since 1970 */
	int64_t resident_bytes, open_fds, max_fds;
};

/* Sets a figure that can't be read to 0. */
void process_stat_read(struct process_stat *out);

#endif
