#include "worker.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "batch.h"
#include "core/clock.h"
#include "core/log.h"
#include "fanout_metrics.h"
#include "lease.h"
#include "roster.h"

#include "core/banned.h"

#define WAIT_MS          200
#define BEAT_MS          500
#define BEAT_LIFE_MS     "10000"
#define BACKOFF_MIN_MS   50
#define BACKOFF_MAX_MS   2000
#define LEASING_RECEIVE  10 /* what SQS gives at a time */
#define LEASING_RETRY_MS 1000

struct worker {
	const struct fanout_conf *conf;
	struct metrics *metrics;
	unsigned index;
	struct pg *pg;
	struct redis *redis;
	struct queue *queue;
	struct leases leases;
	struct arena *arena;
	int64_t beat_at_ms, purge_at_ms;
	unsigned failures; /* in a row, of the database */
};

static volatile sig_atomic_t stopping;

static void
on_term(int sig)
{
	(void)sig;
	stopping = 1;
}

/* The database is away: nothing is received until it is back. */
static void
back_off(struct worker *w, const char *what, const struct es_err *err)
{
	const int64_t ms = clock_backoff_ms(w->failures, BACKOFF_MIN_MS, BACKOFF_MAX_MS);

	if (w->failures == 0 || w->failures % 10 == 0)
		log_warn(what, LOG_STR("error", err->text),
		    LOG_STR("sqlstate", err->sqlstate), LOG_INT("tries", w->failures + 1),
		    LOG_INT("again_in_ms", ms));
	w->failures++;
	clock_sleep_ms(ms);
}

/* Acceptors wait for outcomes only while somebody shows to be working on them. */
static void
beat(struct worker *w)
{
	const int64_t now = clock_mono_ms();
	struct redis_value v;
	struct es_err err;

	metrics_beat(w->metrics);
	if (now < w->beat_at_ms)
		return;
	w->beat_at_ms = now + BEAT_MS;
	/* A lost beat is repeated half a second later; a lost Redis shows elsewhere. */
	IGNORE(redis_text(w->redis, w->arena, &v, &err, "SET", KEY_FANOUT_BEAT,
	    arena_printf(w->arena, "%lld", (long long)clock_wall_ms()), "PX",
	    BEAT_LIFE_MS, NULL));
}

static void
purge(struct worker *w)
{
	const int64_t now = clock_mono_ms();
	struct es_err err;
	bool more = false;

	if (w->index != 0 || now < w->purge_at_ms)
		return;
	if (batch_store_purge(w->pg, 1000, w->arena, &more, &err) != ES_OK)
		log_warn("purge failed", LOG_STR("error", err.text));
	w->purge_at_ms = more ? now : now + w->conf->purge_every_s * 1000;
}

static struct batch_ctx
context(const struct worker *w, const char *source)
{
	return (struct batch_ctx){.max_messages = (size_t)w->conf->batch_max,
	    .pg = w->pg,
	    .redis = w->redis,
	    .metrics = w->metrics,
	    .source = source};
}

/* How many entries were dealt with; 0: stop with this partition for now. */
static size_t
commit(struct worker *w, size_t i, const struct queue_msg msgs[], size_t n)
{
	struct lease *held = &w->leases.held[i];
	char source[32];
	const struct batch_ctx ctx = context(w, source);
	const struct batch_fence fence = {.partition = (unsigned)held->part.number,
	    .epoch = held->part.epoch,
	    .done = held->read[0] != '\0' ? held->read : NULL};
	struct es_err err;
	size_t taken = 0;

	(void)snprintf(source, sizeof(source), "es:q:%lld", (long long)held->part.number);
	switch (batch_run(&ctx, &fence, msgs, n, &taken, w->arena, &err)) {
	case BATCH_DONE:
		w->failures = 0;
		/* The commit stored the end of the batch before: that much may go. */
		if (strcmp(held->done, held->read) != 0)
			held->trimmed = false;
		memcpy(held->done, held->read, sizeof(held->done));
		(void)snprintf(
		    held->read, sizeof(held->read), "%s", msgs[taken - 1].position);
		held->idle_since_ms = clock_mono_ms();
		return taken;
	case BATCH_RETRY:
		back_off(w, "batch put off", &err);
		return 0;
	case BATCH_FENCED:
		leases_drop(&w->leases, i);
		return 0;
	}
	return 0;
}

/* Everything that waits in one partition, at most QUEUE_RECEIVE_MAX entries of it. */
static void
drain_partition(struct worker *w, size_t i)
{
	struct lease *held = &w->leases.held[i];
	struct queue_msg *msgs = arena_alloc(w->arena, QUEUE_RECEIVE_MAX * sizeof(*msgs));
	struct es_err err;
	size_t n = 0, from = 0;

	if (queue_receive(w->queue, (unsigned)held->part.number, held->read,
		QUEUE_RECEIVE_MAX, 0, w->arena, msgs, &n, &err) != ES_OK) {
		back_off(w, "queue not readable", &err);
		return;
	}
	while (from < n && !stopping) {
		const size_t taken = commit(w, i, msgs + from, n - from);

		if (taken == 0)
			return;
		from += taken;
	}
}

