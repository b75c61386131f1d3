/* A deadline for a FastCGI connection. libfcgi reads and writes in loops of its own, so a
 * peer that sends one byte now and then would hold a worker for ever. */
#ifndef API_FCGI_DEADLINE_H
#define API_FCGI_DEADLINE_H

#include <stdint.h>

/* Starts the thread that watches the deadline. Once per process, after the last fork().
 */
void fcgi_deadline_init(void);

/* Shuts fd down after ms milliseconds, unless fcgi_deadline_disarm() is called before. A
 * read then returns end of file, a write fails. There is one deadline per process: arming
 * again replaces it. ms is the same at each call. */
void fcgi_deadline_arm(int fd, int64_t ms);
void fcgi_deadline_disarm(void);

#endif
