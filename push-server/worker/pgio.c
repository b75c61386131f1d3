#include "worker/pgio.h"

#include "core/check.h"
#include "core/outage.h"
#include "env/loop_env.h"

#include "core/banned.h"

struct pgio {
	struct loop_env *env;
	struct pg_async *pipeline;
	void (*changed)(void *ctx, bool up);
	void *ctx;
	ev_io io;
	ev_timer timer;
	int fd, want;
};

static void
pgio_on_ready(struct ev_loop *loop, ev_io *io, int events)
{
	struct pgio *p = ES_CONTAINER(io, struct pgio, io);

	(void)loop;
	p->env->now_ms = clock_mono_ms();
	pg_async_ready(p->pipeline, (events & EV_READ ? PG_WANT_READ : 0) |
					(events & EV_WRITE ? PG_WANT_WRITE : 0));
}

static void
pgio_on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct pgio *p = ES_CONTAINER(timer, struct pgio, timer);

	(void)loop, (void)events;
	p->env->now_ms = clock_mono_ms();
	pg_async_timer(p->pipeline);
}

static void
pgio_watch(void *ctx, int fd, int want)
{
	struct pgio *p = ctx;

	/* A new socket may have the number of a closed one, which epoll no longer
	 * watches. So always stop the watcher and start it again. */
	ev_io_stop(p->env->loop, &p->io);
	if (fd < 0 || want == 0)
		return;
	ev_io_set(&p->io, fd,
	    (want & PG_WANT_READ ? EV_READ : 0) | (want & PG_WANT_WRITE ? EV_WRITE : 0));
	ev_io_start(p->env->loop, &p->io);
}

static void
pgio_set_timer(void *ctx, int64_t after_ms)
{
	struct pgio *p = ctx;

	ev_timer_stop(p->env->loop, &p->timer);
	if (after_ms < 0)
		return;
	ev_now_update(p->env->loop);
	ev_timer_set(&p->timer, (double)after_ms / 1000., 0.);
	ev_timer_start(p->env->loop, &p->timer);
}

static void
pgio_state(void *ctx, bool up)
{
	struct pgio *p = ctx;

	if (p->changed != NULL)
		p->changed(p->ctx, up);
}

/* The first failure of any pipeline of any worker begins the outage. */
static void
pgio_failed(void *ctx, const struct es_err *err)
{
	(void)ctx;
	outage_report_failure(OUTAGE_POSTGRES, err);
}

enum es_code
pgio_open(struct loop_env *env, const struct pg_settings *settings, size_t max_in_flight,
    void (*changed)(void *ctx, bool up), void *ctx, struct pgio **out, struct es_err *err)
{
	struct pgio *p = mem_new(1, sizeof(*p));
	const struct pg_async_loop loop = {.watch = pgio_watch,
	    .timer = pgio_set_timer,
	    .state = pgio_state,
	    .failed = pgio_failed,
	    .ctx = p};
	enum es_code rc;

	p->env = env;
	p->changed = changed;
	p->ctx = ctx;
	ev_init(&p->io, pgio_on_ready);
	ev_init(&p->timer, pgio_on_timer);
	rc = pg_async_open(settings, max_in_flight, &loop, &p->pipeline, err);
	if (rc != ES_OK) {
		mem_free(p);
		return rc;
	}
	*out = p;
	return ES_OK;
}

void
pgio_close(struct pgio **p)
{
	if (*p == NULL)
		return;
	pg_async_close(&(*p)->pipeline);
	ev_io_stop((*p)->env->loop, &(*p)->io);
	ev_timer_stop((*p)->env->loop, &(*p)->timer);
	mem_free(*p);
	*p = NULL;
}

struct pg_async *
pgio_pipeline(const struct pgio *p)
{
	return p->pipeline;
}
