/* An end to a peer's time, whatever libfcgi is doing: it reads and writes in loops of its
 * own, so a peer that sends a byte now and then would hold the worker. */
#ifndef API_FCGI_DEADLINE_H
#define API_FCGI_DEADLINE_H

#include <stdint.h>

/* Once a process: takes SIGALRM. */
void fcgi_deadline_init(void);

/* Shut fd down in ms from now, unless it is disarmed before: reads then see the end,
 * writes fail. One at a time; arming again replaces the last one. */
void fcgi_deadline_arm(int fd, int64_t ms);
void fcgi_deadline_disarm(void);

#endif
