/* What a master logs about a reload, and about workers that it has to kill. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/prefork.h"
#include "cunit_main.h"

#define DEADLINE_MS 10000

struct shared {
	_Atomic int starts, reloads, drains;
	_Atomic bool ignores_sigterm; /* the next worker ignores SIGTERM */
};

static struct shared *shared;
static FILE *said; /* the log of the master */

static int
worker(void *ctx, unsigned index, unsigned slot)
{
	sigset_t term;
	int sig;

	(void)ctx, (void)index, (void)slot;
	(void)sigemptyset(&term);
	(void)sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &term, NULL);
	if (shared->ignores_sigterm) {
		shared->starts++;
		for (;;)
			(void)pause();
	}
	shared->starts++;
	(void)sigwait(&term, &sig);
	return 0;
}

static enum prefork_reload
note_reload(void *ctx)
{
	(void)ctx;
	shared->reloads++;
	return PREFORK_REPLACE;
}

static void
note_drain(void *ctx)
{
	(void)ctx;
	shared->drains++;
}

static bool
wait_for(_Atomic int *count, int n)
{
	const int64_t until = clock_mono_ms() + DEADLINE_MS;

	while (*count < n && clock_mono_ms() < until)
		clock_sleep_ms(5);
	return *count >= n;
}

/* Starts a master with one worker that ignores SIGTERM. Later workers do not. */
static pid_t
start_ignoring_sigterm(void)
{
	const struct prefork_kind kind = {"test", 1, worker, false};
	const struct prefork p = {.kinds = &kind,
	    .n_kinds = 1,
	    .drain_ms = 300,
	    .on_drain = note_drain,
	    .on_reload = note_reload};
	pid_t pid;

	*shared = (struct shared){.ignores_sigterm = true};
	said = tmpfile();
	CU_ASSERT_PTR_NOT_NULL_FATAL(said);
	(void)fflush(stdout); /* otherwise the child writes the buffer again */
	pid = fork();
	if (pid == 0) {
		(void)dup2(fileno(said), STDERR_FILENO);
		log_init("test", LOG_WARN);
		exit(prefork_run(&p)); /* not _exit: coverage is written at exit */
	}
	CU_ASSERT_TRUE(wait_for(&shared->starts, 1));
	shared->ignores_sigterm = false;
	return pid;
}

/* Waits until the master exits. Returns the exit status, or -1 after a signal. */
static int
end_of(pid_t master)
{
	int status = -1;

	CU_ASSERT_EQUAL(waitpid(master, &status, 0), master);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Counts the log lines that contain these words, and closes the log. The master must have
 * exited. */
static int
lines_with(const char *words)
{
	char line[512];
	int n = 0;

	rewind(said);
	while (fgets(line, sizeof(line), said) != NULL)
		n += strstr(line, words) != NULL;
	(void)fclose(said);
	return n;
}

/* In the first reload the master has to kill the worker, and logs a warning. In the
 * second reload the worker exits at SIGTERM, and the master logs no warning. */
static void
a_worker_that_breaks_down_during_a_reload_is_logged(void)
{
	const pid_t master = start_ignoring_sigterm();

	CU_ASSERT_EQUAL(kill(master, SIGHUP), 0);
	CU_ASSERT_TRUE(wait_for(&shared->starts, 2));
	CU_ASSERT_EQUAL(kill(master, SIGHUP), 0);
	CU_ASSERT_TRUE(wait_for(&shared->starts, 3));
	CU_ASSERT_EQUAL(kill(master, SIGTERM), 0);
	CU_ASSERT_EQUAL(end_of(master), 0);
	CU_ASSERT_EQUAL(lines_with("\"worker ended\""), 1);
}

static void
a_sighup_during_a_drain_is_logged(void)
{
	const pid_t master = start_ignoring_sigterm();

	CU_ASSERT_EQUAL(kill(master, SIGTERM), 0);
	CU_ASSERT_TRUE(wait_for(&shared->drains, 1));
	CU_ASSERT_EQUAL(kill(master, SIGHUP), 0);
	CU_ASSERT_EQUAL(end_of(master), 1); /* the master had to kill the worker */
	CU_ASSERT_EQUAL(lines_with("this program is ending"), 1);
	CU_ASSERT_EQUAL(shared->reloads, 0);
}

static void
shares_memory(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CU_ASSERT_FATAL(shared != MAP_FAILED);
}

static CU_TestInfo cases[] = {
    {"shares memory", shares_memory},
    {"the kill of a worker during a reload is logged",
	a_worker_that_breaks_down_during_a_reload_is_logged},
    {"a SIGHUP during a drain is logged", a_sighup_during_a_drain_is_logged},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("prefork_log", cases)
