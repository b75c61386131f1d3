/* The master: starts, restarts, drains and kills workers. */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/prefork.h"
#include "cunit_main.h"

#define DEADLINE_MS 10000

struct shared {
	_Atomic int starts, ends, reloads;
	_Atomic int alive;
	_Atomic bool reload_fails, no_reload;
	_Atomic pid_t last;
	_Atomic bool ignores_sigterm, ends_at_start; /* what each worker does */
	_Atomic bool reload_sends_sighup;            /* false: reload replaces workers */
	_Atomic int got_sighup;       /* number of SIGHUPs that workers received */
	_Atomic bool sighup_at_start; /* the next worker gets SIGHUP at its start */
	_Atomic int drains;           /* number of calls of on_drain */
	_Atomic int warned;           /* number of SIGUSR1 that the last kind received */
	_Atomic int ends_before_drain, ends_before_last;
};

static struct shared *shared;

static int
worker(void *ctx, unsigned index, unsigned slot)
{
	struct shared *s = ctx;
	sigset_t term;
	int sig;

	(void)index, (void)slot;
	if (s->sighup_at_start) { /* the worker has no handler yet */
		s->sighup_at_start = false;
		(void)raise(SIGHUP);
	}
	if (s->ignores_sigterm)
		(void)signal(SIGTERM, SIG_IGN);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigaddset(&term, SIGHUP);
	if (!s->ignores_sigterm)
		(void)sigprocmask(SIG_BLOCK, &term, NULL);
	s->last = getpid();
	s->starts++;
	if (s->ends_at_start)
		return 3;
	if (s->ignores_sigterm)
		for (;;)
			(void)pause();
	s->alive++;
	while (sigwait(&term, &sig) == 0 && sig == SIGHUP)
		s->got_sighup++;
	s->alive--;
	return 0;
}

/* A worker of the last kind, which the master stops last. */
static int
last_worker(void *ctx, unsigned index, unsigned slot)
{
	struct shared *s = ctx;
	sigset_t wanted;
	int sig;

	(void)index, (void)slot;
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &wanted, NULL);
	s->starts++;
	while (sigwait(&wanted, &sig) == 0 && sig == SIGUSR1)
		s->warned++;
	s->ends_before_last = s->ends;
	return 0;
}

static void
note_drain(void *ctx)
{
	struct shared *s = ctx;

	s->ends_before_drain = s->ends;
	s->drains++;
}

static void
note_end(void *ctx, unsigned slot, int status)
{
	struct shared *s = ctx;

	(void)slot, (void)status;
	s->ends++;
}

static enum prefork_reload
note_reload(void *ctx)
{
	struct shared *s = ctx;

	s->reloads++;
	if (s->reload_fails)
		return PREFORK_REFUSED;
	return s->reload_sends_sighup ? PREFORK_SIGHUP : PREFORK_REPLACE;
}

static pid_t
start_master_of(bool with_last, unsigned count, int64_t drain_ms)
{
	const struct prefork_kind kinds[] = {
	    {"last", 1, last_worker, true}, {"test", count, worker, false}};
	const struct prefork p = {.kinds = with_last ? kinds : kinds + 1,
	    .n_kinds = with_last ? 2 : 1,
	    .ctx = shared,
	    .drain_ms = drain_ms,
	    .on_drain = note_drain,
	    .on_reload = shared->no_reload ? NULL : note_reload,
	    .on_exit = note_end};
	pid_t pid;

	shared->starts = shared->ends = shared->reloads = 0;
	shared->alive = 0;
	shared->got_sighup = 0;
	shared->drains = shared->warned = 0;
	(void)fflush(stdout); /* otherwise the child writes the buffer again */
	pid = fork();
	if (pid == 0) {
		log_init("test", LOG_ERROR);
		exit(prefork_run(&p)); /* not _exit: coverage is written at exit */
	}
	return pid;
}

static pid_t
start_master(unsigned count, int64_t drain_ms)
{
	return start_master_of(false, count, drain_ms);
}

static bool
wait_for(_Atomic int *count, int n)
{
	const int64_t until = clock_mono_ms() + DEADLINE_MS;

	while (*count < n && clock_mono_ms() < until)
		clock_sleep_ms(5);
	return *count >= n;
}

static bool
wait_for_starts(int n)
{
	return wait_for(&shared->starts, n);
}

