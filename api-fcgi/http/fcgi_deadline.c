#include "http/fcgi_deadline.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "core/check.h"

#include "core/banned.h"

static volatile sig_atomic_t watched = -1;

static void
fcgi_deadline_on_alarm(int sig)
{
	const int saved = errno;

	(void)sig;
	if (watched >= 0)
		(void)shutdown(watched, SHUT_RDWR);
	errno = saved;
}

void
fcgi_deadline_init(void)
{
	struct sigaction action = {
	    .sa_handler = fcgi_deadline_on_alarm, .sa_flags = SA_RESTART};

	CHECK(sigaction(SIGALRM, &action, NULL) == 0);
}

static void
fcgi_deadline_set_timer(int64_t ms)
{
	const struct itimerval timer = {
	    .it_value = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000}};

	CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

void
fcgi_deadline_arm(int fd, int64_t ms)
{
	watched = fd;
	fcgi_deadline_set_timer(ms);
}

void
fcgi_deadline_disarm(void)
{
	fcgi_deadline_set_timer(0);
	watched = -1;
}
