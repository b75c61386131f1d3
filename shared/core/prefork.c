#include "core/prefork.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/check.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/notify.h"

#include "core/banned.h"

#define EARLY_DEATH_MS 5000
#define TICK_MS        50

struct worker {
	const struct prefork_kind *kind;
	unsigned index, slot;
	pid_t pid; /* 0: not running */
	int64_t started_ms, start_at_ms;
	unsigned early_deaths;
	bool stale;          /* has settings from before a reload */
	int64_t replaced_ms; /* when a reload sent SIGTERM; 0: no reload did */
};

struct master {
	const struct prefork *conf;
	struct worker *workers;
	unsigned n;
	bool draining, last_told;
	int64_t drain_ms, kill_at_ms;
	bool killed;
	bool reading;  /* the settings */
	bool hung_was; /* the log has a line about the worker that hangs */
	struct notify notify;
};

static void
prefork_signals_wanted(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGCHLD);
}

static void
prefork_start(struct master *m, struct worker *w)
{
	const pid_t master_pid = getpid();
	const pid_t pid = fork();
	sigset_t set;

	if (pid < 0) {
		log_error("fork failed", LOG_STR("error", strerror(errno)));
		w->start_at_ms = clock_mono_ms() + 1000;
		return;
	}
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != master_pid)
			_exit(0); /* the master died before prctl() */
		prefork_signals_wanted(&set);
		sigdelset(&set, SIGHUP);
		(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
		exit(w->kind->run(m->conf->ctx, w->index, w->slot));
	}
	w->pid = pid;
	w->started_ms = clock_mono_ms();
}

static void
prefork_start_due(struct master *m)
{
	const int64_t now = clock_mono_ms();

	for (unsigned i = 0; i < m->n; i++)
		if (m->workers[i].pid == 0 && now >= m->workers[i].start_at_ms)
			prefork_start(m, &m->workers[i]);
}

/* True when a worker has ended because of SIGTERM: with status 0, or by the signal itself
 * before it had a handler. */
