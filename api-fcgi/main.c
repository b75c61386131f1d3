/* echostream-api: the REST API behind lighttpd (FastCGI). A master process with three
 * pools of workers. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/outage.h"
#include "core/prefork.h"
#include "emf/emf.h"

#include "env/api_metrics.h"
#include "http/listen.h"
#include "routes.h"
#include "send/send_gate.h"
#include "trace/trace_export.h"
#include "worker.h"

#include "core/banned.h"

/* One process serves all health checks. A server that does not answer must not block it
 * for longer. */
#define HEALTH_TIMEOUT_MS 500

enum pool { POOL_SEND, POOL_API, POOL_HEALTH, POOL_COUNT };

static const char *const pool_names[] = {"send", "api", "health"};

struct master {
	struct api_conf conf;
	struct arena *arena; /* owns the strings of conf */
	struct metrics *metrics;
	struct trace *trace; /* NULL: no traces */
	struct send_gate *gate;
	enum unix_socket_how
	    how; /* whether to take over the sockets of a running master */
	struct unix_socket sockets[POOL_COUNT];
};

static int
main_run_pool(struct master *m, enum pool pool, unsigned slot)
{
	const struct worker_setup setup = {
	    .conf = &m->conf,
	    .router = pool == POOL_HEALTH ? &health_router : &api_router,
	    .metrics = m->metrics,
	    .trace = pool == POOL_HEALTH ? NULL : m->trace,
	    .gate = m->gate,
	    .pool = pool_names[pool],
	    .timeout_max_ms = pool == POOL_HEALTH ? HEALTH_TIMEOUT_MS : INT64_MAX,
	    .listen_fd = m->sockets[pool].fd,
	    .slot = slot,
	};

	for (int i = 0; i < POOL_COUNT; i++)
		if (i != (int)pool)
			(void)close(m->sockets[i].fd);
	trace_keep_writer(m->trace);
	return worker_run(&setup);
}

static int
main_run_send(void *ctx, unsigned index, unsigned slot)
{
	(void)index;
	return main_run_pool(ctx, POOL_SEND, slot);
}

static int
main_run_api(void *ctx, unsigned index, unsigned slot)
{
	(void)index;
	return main_run_pool(ctx, POOL_API, slot);
}

static int
main_run_health(void *ctx, unsigned index, unsigned slot)
{
	(void)index;
	return main_run_pool(ctx, POOL_HEALTH, slot);
}

/* CloudWatch's metrics have a process of their own, because the workers block in
 * accept(). */
static int
main_run_emf(void *ctx, unsigned index, unsigned slot)
{
	struct master *m = ctx;
	struct emf_row rows[] = {
	    {.name = "HttpErrors", .unit = "Count", .kind = EMF_GROWTH}};

	(void)index;
	for (int i = 0; i < POOL_COUNT; i++)
		(void)close(m->sockets[i].fd);
	metrics_use_slot(m->metrics, slot);
	api_metrics_server_errors(&rows[0].first, &rows[0].n, &rows[0].step);
	emf_run(emf_new(m->metrics, rows, ES_COUNT(rows), "api",
	    m->conf.common.metrics_emf_deployment,
	    m->conf.common.metrics_emf_period_s * 1000));
}

static int
main_run_trace(void *ctx, unsigned index, unsigned slot)
{
	struct master *m = ctx;
	struct trace_export conf =
	    trace_export_settings(&m->conf.common, "echostream-api");

	(void)index;
	for (int i = 0; i < POOL_COUNT; i++)
		(void)close(m->sockets[i].fd);
	metrics_use_slot(m->metrics, slot);
	conf.metrics = m->metrics;
	conf.exported = API_TRACE_EXPORTED;
	conf.dropped = API_TRACE_DROPPED;
	return trace_export_run(&conf, m->trace);
}

static const char *
main_socket_path(const struct master *m, enum pool pool)
{
	if (pool == POOL_SEND)
		return m->conf.send_socket;
	return pool == POOL_API ? m->conf.api_socket : m->conf.health_socket;
}

/* Closes the sockets to new connections, so that the workers can serve the backlog to its
 * end. */
static void
main_on_drain(void *ctx)
{
	const struct master *m = ctx;

	for (int i = 0; i < POOL_COUNT; i++)
		listen_stop(&m->sockets[i]);
}

/* The slots of the processes that export traces and write CloudWatch's metrics come after
 * that of the health process. They serve no clients and have no heartbeat. */
