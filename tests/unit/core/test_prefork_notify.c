/* What the master reports to systemd about its workers. */
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/prefork.h"
#include "cunit_main.h"

#define WORKERS     2
#define HUNG_MS     200
#define DEADLINE_MS 10000
#define WATCHDOG_MS 150

struct shared {
	_Atomic int64_t beats[WORKERS];
	_Atomic pid_t pids[WORKERS];
	_Atomic bool late;  /* workers write no heartbeat */
	_Atomic bool frail; /* the worker of slot 0 exits at its start */
};

static struct shared *shared;
static int systemd = -1;
static pid_t master;

static int
worker(void *ctx, unsigned index, unsigned slot)
{
	(void)ctx, (void)index;
	if (shared->frail && slot == 0)
		return 3;
	shared->pids[slot] = getpid();
	for (;;) {
		if (!shared->late)
			shared->beats[slot] = clock_mono_ms();
		clock_sleep_ms(5);
	}
}

static int64_t
beat_age_ms(void *ctx, unsigned slot)
{
	const int64_t at = shared->beats[slot];

	(void)ctx;
	return at == 0 ? -1 : clock_mono_ms() - at;
}

static enum prefork_reload
reload(void *ctx)
{
	(void)ctx;
	return PREFORK_REPLACE;
}

static int
run_master(const char *address)
{
	const struct prefork_kind kind = {"test", WORKERS, worker, false};
	const struct prefork p = {.kinds = &kind,
	    .n_kinds = 1,
	    .drain_ms = 2000,
	    .on_reload = reload,
	    .beat_age_ms = beat_age_ms,
	    .hung_after_ms = HUNG_MS};
	char us[16];

	(void)snprintf(us, sizeof(us), "%d", WATCHDOG_MS * 1000);
	(void)setenv("NOTIFY_SOCKET", address, 1);
	(void)setenv("WATCHDOG_USEC", us, 1);
	log_init("test", LOG_ERROR);
	return prefork_run(&p);
}

static void
start(void)
{
	const struct timeval tick = {.tv_usec = 20000};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	char address[64];
	int n;

	n = snprintf(address, sizeof(address), "@prefork-notify-%d-%lld", (int)getpid(),
	    (long long)clock_mono_us());
	memcpy(to.sun_path + 1, address + 1, (size_t)n - 1);
	systemd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL_FATAL(
	    bind(systemd, (const struct sockaddr *)&to,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n)),
	    0);
	(void)setsockopt(systemd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof(tick));
	(void)fflush(stdout); /* otherwise the child writes the buffer again */
	master = fork();
	if (master == 0)
		exit(run_master(address)); /* not _exit: coverage is written at exit */
}

static void
end(void)
{
	int status = -1;

	CU_ASSERT_EQUAL(kill(master, SIGTERM), 0);
	CU_ASSERT_EQUAL(waitpid(master, &status, 0), master);
	(void)close(systemd);
	memset(shared, 0, sizeof(*shared));
}

/* Returns the next message, or "" when none arrives within 20 ms. */
static const char *
next_message(void)
{
	static char message[256];
	const ssize_t n = recv(systemd, message, sizeof(message) - 1, 0);

	message[n > 0 ? n : 0] = '\0';
	return message;
}

/* Counts messages that begin with text, for ms milliseconds. If ms < 0, counts until the
 * first such message, for at most DEADLINE_MS. */
static int
count_messages(const char *text, int64_t ms)
{
	const int64_t until = clock_mono_ms() + (ms < 0 ? DEADLINE_MS : ms);
	int n = 0;

	while (clock_mono_ms() < until && !(ms < 0 && n > 0))
		if (strncmp(next_message(), text, strlen(text)) == 0)
			n++;
	return n;
}

static bool
receives(const char *text)
{
	return count_messages(text, -1) == 1;
}

