/* The messages to systemd, received by a socket of this test. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/notify.h"
#include "cunit_main.h"

static struct notify notify;
static struct es_err err;
static char folder[] = "/tmp/test_notify.XXXXXX";
static char path[64];
static int systemd = -1;

/* Listens at name: a path, or @ and an abstract name, as systemd would. */
static void
listen_at(const char *name)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const size_t len = strlen(name);

	memcpy(to.sun_path, name, len);
	if (name[0] == '@')
		to.sun_path[0] = '\0';
	systemd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CU_ASSERT_TRUE_FATAL(systemd >= 0);
	CU_ASSERT_EQUAL_FATAL(
	    bind(systemd, (const struct sockaddr *)&to,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
	    0);
	(void)setenv("NOTIFY_SOCKET", name, 1);
}

static void
listen_at_path(void)
{
	if (path[0] == '\0') {
		CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
		(void)snprintf(path, sizeof(path), "%s/notify", folder);
	}
	(void)unlink(path);
	listen_at(path);
}

static void
end(void)
{
	notify_close(&notify);
	if (systemd >= 0)
		(void)close(systemd);
	systemd = -1;
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
}

/* Returns the next message, or "" when there is none. */
static const char *
next_message(void)
{
	static char message[256];
	const ssize_t n = recv(systemd, message, sizeof(message) - 1, 0);

	message[n > 0 ? n : 0] = '\0';
	return message;
}

static void
tell(struct notify_facts facts)
{
	notify_update(&notify, &facts);
}

static void
says_each_state_once_at(const char *address)
{
	long long us = 0;

	listen_at(address);
	CU_ASSERT_EQUAL_FATAL(notify_open(&notify, &err), ES_OK);
	tell((struct notify_facts){.serving = false});
	CU_ASSERT_STRING_EQUAL(next_message(), "");
	tell((struct notify_facts){.serving = true});
	CU_ASSERT_STRING_EQUAL(next_message(), "READY=1");
	tell((struct notify_facts){.serving = true});
	tell((struct notify_facts){.serving = false}); /* a worker is restarted */
	CU_ASSERT_STRING_EQUAL(next_message(), "");
	tell((struct notify_facts){.reloading = true});
	CU_ASSERT_EQUAL(
	    sscanf(next_message(), "RELOADING=1\nMONOTONIC_USEC=%lld", &us), 1);
	CU_ASSERT_TRUE(us > 0 && us <= clock_mono_us());
	tell((struct notify_facts){.reloading = true});
	CU_ASSERT_STRING_EQUAL(next_message(), "");
	tell((struct notify_facts){.serving = true});
	CU_ASSERT_STRING_EQUAL(next_message(), "READY=1");
	tell((struct notify_facts){.stopping = true});
	CU_ASSERT_STRING_EQUAL(next_message(), "STOPPING=1");
	tell((struct notify_facts){.stopping = true});
	CU_ASSERT_STRING_EQUAL(next_message(), "");
	end();
}

static void
says_each_state_once(void)
{
	char name[64];

	listen_at_path();
	(void)close(systemd);
	(void)unlink(path);
	says_each_state_once_at(path);
	(void)snprintf(name, sizeof(name), "@echostream-test-%d", (int)getpid());
	says_each_state_once_at(name);
}

static void
without_a_socket_it_says_nothing(void)
{
	for (int i = 0; i < 2; i++) {
		if (i == 1)
			(void)setenv("NOTIFY_SOCKET", "", 1);
		(void)setenv("WATCHDOG_USEC", "1000", 1);
		CU_ASSERT_EQUAL(notify_open(&notify, &err), ES_OK);
		CU_ASSERT_EQUAL(notify.fd, -1);
		tell((struct notify_facts){.serving = true});
		CU_ASSERT_FALSE(notify.ready);
		end();
	}
}

static void
children_inherit_no_variable(void)
{
	listen_at_path();
	(void)setenv("WATCHDOG_USEC", "1000", 1);
	(void)setenv("WATCHDOG_PID", "1", 1);
	CU_ASSERT_EQUAL(notify_open(&notify, &err), ES_OK);
	CU_ASSERT_PTR_NULL(getenv("NOTIFY_SOCKET"));
	CU_ASSERT_PTR_NULL(getenv("WATCHDOG_USEC"));
	CU_ASSERT_PTR_NULL(getenv("WATCHDOG_PID"));
	end();
}

