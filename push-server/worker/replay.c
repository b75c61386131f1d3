#include "worker/replay.h"

#include "core/check.h"
#include "worker/pgio.h"

#include "core/banned.h"

#define REPLAY_IN_FLIGHT 64 /* statements in flight on one connection */
/* Between the steps of a replacement: many deletions cause one connect in three steps. */
#define STEP_S 0.5

struct replay {
	struct loop_env *env;
	ev_timer timer; /* runs while there is something to do */
	struct pgio *now;
	struct pgio *next; /* is being connected, to replace `now`; or NULL */
	struct pgio *last; /* was replaced, and waits for its last answers; or NULL */
	bool used;         /* `now` has read a page */
	bool due;          /* a message was deleted after that */
};

static enum es_code
replay_connect(struct replay *r, struct pgio **out, struct es_err *err)
{
	struct pg_settings pg;

	push_conf_pg(r->env->conf, &pg);
	return pgio_open(r->env, &pg, REPLAY_IN_FLIGHT, NULL, NULL, out, err);
}

static void
replay_swap(struct replay *r)
{
	r->last = r->now;
	r->now = r->next;
	r->next = NULL;
	r->used = r->due = false;
}

/* Returns true when a further step is needed. */
static bool
replay_step(struct replay *r)
{
	struct es_err err;

	if (r->last != NULL && pg_async_in_flight(pgio_pipeline(r->last)) == 0)
		pgio_close(&r->last);
	else if (r->next != NULL && pg_async_up(pgio_pipeline(r->next)))
		replay_swap(r);
	else if (r->due && r->next == NULL && r->last == NULL)
		IGNORE(replay_connect(r, &r->next, &err));
	return r->due || r->next != NULL || r->last != NULL;
}

/* The old connection stays in use until the new one is up, so that no page fails. */
static void
replay_on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct replay *r = ES_CONTAINER(timer, struct replay, timer);

	(void)events;
	if (!replay_step(r))
		ev_timer_stop(loop, timer);
}

enum es_code
replay_open(struct loop_env *env, struct replay **out, struct es_err *err)
{
	struct replay *r = mem_new(1, sizeof(*r));

	r->env = env;
	ev_timer_init(&r->timer, replay_on_timer, STEP_S, STEP_S);
	*out = r;
	return replay_connect(r, &r->now, err);
}

void
replay_close(struct replay **r)
{
	if (*r == NULL)
		return;
	ev_timer_stop((*r)->env->loop, &(*r)->timer);
	pgio_close(&(*r)->last);
	pgio_close(&(*r)->next);
	pgio_close(&(*r)->now);
	mem_free(*r);
	*r = NULL;
}

struct pg_async *
replay_pipeline(struct replay *r)
{
	r->used = true;
	return pgio_pipeline(r->now);
}

void
replay_forget(struct replay *r)
{
	if (!r->used)
		return;
	r->due = true;
	ev_timer_start(r->env->loop, &r->timer);
}