static void
is_ready_when_each_worker_serves(void)
{
	shared->late = true;
	start();
	CU_ASSERT_EQUAL(count_messages("READY=1", 150), 0);
	shared->late = false;
	CU_ASSERT_TRUE(receives("READY=1"));
	end();
}

static void
one_failing_worker_keeps_it_unready(void)
{
	shared->frail = true;
	start();
	CU_ASSERT_EQUAL(count_messages("READY=1", 300), 0);
	shared->frail = false;
	CU_ASSERT_TRUE(receives("READY=1"));
	end();
}

/* A hung worker still runs, so the master notices the hang only by the age of the
 * worker's heartbeat. */
static void
a_hung_worker_starves_the_watchdog(void)
{
	pid_t hung;

	start();
	CU_ASSERT_TRUE_FATAL(receives("READY=1"));
	CU_ASSERT_TRUE(count_messages("WATCHDOG=1", 500) >= 4);
	hung = shared->pids[1];
	CU_ASSERT_EQUAL(kill(hung, SIGSTOP), 0);
	(void)count_messages("", HUNG_MS + WATCHDOG_MS);
	CU_ASSERT_EQUAL(count_messages("WATCHDOG=1", 400), 0);
	CU_ASSERT_EQUAL(kill(hung, SIGCONT), 0);
	CU_ASSERT_TRUE(receives("WATCHDOG=1"));
	end();
}

/* A worker that writes no heartbeat within HUNG_MS after its start counts as hung. */
static void
a_worker_that_never_serves_hangs(void)
{
	shared->late = true;
	start();
	CU_ASSERT_TRUE(receives("WATCHDOG=1"));
	(void)count_messages("", HUNG_MS + WATCHDOG_MS);
	CU_ASSERT_EQUAL(count_messages("WATCHDOG=1", 300), 0);
	end();
}

static void
a_dead_worker_starves_nothing(void)
{
	start();
	CU_ASSERT_TRUE_FATAL(receives("READY=1"));
	shared->frail = true;
	CU_ASSERT_EQUAL(kill(shared->pids[0], SIGKILL), 0);
	(void)count_messages("", HUNG_MS + WATCHDOG_MS);
	CU_ASSERT_TRUE(count_messages("WATCHDOG=1", 500) >= 4);
	end();
}

/* The master sends READY=1 again when it has replaced the last worker. */
static void
a_reload_ends_with_its_last_worker(void)
{
	pid_t first, second;

	start();
	CU_ASSERT_TRUE_FATAL(receives("READY=1"));
	first = shared->pids[0];
	second = shared->pids[1];
	CU_ASSERT_EQUAL(kill(master, SIGHUP), 0);
	CU_ASSERT_TRUE(receives("RELOADING=1\nMONOTONIC_USEC="));
	CU_ASSERT_TRUE(receives("READY=1"));
	CU_ASSERT_NOT_EQUAL(kill(first, 0), 0);
	CU_ASSERT_NOT_EQUAL(kill(second, 0), 0);
	CU_ASSERT_EQUAL(kill(master, SIGTERM), 0);
	CU_ASSERT_TRUE(receives("STOPPING=1"));
	end();
}

static void
maps_memory(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CU_ASSERT_NOT_EQUAL_FATAL(shared, MAP_FAILED);
}

static CU_TestInfo cases[] = {
    {"maps shared memory to watch the workers", maps_memory},
    {"sends READY=1 when each worker serves", is_ready_when_each_worker_serves},
    {"sends no READY=1 while a worker fails", one_failing_worker_keeps_it_unready},
    {"sends no WATCHDOG=1 while a worker hangs", a_hung_worker_starves_the_watchdog},
    {"a worker that never serves counts as hung", a_worker_that_never_serves_hangs},
    {"sends WATCHDOG=1 while a worker is dead", a_dead_worker_starves_nothing},
    {"sends READY=1 when a reload has replaced all workers",
	a_reload_ends_with_its_last_worker},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("prefork_notify", cases)
