/* echostream-fanout: commits the messages of the queue to PostgreSQL and publishes them
 * through Redis. A master process, its workers, and a process that serves health and
 * metrics. */
#include <stdio.h>

#include "core/id.h"
#include "core/log.h"
#include "core/outage.h"
#include "core/prefork.h"
#include "fanout_conf.h"
#include "fanout_metrics.h"
#include "fanout_ops.h"
#include "ops/ops.h"
#include "trace/trace_export.h"
#include "worker.h"

#include "core/banned.h"

struct fanout {
	struct fanout_conf conf;
	struct arena *arena; /* holds the strings of conf */
	struct metrics *metrics;
	struct trace *trace; /* NULL: no traces */
	struct unix_socket ops;
	/* Id of this master, a part of its workers' owner names. A restarted worker has
	 * the same owner name, and so keeps its partitions. */
	struct uuid id;
};

static int
main_run_worker(void *ctx, unsigned index, unsigned slot)
{
	struct fanout *f = ctx;
	char owner[ES_UUID_TEXT + 16];

	ops_close(&f->ops);
	(void)snprintf(owner, sizeof(owner), "%s/%u", f->id.text, index);
	trace_keep_writer(f->trace);
	return worker_run(&f->conf, f->metrics, f->trace, owner, index, slot);
}

static int
main_run_ops(void *ctx, unsigned index, unsigned slot)
{
	struct fanout *f = ctx;

	(void)index;
	return fanout_ops_run(&f->conf, &f->ops, f->metrics, slot);
}

static int
main_run_trace(void *ctx, unsigned index, unsigned slot)
{
	struct fanout *f = ctx;
	struct trace_export conf =
	    trace_export_settings(&f->conf.common, "echostream-fanout");

	(void)index;
	ops_close(&f->ops);
	metrics_use_slot(f->metrics, slot);
	conf.metrics = f->metrics;
	conf.exported = FM_TRACE_EXPORTED;
	conf.dropped = FM_TRACE_DROPPED;
	return trace_export_run(&conf, f->trace);
}

static void
main_on_worker_exit(void *ctx, unsigned slot, int status)
{
	struct fanout *f = ctx;

	(void)status;
	metrics_clear_gauges(f->metrics, slot);
}

/* The slot of the process that exports traces comes after that of the ops process. The
 * exporting process serves no clients and has no heartbeat. */
static int64_t
main_beat_age_ms(void *ctx, unsigned slot)
{
	const struct fanout *f = ctx;
	const unsigned ops = (unsigned)f->conf.workers;

	return slot <= ops ? metrics_beat_age_ms(f->metrics, slot) : 0;
}

static void
main_set_log_level(const struct fanout *f)
{
	enum log_level level = LOG_INFO;

	IGNORE(log_level_parse(f->conf.common.log_level, &level));
	log_set_level(level);
}

/* Reads the settings again; the new workers start with them. */
static enum prefork_reload
main_on_reload(void *ctx)
{
	struct fanout *f = ctx;

	if (conf_reload(fanout_conf_tables, n_fanout_conf_tables, &f->arena, &f->conf,
		sizeof(f->conf)) != ES_OK)
		return PREFORK_REFUSED;
	main_set_log_level(f);
	return PREFORK_REPLACE;
}

static int
main_serve(struct fanout *f, enum unix_socket_how how)
{
	const unsigned workers = (unsigned)f->conf.workers;
	const bool traced = f->conf.common.trace_url[0] != '\0';
	const struct prefork_kind kinds[] = {{"worker", workers, main_run_worker, false},
	    {"ops", 1, main_run_ops, true},
	    {"trace", traced ? 1 : 0, main_run_trace, true}};
	const struct prefork prefork = {.kinds = kinds,
	    .n_kinds = ES_COUNT(kinds),
	    .ctx = f,
	    .drain_ms = f->conf.drain_ms,
	    .on_reload = main_on_reload,
	    .on_exit = main_on_worker_exit,
	    .beat_age_ms = main_beat_age_ms,
	    .hung_after_ms = fanout_ops_hung_after_ms(&f->conf)};
	struct es_err err;
	int status;

	main_set_log_level(f);
	uuid_new(f->id.text);
	if (metrics_open(f->conf.metrics_file, fanout_metrics, FANOUT_METRICS,
		workers + 2, &f->metrics, &err) != ES_OK ||
	    (traced && trace_open(f->conf.common.trace_sample_ppm, f->metrics,
			   FM_TRACE_DROPPED, &f->trace, &err) != ES_OK) ||
	    ops_open(f->conf.ops_listen, how, &f->ops, &err) != ES_OK) {
		log_error("can't start", LOG_ERR_FIELDS(&err));
		return 1;
	}
	outage_init();
	log_info("starting", LOG_INT("workers", workers), LOG_STR("version", ES_VERSION));
	status = prefork_run(&prefork);
	ops_end(&f->ops);
	trace_close(&f->trace);
	metrics_close(&f->metrics);
	return status;
}

int
main(int argc, char **argv)
{
	struct fanout f = {.arena = arena_new()};
	int status;

	log_init("fanout", LOG_INFO);
	status = conf_main(argc, argv, "echostream-fanout", fanout_conf_tables,
	    n_fanout_conf_tables, f.arena, &f.conf);
	if (status < 0)
		status = main_serve(&f, status == CONF_TAKE_OVER ? UNIX_SOCKET_TAKE_OVER
								 : UNIX_SOCKET_EXCLUSIVE);
	arena_free(&f.arena);
	return status;
}