static int
end(pid_t master)
{
	int status = -1;

	CU_ASSERT_EQUAL(kill(master, SIGTERM), 0);
	CU_ASSERT_EQUAL(waitpid(master, &status, 0), master);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
restarts_a_dead_worker(void)
{
	const pid_t master = start_master(2, 5000);

	CU_ASSERT_TRUE_FATAL(wait_for_starts(2));
	CU_ASSERT_EQUAL(kill(shared->last, SIGKILL), 0);
	CU_ASSERT_TRUE(wait_for_starts(3));
	CU_ASSERT_EQUAL(end(master), 0);
}

static void
reports_each_end_of_a_worker(void)
{
	const pid_t master = start_master(2, 5000);

	CU_ASSERT_TRUE_FATAL(wait_for_starts(2));
	CU_ASSERT_EQUAL(kill(shared->last, SIGKILL), 0);
	CU_ASSERT_TRUE(wait_for(&shared->ends, 1));
	CU_ASSERT_TRUE(wait_for_starts(3));
	CU_ASSERT_EQUAL(end(master), 0);
	CU_ASSERT_EQUAL(shared->ends, 3);
	CU_ASSERT_EQUAL(shared->starts, 3);
}

static void
notifies_the_last_kind_first_and_stops_it_last(void)
{
	const pid_t master = start_master_of(true, 3, 5000);

	CU_ASSERT_TRUE_FATAL(wait_for_starts(4));
	CU_ASSERT_EQUAL(end(master), 0);
	CU_ASSERT_EQUAL(shared->drains, 1);
	CU_ASSERT_EQUAL(shared->ends_before_drain, 0);
	CU_ASSERT_EQUAL(shared->warned, 1);
	CU_ASSERT_EQUAL(shared->ends_before_last, 3);
}

static void
a_reload_replaces_each_worker_once(void)
{
	const unsigned workers = 3;
	pid_t master = start_master(workers, 2000);

	CU_ASSERT_TRUE(wait_for(&shared->alive, (int)workers));
	CU_ASSERT_EQUAL(kill(master, SIGHUP), 0);
	CU_ASSERT_TRUE(wait_for(&shared->starts, 2 * (int)workers));
	CU_ASSERT_TRUE(wait_for(&shared->alive, (int)workers));
	clock_sleep_ms(200); /* the master would replace one more within 50 ms */
	CU_ASSERT_EQUAL(shared->starts, 2 * (int)workers);
	CU_ASSERT_EQUAL(shared->reloads, 1);
	CU_ASSERT_EQUAL(end(master), 0);
}

/* Workers that hold sockets keep running; the master replaces the last kind, which holds
 * none. */
static void
a_reload_may_send_sighup_to_the_workers(void)
{
	pid_t master;

	shared->reload_sends_sighup = true;
	master = start_master_of(true, 2, 2000);
	CU_ASSERT_TRUE(wait_for(&shared->alive, 2));
	CU_ASSERT_TRUE(wait_for_starts(3));
	CU_ASSERT_EQUAL(kill(master, SIGHUP), 0);
	CU_ASSERT_TRUE(wait_for(&shared->got_sighup, 2));
	CU_ASSERT_TRUE(wait_for_starts(4));
	clock_sleep_ms(200); /* longer than a turn of the master (50 ms) */
	CU_ASSERT_EQUAL(shared->starts, 4);
	CU_ASSERT_EQUAL(shared->got_sighup, 2);
	CU_ASSERT_EQUAL(shared->alive, 2);
	shared->reload_sends_sighup = false;
	CU_ASSERT_EQUAL(end(master), 0);
}

/* A SIGHUP that arrives before a worker has its handler stays pending. */
static void
a_sighup_before_the_handler_ends_no_worker(void)
{
	pid_t master;

	shared->sighup_at_start = true;
	master = start_master(1, 2000);
	CU_ASSERT_TRUE(wait_for(&shared->got_sighup, 1));
	CU_ASSERT_EQUAL(shared->starts, 1);
	CU_ASSERT_EQUAL(end(master), 0);
}

static void
a_reload_replaces_the_last_kind_too(void)
{
	const pid_t master = start_master_of(true, 2, 2000);

	CU_ASSERT_TRUE(wait_for(&shared->alive, 2));
	CU_ASSERT_TRUE(wait_for_starts(3));
	CU_ASSERT_EQUAL(kill(master, SIGHUP), 0);
	CU_ASSERT_TRUE(wait_for_starts(6));
	CU_ASSERT_EQUAL(end(master), 0);
}

/* The master kills a worker that does not exit, and only then stops the next one. */
static void
a_reload_takes_one_worker_at_a_time(void)
{
	pid_t master;

	shared->ignores_sigterm = true;
	master = start_master(2, 300);
	CU_ASSERT_TRUE(wait_for(&shared->starts, 2));
	shared->ignores_sigterm = false;
	CU_ASSERT_EQUAL(kill(master, SIGHUP), 0);
	CU_ASSERT_TRUE(wait_for(&shared->ends, 1));
	CU_ASSERT_EQUAL(shared->ends, 1);
	CU_ASSERT_TRUE(wait_for(&shared->starts, 4));
	CU_ASSERT_EQUAL(end(master), 0);
}

static void
a_refused_reload_replaces_no_worker(void)
{
	for (int i = 0; i < 2; i++) {
		pid_t master;

		shared->reload_fails = i == 0;
		shared->no_reload = i == 1;
		master = start_master(2, 2000);
		CU_ASSERT_TRUE(wait_for(&shared->alive, 2));
		CU_ASSERT_EQUAL(kill(master, SIGHUP), 0);
		if (i == 0)
			CU_ASSERT_TRUE(wait_for(&shared->reloads, 1));
		clock_sleep_ms(300); /* longer than a turn of the master (50 ms) */
		CU_ASSERT_EQUAL(shared->starts, 2);
		CU_ASSERT_EQUAL(end(master), 0);
	}
	shared->reload_fails = shared->no_reload = false;
}

static void
waits_longer_after_each_early_death(void)
{
	const int64_t at = clock_mono_ms();
	pid_t master;

	shared->ends_at_start = true;
	master = start_master(1, 5000);
	CU_ASSERT_TRUE(wait_for_starts(4));
	CU_ASSERT_TRUE(clock_mono_ms() - at >= 300); /* three pauses of at least 100 ms */
	shared->ends_at_start = false;
	CU_ASSERT_TRUE(wait_for_starts(5));
	CU_ASSERT_EQUAL(end(master), 0);
}

static void
kills_a_worker_that_does_not_end(void)
{
	pid_t master;

	shared->ignores_sigterm = true;
	master = start_master(1, 200);
	CU_ASSERT_TRUE_FATAL(wait_for_starts(1));
	CU_ASSERT_EQUAL(end(master), 1);
	shared->ignores_sigterm = false;
}

static void
workers_end_with_their_master(void)
{
	const pid_t master = start_master(1, 5000);
	const int64_t until = clock_mono_ms() + DEADLINE_MS;
	pid_t orphan;

	CU_ASSERT_TRUE_FATAL(wait_for_starts(1));
	orphan = shared->last;
	CU_ASSERT_EQUAL(kill(master, SIGKILL), 0);
	CU_ASSERT_EQUAL(waitpid(master, NULL, 0), master);
	/* An orphan becomes a child of this process (the reaper): check whether it still
	 * exists. */
	while (kill(orphan, 0) == 0 && waitpid(orphan, NULL, WNOHANG) <= 0 &&
	       clock_mono_ms() < until)
		clock_sleep_ms(5);
	CU_ASSERT_TRUE(clock_mono_ms() < until);
}

static int
set_up(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	/* This process adopts orphans, so that they do not stay as zombies of a
	 * container's init. */
	return shared == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0;
}

static void
maps_shared_memory_to_watch_the_workers(void)
{
	CU_ASSERT_EQUAL_FATAL(set_up(), 0);
}

static CU_TestInfo cases[] = {
    {"maps shared memory to watch the workers", maps_shared_memory_to_watch_the_workers},
    {"restarts a dead worker", restarts_a_dead_worker},
    {"reports each exit of a worker", reports_each_end_of_a_worker},
    {"notifies the last kind first and stops it last",
	notifies_the_last_kind_first_and_stops_it_last},
    {"a reload replaces each worker once", a_reload_replaces_each_worker_once},
    {"a reload replaces the last kind, too", a_reload_replaces_the_last_kind_too},
    {"a reload may send SIGHUP to the workers", a_reload_may_send_sighup_to_the_workers},
    {"a SIGHUP before the handler kills no worker",
	a_sighup_before_the_handler_ends_no_worker},
    {"a reload takes one worker at a time", a_reload_takes_one_worker_at_a_time},
    {"a refused reload replaces no worker", a_refused_reload_replaces_no_worker},
    {"waits longer after each early death", waits_longer_after_each_early_death},
    {"kills a worker that does not exit", kills_a_worker_that_does_not_end},
    {"workers exit when their master dies", workers_end_with_their_master},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("prefork", cases)
