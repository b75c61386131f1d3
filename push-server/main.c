/* echostream-push serves WebSockets: a master process, its workers, a child for
 * operators' requests (/healthz, /metrics), and with ES_TRACE_URL a child that exports
 * traces. */
#include <stdio.h>
#include <string.h>

#include "conf/conf_share.h"
#include "core/log.h"
#include "core/outage.h"
#include "core/prefork.h"
#include "door/listen.h"
#include "env/push_conf.h"
#include "env/push_metrics.h"
#include "frames/frames.h"
#include "ops/ops.h"
#include "trace/trace_export.h"
#include "worker/push_ops.h"
#include "worker/worker_run.h"

#include "core/banned.h"

/* Time after a drain to close the remaining connections. With the default
 * ES_PUSH_DRAIN_MS of 20 s the sum is 24.5 s, below the 30 s of stop_grace_period in
 * docker-compose.yml. */
#define AFTER_DRAIN_MS 4500

struct push {
	struct push_conf conf;
	struct arena *arena; /* holds the texts of conf */
	struct conf_share *share;
	enum unix_socket_how how;
	struct push_listen listen;
	struct unix_socket ops;
	struct metrics *metrics;
	struct trace *trace; /* NULL: no traces */
};

static int
main_run_worker(void *ctx, unsigned index, unsigned slot)
{
	struct push *p = ctx;

	ops_close(&p->ops);
	push_listen_keep(&p->listen, index);
	trace_keep_writer(p->trace);
	return worker_run(
	    &p->conf, p->share, p->metrics, p->trace, &p->listen, index, slot);
}

static int
main_run_ops(void *ctx, unsigned index, unsigned slot)
{
	struct push *p = ctx;

	(void)index;
	push_listen_close(&p->listen);
	return push_ops_run(&p->conf, &p->ops, p->metrics, slot);
}

static int
main_run_trace(void *ctx, unsigned index, unsigned slot)
{
	struct push *p = ctx;
	struct trace_export conf =
	    trace_export_settings(&p->conf.common, "echostream-push");

	(void)index;
	push_listen_close(&p->listen);
	ops_close(&p->ops);
	metrics_use_slot(p->metrics, slot);
	conf.metrics = p->metrics;
	conf.exported = PM_TRACE_EXPORTED;
	conf.dropped = PM_TRACE_DROPPED;
	return trace_export_run(&conf, p->trace);
}

/* The master closes its copies of the listening sockets. The workers keep theirs and
 * answer 503. If the master kept its copies, the kernel would still give clients to the
 * socket of a worker that has ended. */
static void
main_on_drain(void *ctx)
{
	struct push *p = ctx;

	push_listen_close(&p->listen);
}

static void
main_on_exit_of(void *ctx, unsigned slot, int status)
{
	struct push *p = ctx;

	(void)status;
	metrics_clear_gauges(p->metrics, slot);
}

/* The slot of the process that exports traces comes after that of the ops process. It
 * serves no clients and has no heartbeat. */
static int64_t
main_beat_age_ms(void *ctx, unsigned slot)
{
	const struct push *p = ctx;
	const unsigned ops = (unsigned)p->conf.workers;

	return slot <= ops ? metrics_beat_age_ms(p->metrics, slot) : 0;
}

static void
main_set_log_level(const struct push *p)
{
	enum log_level level = LOG_INFO;

	IGNORE(log_level_parse(p->conf.common.log_level, &level));
	log_set_level(level);
}

/* The workers take the new settings while they run, because a restart would close their
 * sockets. */
static enum prefork_reload
main_on_reload(void *ctx)
{
	struct push *p = ctx;

	if (conf_reload(push_conf_tables, n_push_conf_tables, &p->arena, &p->conf,
		sizeof(p->conf)) != ES_OK)
		return PREFORK_REFUSED;
	main_set_log_level(p);
	conf_share_put(p->share, &p->conf);
	return PREFORK_SIGHUP;
}

static int
main_serve(struct push *p)
{
	const unsigned workers = (unsigned)p->conf.workers;
	const bool traced = p->conf.common.trace_url[0] != '\0';
	const struct prefork_kind kinds[] = {{"worker", workers, main_run_worker, false},
	    {"ops", 1, main_run_ops, true},
	    {"trace", traced ? 1 : 0, main_run_trace, true}};
	const struct prefork prefork = {
	    .kinds = kinds,
	    .n_kinds = ES_COUNT(kinds),
	    .ctx = p,
	    .drain_ms = p->conf.drain_ms + AFTER_DRAIN_MS,
	    .on_drain = main_on_drain,
	    .on_reload = main_on_reload,
	    .on_exit = main_on_exit_of,
	    .beat_age_ms = main_beat_age_ms,
	    .hung_after_ms = PUSH_OPS_HUNG_AFTER_MS,
	};
	struct es_err err;
	int status;

	main_set_log_level(p);
	p->share = conf_share_new(push_conf_tables, n_push_conf_tables);
	/* Open the listeners last: once this program has taken a unix path over from
	 * another master, it can't give the path back. */
	if (metrics_open(p->conf.metrics_file[0] != '\0' ? p->conf.metrics_file : NULL,
		push_metrics, PUSH_METRICS, workers + 2, &p->metrics, &err) != ES_OK ||
	    (traced && trace_open(p->conf.common.trace_sample_ppm, p->metrics,
			   PM_TRACE_DROPPED, &p->trace, &err) != ES_OK) ||
	    ops_open(p->conf.ops_listen, p->how, &p->ops, &err) != ES_OK ||
	    push_listen_open(p->conf.listen, workers, (int)p->conf.backlog, p->how,
		&p->listen, &err) != ES_OK) {
		log_error("can't start", LOG_ERR_FIELDS(&err));
		return 1;
	}
	outage_init();
	log_info("starting", LOG_INT("workers", workers), LOG_STR("version", ES_VERSION),
	    LOG_STR("listen", p->conf.listen));
	status = prefork_run(&prefork);
	push_listen_close(&p->listen);
	ops_end(&p->ops);
	trace_close(&p->trace);
	metrics_close(&p->metrics);
	return status;
}

int
main(int argc, char **argv)
{
	struct push p = {.metrics = NULL};
	int status;

	if (argc == 2 && strcmp(argv[1], "--dump-frames") == 0) {
		frames_dump(stdout);
		return 0;
	}
	log_init("push", LOG_INFO);
	p.arena = arena_new();
	status = conf_main(argc, argv, "echostream-push", push_conf_tables,
	    n_push_conf_tables, p.arena, &p.conf);
	if (status == CONF_TAKE_OVER)
		p.how = UNIX_SOCKET_TAKE_OVER;
	if (status < 0)
		status = main_serve(&p);
	conf_share_free(&p.share);
	arena_free(&p.arena);
	return status;
}