static bool
prefork_ended_by_sigterm(int status)
{
	return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
	       (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void
prefork_worker_ended(struct master *m, struct worker *w, int status)
{
	const int64_t now = clock_mono_ms();

	w->pid = 0;
	if (m->conf->on_exit != NULL)
		m->conf->on_exit(m->conf->ctx, w->slot, status);
	if (m->draining)
		return;
	if (w->replaced_ms != 0 && prefork_ended_by_sigterm(status)) {
		w->replaced_ms = 0;
		w->start_at_ms = now;
		return;
	}
	w->replaced_ms = 0;
	w->early_deaths = now - w->started_ms < EARLY_DEATH_MS ? w->early_deaths + 1 : 0;
	w->start_at_ms = w->early_deaths == 0
	                     ? now
	                     : now + clock_backoff_ms(w->early_deaths, 100, 5000);
	log_warn("worker ended", LOG_STR("kind", w->kind->name),
	    LOG_INT("index", w->index),
	    LOG_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
	    LOG_INT("status", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
	    LOG_INT("restart_in_ms", w->start_at_ms - now));
}

static void
prefork_reap(struct master *m)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (unsigned i = 0; i < m->n; i++)
			if (m->workers[i].pid == pid)
				prefork_worker_ended(m, &m->workers[i], status);
}

static unsigned
prefork_signal_all(const struct master *m, int sig)
{
	unsigned alive = 0;

	for (unsigned i = 0; i < m->n; i++)
		if (m->workers[i].pid != 0) {
			(void)kill(m->workers[i].pid, sig);
			alive++;
		}
	return alive;
}

enum kinds { LAST_KIND, OTHER_KINDS };

/* Sends sig to the living workers of these kinds, and returns their number. With sig 0 it
 * only counts them. */
static unsigned
prefork_signal_some(const struct master *m, enum kinds kinds, int sig)
{
	unsigned alive = 0;

	for (unsigned i = 0; i < m->n; i++) {
		const struct worker *w = &m->workers[i];

		if (w->pid == 0 || w->kind->last != (kinds == LAST_KIND))
			continue;
		(void)kill(w->pid, sig);
		alive++;
	}
	return alive;
}

static void
prefork_drain(struct master *m)
{
	if (m->draining)
		return;
	m->draining = true;
	if (m->conf->on_drain != NULL)
		m->conf->on_drain(m->conf->ctx);
	m->kill_at_ms = clock_mono_ms() + m->drain_ms;
	(void)prefork_signal_some(m, LAST_KIND, SIGUSR1);
	log_info(
	    "draining", LOG_INT("workers", prefork_signal_some(m, OTHER_KINDS, SIGTERM)));
}

/* ms since the worker's last heartbeat, or since its start when it had none. Sets *served
 * when it had one. */
static int64_t
prefork_idle_ms(const struct master *m, const struct worker *w, bool *served)
{
	const int64_t since_start = clock_mono_ms() - w->started_ms;
	const int64_t age = m->conf->beat_age_ms == NULL
	                        ? 0
	                        : m->conf->beat_age_ms(m->conf->ctx, w->slot);

	/* An older heartbeat is from the previous worker in this slot. */
	*served = age >= 0 && age <= since_start;
	return *served ? age : since_start;
}

static void
prefork_log_hung(struct master *m, const struct worker *w, int64_t idle_ms)
{
	if (!m->hung_was)
		log_error("worker hangs; the watchdog of systemd gets no message",
		    LOG_STR("kind", w->kind->name), LOG_INT("index", w->index),
		    LOG_INT("worker_pid", w->pid), LOG_INT("idle_ms", idle_ms));
	m->hung_was = true;
}

static void
prefork_look_at_workers(struct master *m, struct notify_facts *facts)
{
	for (unsigned i = 0; i < m->n; i++) {
		const struct worker *w = &m->workers[i];
		bool served = false;
		const int64_t idle_ms = prefork_idle_ms(m, w, &served);

		if (w->pid == 0 || !served)
			facts->serving = false;
		if (w->stale || w->replaced_ms != 0)
			facts->reloading = true;
		if (w->pid == 0 || m->conf->beat_age_ms == NULL ||
		    idle_ms <= m->conf->hung_after_ms)
			continue;
		facts->hung = true;
		prefork_log_hung(m, w, idle_ms);
	}
	m->hung_was = facts->hung;
}

/* Does not look for hung workers during a drain: a worker may be busy until drain_ms,
 * when the master kills it. */
static void
prefork_tell_systemd(struct master *m)
{
	struct notify_facts facts = {
	    .serving = true, .reloading = m->reading, .stopping = m->draining};

	if (!m->draining)
		prefork_look_at_workers(m, &facts);
	notify_update(&m->notify, &facts);
}

/* Reads the settings, between RELOADING=1 and READY=1. */
static enum prefork_reload
prefork_read_settings(struct master *m)
{
	enum prefork_reload how;

	m->reading = true;
	prefork_tell_systemd(m);
	how = m->conf->on_reload(m->conf->ctx);
	m->reading = false;
	return how;
}

static void
prefork_reload(struct master *m)
{
	enum prefork_reload how;

	if (m->draining) {
		log_warn("SIGHUP changes nothing: this program is ending", LOG_NONE);
		return;
	}
	if (m->conf->on_reload == NULL) {
		log_warn("SIGHUP changes nothing: this program reads its settings at its "
			 "start; restart it to change them",
		    LOG_NONE);
		return;
	}
	how = prefork_read_settings(m);
	if (how == PREFORK_REFUSED)
		return;
	if (how == PREFORK_SIGHUP)
		(void)prefork_signal_some(m, OTHER_KINDS, SIGHUP);
	for (unsigned i = 0; i < m->n; i++)
		if (how == PREFORK_REPLACE || m->workers[i].kind->last)
			m->workers[i].stale = m->workers[i].pid != 0;
}

/* Replaces one worker at a time, so that the other workers keep serving. */
static void
prefork_replace_next(struct master *m)
{
	const int64_t now = clock_mono_ms();
	struct worker *next = NULL;

	for (unsigned i = 0; i < m->n; i++) {
		struct worker *w = &m->workers[i];

		if (w->replaced_ms != 0) {
			if (now - w->replaced_ms > m->drain_ms)
				(void)kill(w->pid, SIGKILL);
			return;
		}
		if (next == NULL && w->stale)
			next = w;
	}
	if (next == NULL)
		return;
	next->stale = false;
	/* the next worker in this slot starts with the new settings */
	if (next->pid == 0)
		return;
	next->replaced_ms = now;
	(void)kill(next->pid, SIGTERM);
}

static void
prefork_turn(struct master *m, const sigset_t *set)
{
	const struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
	const int sig = sigtimedwait(set, NULL, &tick);

	if (sig == SIGTERM || sig == SIGINT)
		prefork_drain(m);
	else if (sig == SIGHUP)
		prefork_reload(m);
	prefork_reap(m);
	if (m->draining && !m->last_told && prefork_signal_some(m, OTHER_KINDS, 0) == 0) {
		m->last_told = true;
		(void)prefork_signal_some(m, LAST_KIND, SIGTERM);
	}
	if (!m->draining) {
		prefork_start_due(m);
		prefork_replace_next(m);
	} else if (!m->killed && clock_mono_ms() >= m->kill_at_ms) {
		m->killed = true;
		log_error("drain took too long",
		    LOG_INT("killed", prefork_signal_all(m, SIGKILL)));
	}
	prefork_tell_systemd(m);
}

static void
prefork_lay_out(struct master *m)
{
	unsigned slot = 0;

	for (unsigned k = 0; k < m->conf->n_kinds; k++)
		m->n += m->conf->kinds[k].count;
	m->workers = mem_new(m->n, sizeof(*m->workers));
	for (unsigned k = 0; k < m->conf->n_kinds; k++)
		for (unsigned i = 0; i < m->conf->kinds[k].count; i++, slot++)
			m->workers[slot] = (struct worker){
			    .kind = &m->conf->kinds[k], .index = i, .slot = slot};
}

int
prefork_run(const struct prefork *p)
{
	struct master m = {.conf = p, .drain_ms = p->drain_ms > 0 ? p->drain_ms : 25000};
	struct es_err err;
	sigset_t set;

	prefork_signals_wanted(&set);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	if (notify_open(&m.notify, &err) != ES_OK)
		log_warn("systemd gets no messages", LOG_ERR_FIELDS(&err));
	prefork_lay_out(&m);
	prefork_start_due(&m);
	while (!m.draining || prefork_signal_all(&m, 0) > 0)
		prefork_turn(&m, &set);
	notify_close(&m.notify);
	free(m.workers);
	log_info("stopped", LOG_INT("killed", m.killed));
	return m.killed ? 1 : 0;
}