static void
refuses_an_invalid_address(void)
{
	char longest[200];

	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(((struct sockaddr_un *)0)->sun_path) - 1] = '\0';
	(void)setenv("NOTIFY_SOCKET", longest, 1);
	CU_ASSERT_EQUAL(notify_open(&notify, &err), ES_OK);
	end();
	longest[strlen(longest)] = 'x';
	longest[sizeof(((struct sockaddr_un *)0)->sun_path)] = '\0';
	for (size_t i = 0; i < 4; i++) {
		const char *const bad[] = {longest, "run/notify", "@", "vsock:2:1"};

		(void)setenv("NOTIFY_SOCKET", bad[i], 1);
		CU_ASSERT_EQUAL(notify_open(&notify, &err), ES_INVALID);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "NOTIFY_SOCKET"));
		CU_ASSERT_PTR_NULL(getenv("NOTIFY_SOCKET"));
		tell((struct notify_facts){.serving = true}); /* sends nothing */
		end();
	}
}

/* Updates the notifier for ms, and counts the messages WATCHDOG=1 that it sends. */
static int
fed_within(int64_t ms, bool hung)
{
	const int64_t until = clock_mono_ms() + ms;
	int n = 0;

	while (clock_mono_ms() < until) {
		tell((struct notify_facts){.serving = true, .hung = hung});
		if (strcmp(next_message(), "WATCHDOG=1") == 0)
			n++;
		clock_sleep_ms(1);
	}
	return n;
}

static void
feeds_the_watchdog_every_third_of_its_time(void)
{
	char pid[16];
	int n;

	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	listen_at_path();
	(void)setenv("WATCHDOG_USEC", "150000", 1);
	(void)setenv("WATCHDOG_PID", pid, 1);
	CU_ASSERT_EQUAL_FATAL(notify_open(&notify, &err), ES_OK);
	CU_ASSERT_EQUAL(notify.watchdog_ms, 150);
	n = fed_within(500, false);
	CU_ASSERT_TRUE(n >= 4 && n <= 11); /* one in 50 ms; fewer on a busy machine */
	(void)fed_within(1, true);
	CU_ASSERT_EQUAL(fed_within(200, true), 0);
	CU_ASSERT_TRUE(fed_within(60, false) >= 1);
	end();
}

static void
feeds_only_its_own_watchdog(void)
{
	for (int i = 0; i < 2; i++) {
		listen_at_path();
		if (i == 1)
			(void)setenv("WATCHDOG_USEC", "150000", 1);
		(void)setenv("WATCHDOG_PID", "1", 1); /* the pid of another process */
		CU_ASSERT_EQUAL(notify_open(&notify, &err), ES_OK);
		CU_ASSERT_EQUAL(notify.watchdog_ms, 0);
		tell((struct notify_facts){.serving = false});
		CU_ASSERT_STRING_EQUAL(next_message(), "");
		end();
	}
	listen_at_path();
	(void)setenv("WATCHDOG_USEC", "soon", 1);
	CU_ASSERT_EQUAL(notify_open(&notify, &err), ES_INVALID);
	end();
}

static void
repeats_what_could_not_be_sent(void)
{
	listen_at_path();
	CU_ASSERT_EQUAL_FATAL(notify_open(&notify, &err), ES_OK);
	(void)close(systemd);
	(void)unlink(path);
	/* systemd's socket does not exist */
	tell((struct notify_facts){.serving = true});
	CU_ASSERT_FALSE(notify.ready);
	listen_at(path);
	tell((struct notify_facts){.serving = true});
	CU_ASSERT_STRING_EQUAL(next_message(), "READY=1");
	end();
	(void)unlink(path);
	(void)rmdir(folder);
}

static CU_TestInfo cases[] = {
    {"sends each state once, to a path and to an abstract name", says_each_state_once},
    {"sends nothing without a socket", without_a_socket_it_says_nothing},
    {"children inherit no variable", children_inherit_no_variable},
    {"refuses an invalid address", refuses_an_invalid_address},
    {"feeds the watchdog at a third of its time-out, unless a worker hangs",
	feeds_the_watchdog_every_third_of_its_time},
    {"feeds only its own watchdog", feeds_only_its_own_watchdog},
    {"repeats a message that could not be sent", repeats_what_could_not_be_sent},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("notify", cases)
