/* A thread closes the connection at its deadline. A timer of the process would take two
 * system calls for each request; the thread sleeps meanwhile, and wakes up once for each
 * deadline that it has seen, not for each request. */
#include "http/fcgi_deadline.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>

#include "core/check.h"
#include "core/clock.h"

#include "core/banned.h"

#define STACK_BYTES (128UL * 1024)

static struct {
	pthread_mutex_t lock;
	pthread_cond_t armed; /* only for a thread that is dormant */
	int fd;               /* -1: none is watched */
	/* CLOCK_MONOTONIC, of the connection that was armed last; 0: the thread has seen
	 * it and sleeps until the next connection (dormant) */
	int64_t deadline_ms;
	bool dormant;
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

/* Returns with the lock. */
static void
fcgi_deadline_sleep_until(int64_t deadline_ms)
{
	const struct timespec until = {.tv_sec = (time_t)(deadline_ms / 1000),
	    .tv_nsec = (long)(deadline_ms % 1000 * 1000000)};

	(void)pthread_cond_timedwait(&watch.armed, &watch.lock, &until);
}

/* The time between arming and the deadline is always the same, so no connection has its
 * deadline before the one for which the thread sleeps. */
static void *
fcgi_deadline_run(void *unused)
{
	(void)unused;
	CHECK(pthread_mutex_lock(&watch.lock) == 0);
	for (;;) {
		const int64_t deadline_ms = watch.deadline_ms;

		watch.dormant = deadline_ms == 0;
		if (watch.dormant) {
			(void)pthread_cond_wait(&watch.armed, &watch.lock);
			continue;
		}
		if (clock_mono_ms() < deadline_ms) {
			fcgi_deadline_sleep_until(deadline_ms);
			continue;
		}
		if (watch.fd >= 0)
			(void)shutdown(watch.fd, SHUT_RDWR);
		watch.deadline_ms = 0;
	}
	return NULL;
}

/* The thread blocks all signals: SIGTERM must interrupt the wait for a request. */
void
fcgi_deadline_init(void)
{
	pthread_condattr_t monotonic;
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;

	sigfillset(&all);
	CHECK(pthread_condattr_init(&monotonic) == 0);
	CHECK(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
	CHECK(pthread_cond_init(&watch.armed, &monotonic) == 0);
	CHECK(pthread_attr_init(&attr) == 0);
	CHECK(pthread_attr_setstacksize(&attr, STACK_BYTES) == 0);
	CHECK(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0);
	CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
	CHECK(pthread_create(&thread, &attr, fcgi_deadline_run, NULL) == 0);
	CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
	(void)pthread_attr_destroy(&attr);
	(void)pthread_condattr_destroy(&monotonic);
}

void
fcgi_deadline_arm(int fd, int64_t ms)
{
	bool wake;

	CHECK(pthread_mutex_lock(&watch.lock) == 0);
	watch.fd = fd;
	watch.deadline_ms = clock_mono_ms() + ms;
	wake = watch.dormant;
	watch.dormant = false;
	CHECK(pthread_mutex_unlock(&watch.lock) == 0);
	if (wake)
		(void)pthread_cond_signal(&watch.armed);
}

/* Waits for a shutdown() that is under way: the caller may close the descriptor, and the
 * next connection may get its number. */
void
fcgi_deadline_disarm(void)
{
	CHECK(pthread_mutex_lock(&watch.lock) == 0);
	watch.fd = -1;
	CHECK(pthread_mutex_unlock(&watch.lock) == 0);
}
