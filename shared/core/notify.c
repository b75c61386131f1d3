#include "core/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/parse.h"

#include "core/banned.h"

/* Maximum time in microseconds that the master waits for a systemd that does not read. */
#define SEND_WAIT_US 100000

static enum es_code
notify_address(struct notify *n, const char *text, struct es_err *err)
{
	const size_t len = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || len < 2)
		return es_fail(err, ES_INVALID,
		    "NOTIFY_SOCKET must be an absolute path or @ and a name");
	if (len >= sizeof(n->to.sun_path))
		return es_fail(err, ES_INVALID, "NOTIFY_SOCKET is longer than %zu bytes",
		    sizeof(n->to.sun_path) - 1);
	n->to = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(n->to.sun_path, text, len);
	/* An abstract address begins with a NUL, and its length is part of the name. */
	if (text[0] == '@')
		n->to.sun_path[0] = '\0';
	n->to_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return ES_OK;
}

/* WATCHDOG_PID names the process that systemd watches. A program that another service
 * starts inherits the variables and must ignore them. */
static enum es_code
notify_watchdog(struct notify *n, struct es_err *err)
{
	const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	int64_t value, watched = getpid();

	if (us == NULL)
		return ES_OK;
	if (!parse_int(us, 1, INT64_MAX, &value) ||
	    (pid != NULL && !parse_int(pid, 1, INT32_MAX, &watched)))
		return es_fail(
		    err, ES_INVALID, "WATCHDOG_USEC and WATCHDOG_PID must be numbers");
	if (watched == getpid())
		n->watchdog_ms = value / 1000 > 0 ? value / 1000 : 1;
	return ES_OK;
}

static enum es_code
notify_socket(struct notify *n, struct es_err *err)
{
	const struct timeval wait = {.tv_usec = SEND_WAIT_US};

	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd < 0)
		return es_fail(err, ES_UNAVAILABLE, "socket: %s", strerror(errno));
	(void)setsockopt(n->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	return ES_OK;
}

static enum es_code
notify_read_environment(struct notify *n, struct es_err *err)
{
	const char *address = getenv("NOTIFY_SOCKET");

	if (address == NULL || *address == '\0')
		return ES_OK;
	TRY(notify_address(n, address, err));
	TRY(notify_watchdog(n, err));
	return notify_socket(n, err);
}

enum es_code
notify_open(struct notify *n, struct es_err *err)
{
	enum es_code rc;

	*n = (struct notify){.fd = -1};
	rc = notify_read_environment(n, err);
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	return rc;
}

void
notify_close(struct notify *n)
{
	if (n->fd >= 0)
		(void)close(n->fd);
	n->fd = -1;
}

static bool
notify_send(struct notify *n, const char *message)
{
	const ssize_t sent = sendto(n->fd, message, strlen(message), MSG_NOSIGNAL,
	    (const struct sockaddr *)&n->to, n->to_size);

	if (sent < 0 && !n->failing)
		log_warn("systemd does not take a message; it is sent again",
		    LOG_STR("error", strerror(errno)));
	n->failing = sent < 0;
	return sent >= 0;
}

/* RELOADING=1 must carry the time of CLOCK_MONOTONIC, with which systemd distinguishes a
 * READY=1 sent before the reload from the one that reports its end. */
static bool
notify_send_reloading(struct notify *n)
{
	char message[64];

	(void)snprintf(message, sizeof(message), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)clock_mono_us());
	return notify_send(n, message);
}

static void
notify_feed(struct notify *n, const struct notify_facts *facts)
{
	const int64_t now = clock_mono_ms();

	if (n->watchdog_ms == 0 || facts->hung || now < n->feed_at_ms)
		return;
	if (notify_send(n, "WATCHDOG=1"))
		n->feed_at_ms = now + n->watchdog_ms / 3;
}

void
notify_update(struct notify *n, const struct notify_facts *facts)
{
	if (n->fd < 0)
		return;
	notify_feed(n, facts);
	if (facts->stopping) {
		n->stopping = n->stopping || notify_send(n, "STOPPING=1");
		return;
	}
	if (!n->ready) {
		n->ready = facts->serving && notify_send(n, "READY=1");
		return;
	}
	if (facts->reloading && !n->reloading)
		n->reloading = notify_send_reloading(n);
	else if (!facts->reloading && n->reloading)
		n->reloading = !notify_send(n, "READY=1");
}