/* Who can't reach the database does not sign in, and nobody leaves a share to him. */
static enum es_code
turn_leases(struct worker *w, struct es_err *err)
{
	if (!leases_due(&w->leases))
		return ES_OK;
	TRY(leases_turn(&w->leases, w->pg, w->queue, w->arena, err));
	w->leases.alive =
	    roster_turn(w->redis, w->leases.owner, true, w->leases.lease_ms, w->arena);
	return ES_OK;
}

static void
turn_partitions(struct worker *w)
{
	struct queue_cursor *cursors;
	struct es_err err;

	if (turn_leases(w, &err) != ES_OK ||
	    leases_settle(&w->leases, w->pg, w->queue, false, w->arena, &err) != ES_OK) {
		back_off(w, "partitions not renewed", &err);
		return;
	}
	if (w->leases.n == 0) {
		clock_sleep_ms(WAIT_MS);
		return;
	}
	cursors = arena_alloc(w->arena, w->leases.n * sizeof(*cursors));
	for (size_t i = 0; i < w->leases.n; i++)
		cursors[i] =
		    (struct queue_cursor){(unsigned)w->leases.held[i].part.number,
			w->leases.held[i].read, false};
	if (queue_wait(w->queue, cursors, w->leases.n, WAIT_MS, &err) != ES_OK) {
		back_off(w, "queue not readable", &err);
		return;
	}
	/* From the end: a partition that is lost is replaced by the last one. */
	for (size_t i = w->leases.n; i-- > 0;)
		if (cursors[i].ready && !stopping)
			drain_partition(w, i);
}

/* A queue that leases messages by itself (SQS): no partitions, no positions. */
static void
turn_leasing(struct worker *w)
{
	const struct batch_ctx ctx = context(w, w->queue->driver->name);
	struct queue_msg msgs[LEASING_RECEIVE];
	struct es_err err;
	size_t n = 0, taken = 0;

	if (queue_receive(w->queue, 0, "", LEASING_RECEIVE, WAIT_MS, w->arena, msgs, &n,
		&err) != ES_OK) {
		back_off(w, "queue not readable", &err);
		return;
	}
	if (n == 0)
		return;
	if (batch_run(&ctx, NULL, msgs, n, &taken, w->arena, &err) != BATCH_DONE) {
		struct es_err ignored;

		IGNORE(queue_retry(w->queue, 0, msgs, n, LEASING_RETRY_MS, &ignored));
		back_off(w, "batch put off", &err);
		return;
	}
	w->failures = 0;
	if (queue_done(w->queue, 0, msgs, taken, "", &err) != ES_OK)
		log_warn("queue keeps what is done; it will be a repeat",
		    LOG_STR("error", err.text));
}

static enum es_code
open_all(struct worker *w, struct es_err *err)
{
	const struct conf_common *c = &w->conf->common;
	const struct queue_settings qs = fanout_queue_settings(w->conf);
	const struct pg_settings pgs = {.url = c->database_url,
	    .application_name = "echostream-fanout",
	    .connect_timeout_ms = 2000,
	    .statement_timeout_ms = c->database_timeout_ms,
	    .lock_timeout_ms = c->database_timeout_ms};

	TRY(pg_open(&pgs, &w->pg, err));
	TRY(redis_open(c->redis_url, c->redis_timeout_ms, &w->redis, err));
	return queue_open(&qs, &w->queue, err);
}

static void
close_all(struct worker *w)
{
	struct es_err err;

	if (w->leases.n > 0 &&
	    leases_settle(&w->leases, w->pg, w->queue, true, w->arena, &err) != ES_OK)
		log_warn("positions not stored", LOG_STR("error", err.text));
	leases_release(&w->leases, w->pg, w->arena);
	(void)roster_turn(w->redis, w->leases.owner, false, w->leases.lease_ms, w->arena);
	leases_fini(&w->leases);
	queue_close(&w->queue);
	redis_close(&w->redis);
	pg_close(&w->pg);
	arena_free(&w->arena);
}

int
worker_run(const struct fanout_conf *conf, struct metrics *metrics, const char *owner,
    unsigned index, unsigned slot)
{
	const struct sigaction term = {.sa_handler = on_term};
	struct worker w = {
	    .conf = conf, .metrics = metrics, .index = index, .arena = arena_new()};
	struct es_err err;
	unsigned partitions;

	(void)sigaction(SIGTERM, &term, NULL);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	metrics_use_slot(metrics, slot);
	if (open_all(&w, &err) != ES_OK) {
		log_error("can't start", LOG_STR("error", err.text));
		return 1;
	}
	partitions = queue_partitions(w.queue);
	leases_init(&w.leases, owner, conf->lease_ms, partitions, metrics);
	w.leases.alive = (size_t)conf->workers; /* its siblings start just now */
	while (!stopping) {
		beat(&w);
		purge(&w);
		if (partitions > 0)
			turn_partitions(&w);
		else
			turn_leasing(&w);
		arena_reset(w.arena);
	}
	close_all(&w);
	return 0;
}