static int64_t
main_beat_age_ms(void *ctx, unsigned slot)
{
	const struct master *m = ctx;
	const unsigned health = (unsigned)(m->conf.send_workers + m->conf.api_workers);

	return slot <= health ? metrics_beat_age_ms(m->metrics, slot) : 0;
}

static void
main_set_log_level(const struct master *m)
{
	enum log_level level = LOG_INFO;

	IGNORE(log_level_parse(m->conf.common.log_level, &level));
	log_set_level(level);
}

/* Reads the settings again; the new workers start with them. */
static enum prefork_reload
main_on_reload(void *ctx)
{
	struct master *m = ctx;

	if (conf_reload(api_conf_tables, n_api_conf_tables, &m->arena, &m->conf,
		sizeof(m->conf)) != ES_OK)
		return PREFORK_REFUSED;
	main_set_log_level(m);
	return PREFORK_REPLACE;
}

/* Clears the gauges and the seat at the send gate that a dead worker left behind. */
static void
main_on_worker_exit(void *ctx, unsigned slot, int status)
{
	struct master *m = ctx;

	(void)status;
	metrics_clear_gauges(m->metrics, slot);
	send_gate_free_seat(m->gate, slot);
}

static enum es_code
main_open_shared(struct master *m, unsigned slots, struct es_err *err)
{
	static const struct router *const routers[] = {&api_router, &health_router};
	const char *file = m->conf.metrics_file[0] == '\0' ? NULL : m->conf.metrics_file;

	TRY(api_metrics_open(file, slots, routers, ES_COUNT(routers), &m->metrics, err));
	if (m->conf.common.trace_url[0] != '\0')
		TRY(trace_open(m->conf.common.trace_sample_ppm, m->metrics,
		    API_TRACE_DROPPED, &m->trace, err));
	TRY(send_gate_open((unsigned)m->conf.send_workers, &m->gate, err));
	for (int i = 0; i < POOL_COUNT; i++)
		TRY(unix_socket_listen(
		    main_socket_path(m, i), LISTEN_BACKLOG, m->how, &m->sockets[i], err));
	return ES_OK;
}

static int
main_run_master(struct master *m)
{
	const bool traced = m->conf.common.trace_url[0] != '\0';
	const struct prefork_kind kinds[] = {
	    {"send", (unsigned)m->conf.send_workers, main_run_send, false},
	    {"api", (unsigned)m->conf.api_workers, main_run_api, false},
	    {"health", 1, main_run_health, false},
	    {"trace", traced ? 1 : 0, main_run_trace, true},
	    {"emf", m->conf.common.metrics_emf ? 1 : 0, main_run_emf, false},
	};
	const struct prefork prefork = {.kinds = kinds,
	    .n_kinds = ES_COUNT(kinds),
	    .ctx = m,
	    .drain_ms = m->conf.drain_ms,
	    .on_drain = main_on_drain,
	    .on_reload = main_on_reload,
	    .on_exit = main_on_worker_exit,
	    .beat_age_ms = main_beat_age_ms,
	    .hung_after_ms = API_HUNG_AFTER_MS};
	const unsigned slots = (unsigned)(m->conf.send_workers + m->conf.api_workers + 3);
	struct es_err err = {0};
	int status;

	if (main_open_shared(m, slots, &err) != ES_OK) {
		log_error("can't start", LOG_STR("error", err.text));
		return 1;
	}
	outage_init();
	log_info("ready", LOG_INT("workers", slots - 2), LOG_STR("version", ES_VERSION));
	status = prefork_run(&prefork);
	for (int i = 0; i < POOL_COUNT; i++)
		(void)close(m->sockets[i].fd);
	send_gate_close(&m->gate);
	trace_close(&m->trace);
	metrics_close(&m->metrics);
	log_info("stopped", LOG_INT("status", status));
	return status;
}

int
main(int argc, char **argv)
{
	struct master m = {.arena = arena_new()};
	int status;

	log_init("api", LOG_INFO);
	if (argc == 2 && strcmp(argv[1], "--dump-routes") == 0) {
		routes_dump(stdout);
		arena_free(&m.arena);
		return 0;
	}
	status = conf_main(argc, argv, "echostream-api", api_conf_tables,
	    n_api_conf_tables, m.arena, &m.conf);
	if (status < 0) {
		if (status == CONF_TAKE_OVER)
			m.how = UNIX_SOCKET_TAKE_OVER;
		main_set_log_level(&m);
		status = main_run_master(&m);
	}
	arena_free(&m.arena);
	return status;
}
