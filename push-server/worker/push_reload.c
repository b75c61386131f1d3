#include "worker/push_reload.h"

#include <signal.h>

#include "core/check.h"
#include "who/who.h"
#include "worker/hub_loop.h"
#include "worker/worker.h"

#include "core/banned.h"

struct push_reload {
	struct worker *worker;
	struct push_conf *conf;
	const struct conf_share *share;
	struct arena *arena; /* strings of conf since the last reload */
	ev_signal hup;
};

/* Applies settings that a part has copied at its start. The worker reads all other
 * settings when it uses them. */
static void
push_reload_apply(struct worker *w)
{
	enum log_level level = LOG_INFO;

	IGNORE(log_level_parse(w->env.conf->common.log_level, &level));
	log_set_level(level);
	hub_loop_set_limits(w->hub_loop);
}

static enum es_code
push_reload_take(struct push_reload *r, struct arena *a, struct es_err *err)
{
	struct push_conf conf = *r->conf;

	TRY(conf_share_get(r->share, a, &conf, err));
	TRY(who_set_keys(r->worker->who, &conf.auth, err));
	*r->conf = conf;
	return ES_OK;
}

static void
push_reload_on_hup(struct ev_loop *loop, ev_signal *signal, int events)
{
	struct push_reload *r = ES_CONTAINER(signal, struct push_reload, hup);
	struct arena *a = arena_new();
	struct es_err err = {0};

	(void)loop, (void)events;
	if (push_reload_take(r, a, &err) != ES_OK) {
		log_error("reload failed in a worker; it keeps its settings",
		    LOG_INT("worker", r->worker->env.index), LOG_ERR_FIELDS(&err));
		arena_free(&a);
		return;
	}
	arena_free(&r->arena);
	r->arena = a;
	push_reload_apply(r->worker);
	log_info("worker uses the new settings", LOG_INT("worker", r->worker->env.index));
}

struct push_reload *
push_reload_new(struct worker *w, struct push_conf *conf, const struct conf_share *share)
{
	struct push_reload *r = mem_new(1, sizeof(*r));
	sigset_t hup;

	r->worker = w;
	r->conf = conf;
	r->share = share;
	ev_signal_init(&r->hup, push_reload_on_hup, SIGHUP);
	ev_signal_start(w->env.loop, &r->hup);
	/* prefork has blocked SIGHUP; one that was sent since the fork arrives now */
	(void)sigemptyset(&hup);
	(void)sigaddset(&hup, SIGHUP);
	(void)sigprocmask(SIG_UNBLOCK, &hup, NULL);
	return r;
}

void
push_reload_free(struct push_reload **r)
{
	if (*r == NULL)
		return;
	ev_signal_stop((*r)->worker->env.loop, &(*r)->hup);
	arena_free(&(*r)->arena);
	mem_free(*r);
	*r = NULL;
}
