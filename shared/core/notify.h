/* Tells systemd about the state of a service of Type=notify: the datagram protocol of
 * sd_notify(3), whose section "Standalone Implementations" allows programs to speak it
 * without libsystemd. */
#ifndef CORE_NOTIFY_H
#define CORE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/err.h"

struct notify {
	int fd; /* -1: NOTIFY_SOCKET is not set */
	struct sockaddr_un to;
	socklen_t to_size;
	int64_t watchdog_ms; /* 0: no watchdog */
	int64_t feed_at_ms;  /* CLOCK_MONOTONIC: when the next WATCHDOG=1 is due */
	bool ready, reloading,
	    stopping; /* what the messages to systemd have said so far */
	bool failing; /* the log has a line about the failure */
};

/* What the service does at this moment. */
struct notify_facts {
	bool serving;   /* every worker has begun to serve */
	bool reloading; /* a reload is under way */
	bool stopping;
	bool hung; /* a worker does not answer, so the master sends no WATCHDOG=1 */
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and removes them from the
 * environment, so that no child sends messages in the name of the service. Without
 * NOTIFY_SOCKET all calls below do nothing. Returns ES_INVALID when NOTIFY_SOCKET is too
 * long or neither an absolute path nor an abstract address (@...), or when WATCHDOG_USEC
 * or WATCHDOG_PID is not a number. */
enum es_code notify_open(struct notify *n, struct es_err *err) ES_MUST_CHECK;
void notify_close(struct notify *n);

/* Sends what has changed since the last call: READY=1 at the first `serving` and after a
 * reload, RELOADING=1, STOPPING=1. Also sends WATCHDOG=1 every third of the watchdog's
 * time unless a worker hangs. A message that can't be sent is sent again by the next
 * call. Waits at most 100 ms for each message. */
void notify_update(struct notify *n, const struct notify_facts *facts);

#endif
