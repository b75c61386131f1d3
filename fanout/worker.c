#include "worker.h"

#include <signal.h>

#include "consumer.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/outage.h"
#include "lease_settle.h"
#include "roster.h"
#include "store/batch_store.h"
#include "store/dead_letter_store.h"
#include "turn.h"

#include "core/banned.h"

/* Rows that one transaction deletes: few enough that it delays no batch of this worker.
 */
#define PURGE_ROWS 1000

static volatile sig_atomic_t stopping;

static void
worker_on_term(int sig)
{
	(void)sig;
	stopping = 1;
}

/* Deletes dead letters that are too old or too many. Returns true when more are left. */
static bool
worker_purge_dead(struct consumer *w)
{
	struct es_err err;
	int64_t gone = 0;

	if (dead_letter_store_purge(w->pg, w->conf->dead_keep_s, w->conf->dead_max,
		PURGE_ROWS, w->arena, &gone, &err) != ES_OK)
		log_warn("purge of dead letters failed", LOG_STR("error", err.text));
	else if (gone > 0)
		log_warn("deleted dead letters that were too old or too many",
		    LOG_INT("deleted", gone));
	return gone == PURGE_ROWS;
}

static void
worker_purge(struct consumer *w)
{
	const int64_t now = clock_mono_ms();
	bool more = false, more_channels = false;
	struct es_err err;

	if (w->index != 0 || now < w->purge_at_ms)
		return;
	if (batch_store_purge(w->pg, PURGE_ROWS, w->arena, &more, &err) != ES_OK)
		outage_report_failed_call(&err);
	if (batch_store_purge_channels(
		w->pg, PURGE_ROWS, w->arena, &more_channels, &err) != ES_OK)
		outage_report_failed_call(&err);
	more = worker_purge_dead(w) || more;
	w->purge_at_ms =
	    more || more_channels ? now : now + w->conf->purge_every_s * 1000;
}

static enum es_code
worker_connect(struct consumer *w, struct es_err *err)
{
	const struct conf_common *c = &w->conf->common;
	const struct queue_settings qs = fanout_queue_settings(w->conf);
	const struct pg_settings pgs = {.url = c->database_url,
	    .application_name = "echostream-fanout",
	    .connect_timeout_ms = 2000,
	    .statement_timeout_ms = c->database_timeout_ms,
	    .lock_timeout_ms = c->database_timeout_ms,
	    .pooled = conf_pooled(c->database_pooler)};

	TRY(pg_open(&pgs, &w->pg, err));
	TRY(redis_open(c->redis_url, c->redis_timeout_ms, &w->redis, err));
	return queue_open(&qs, &w->queue, err);
}

static void
worker_sign_off(struct consumer *w)
{
	struct es_err err;

	if (w->leases.n > 0 &&
	    lease_settle(&w->leases, w->pg, w->queue, true, w->arena, &err) != ES_OK)
		log_warn("can't store positions", LOG_ERR_FIELDS(&err));
	lease_settle_give_back_all(&w->leases, w->pg, w->arena);
	(void)roster_sign_out(w->redis, w->leases.owner, w->leases.lease_ms, w->arena);
	leases_fini(&w->leases);
}

static void
worker_disconnect(struct consumer *w)
{
	queue_close(&w->queue);
	redis_close(&w->redis);
	pg_close(&w->pg);
	arena_free(&w->arena);
}

static void
worker_loop(struct consumer *w)
{
	const unsigned partitions = queue_partitions(w->queue);

	leases_init(&w->leases, w->owner, w->conf->lease_ms, partitions, w->metrics);
	w->leases.alive =
	    (size_t)w->conf->workers; /* the other workers start at the same time */
	while (!stopping) {
		consumer_beat(w);
		worker_purge(w);
		if (partitions > 0)
			consumer_partitions_run(w);
		else
			consumer_leasing_run(w);
		arena_reset(w->arena);
	}
	turn_forget(w);
	worker_sign_off(w);
}

int
worker_run(const struct fanout_conf *conf, struct metrics *metrics, struct trace *trace,
    const char *owner, unsigned index, unsigned slot)
{
	const struct sigaction term = {.sa_handler = worker_on_term};
	struct consumer w = {.conf = conf,
	    .metrics = metrics,
	    .trace = trace,
	    .owner = owner,
	    .index = index,
	    .arena = arena_new(),
	    .receive_max = QUEUE_RECEIVE_MAX,
	    .stopping = &stopping};
	struct es_err err;
	int status = 0;

	(void)sigaction(SIGTERM, &term, NULL);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	metrics_use_slot(metrics, slot);
	if (worker_connect(&w, &err) == ES_OK) {
		worker_loop(&w);
	} else {
		log_error("can't start", LOG_ERR_FIELDS(&err));
		status = 1;
	}
	worker_disconnect(&w);
	return status;
}
